"""The JS client against the real reference server: in Node, and on the page of examples/14_browser_client in a real browser, over a restart."""

import os
import socket
import subprocess
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import Engine, Listener, Server  # noqa: E402

BINARY = os.environ["KINGBOLT_REFERENCE_SERVER"]
CLIENT = Path(os.environ["KINGBOLT_JS_CLIENT"])  # built
BROWSER = os.environ.get("KINGBOLT_BROWSER")
ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 60


def node(*words, **environment):
    done = subprocess.run(["node", *words], cwd=CLIENT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=PATIENCE_SECONDS * 2)
    if done.returncode != 0:
        raise AssertionError(f"{words}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class JsClient(unittest.TestCase):
    def test_in_node_it_hears_the_reference_server(self):
        with Engine() as engine, Server(BINARY, "--engine", f"127.0.0.1:{engine.port}", "--poll-interval", "200ms", "--refresh-interval", "500ms") as server:
            told = node("--test", "build-tests/e2e.test.js", KINGBOLT_URL=server.url)
        self.assertIn("# pass 1", told.replace("ℹ", "#"))

    @unittest.skipUnless(BROWSER, "there is no browser")
    def test_the_page_shows_the_agents_and_comes_back_after_a_restart(self):
        port = free_port()
        with Engine() as engine, Listener([ROOT / "examples/14_browser_client/serve.py", 0, CLIENT / "dist"], "serve.py") as pages:
            origin = f"http://127.0.0.1:{pages.port}"
            options = ("--engine", f"127.0.0.1:{engine.port}", "--poll-interval", "200ms", "--allow-origin", origin)

            def start():
                return Server(BINARY, *options, port=port)

            server = start()
            page = subprocess.Popen(["node", str(Path(__file__).resolve().parent / "page.cjs"), f"{origin}/?server=ws://127.0.0.1:{port}/"],
                                    env={**os.environ, "NODE_PATH": str(CLIENT / "node_modules")}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            try:
                self.assertEqual(page.stdout.readline().strip(), "shown")
                server.stop()
                self.assertEqual(page.stdout.readline().strip(), "away")
                server.kill()
                server = start()
                self.assertEqual(page.stdout.readline().strip(), "back")
                self.assertEqual(page.wait(PATIENCE_SECONDS), 0)
            finally:
                page.kill()
                page.communicate()
                server.kill()


if __name__ == "__main__":
    unittest.main()
