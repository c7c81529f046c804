"""A page in a real browser, for a test or a script to look at: playwright-core of clients/js, in a process of its own."""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "clients"))

from harness import Failure, Process  # noqa: E402

PATIENCE_SECONDS = 60


class Browser(Process):
    def __init__(self, client, executable):
        """`client`: where scripts/build-js-client has built."""
        command = ["node", Path(__file__).resolve().parent / "browser.cjs"]
        super().__init__(command, "browser", {"NODE_PATH": str(Path(client) / "node_modules"), "KINGBOLT_BROWSER": executable})

    def _ask(self, command, **options):
        self.write_line(json.dumps({"command": command, **options}))
        line = self.next_line(PATIENCE_SECONDS + options.get("timeoutMs", 0) / 1000)
        if line is None:
            raise Failure(f"the browser does not answer {command}\n{self.log}")
        answer = json.loads(line)
        if "error" in answer:
            raise Failure(answer["error"])
        return answer["value"]

    def open(self, url, width=1280, height=900, scheme="light", reduced_motion=False):
        """A new page, with nothing remembered of the one before."""
        motion = "reduce" if reduced_motion else "no-preference"
        self._ask("open", url=url, width=width, height=height, scheme=scheme, reducedMotion=motion)

    def emulate(self, width, height, scheme):
        """The same page, in another window."""
        self._ask("emulate", width=width, height=height, scheme=scheme)

    def evaluate(self, script):
        return self._ask("evaluate", script=script)

    def wait(self, script, seconds=20):
        """The first value of `script` that JavaScript takes for true."""
        return self._ask("wait", script=script, timeoutMs=int(seconds * 1000))

    def press(self, key):
        self._ask("press", key=key)

    def type(self, text):
        self._ask("type", text=text)

    def screenshot(self, path):
        self._ask("screenshot", path=os.fspath(path))

    @property
    def troubles(self):
        """Errors of the page and of its console, breaches of its Content-Security-Policy among them."""
        return self._ask("troubles")

    def __exit__(self, *_):
        # At the end of its input it takes the browser's own processes with it.
        self.end_input()
        try:
            self.wait_for_end()
        except Failure:
            self.kill()

    def wait_for_end(self):
        return Process.wait(self)
