"""docs/getting-started.md works word for word: its commands and files, in its order, in an empty folder.

What is replaced: `apt-get` is not called, instead each package it names must be installed; KINGBOLT is a repository made of this tree
as it stands; 9002 is a free port, here and in the files; `pkill` is not called, the program that runs is sent SIGINT.

A line `<!-- do -->` before a block of code says that it is shell; `do: until stopped`, that it goes on running; `do: stop`, that it stops that
program; `do: PATH`, that it is a file. `see` is what has been said on stdout, `see: log` on stderr: `…` stands for anything, and so does each number.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import websockets

ROOT = Path(sys.argv.pop(1)).resolve()
PAGE = ROOT / "docs" / "getting-started.md"
PATIENCE_SECONDS = 280

STEP = re.compile(r"<!-- (do|see)(?:: (.+?))? -->\n(?:<!-- snippet: .+? -->\n)?```(\w*)\n(.*?)```", re.DOTALL)


def steps():
    return [match.groups() for match in STEP.finditer(PAGE.read_text(encoding="utf-8"))]


def pattern_of(line):
    """The same line with any numbers and times, and anything for `…`."""
    def piece(text):
        if text == "…":
            return ".*"
        return r"[\d.]+" + " m?s" * text.endswith("s") if text[:1].isdigit() else re.escape(text)

    return "".join(map(piece, re.split(r"(\d[\d.]*(?: m?s\b)?|…)", line)))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def repository(folder):
    """A repository of what git knows of this tree, or would take into it; of everything but `build` where this is no repository."""
    known = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "-co", "--exclude-standard"], capture_output=True, text=True)
    if known.returncode == 0:
        for name in filter(None, known.stdout.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
    else:
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns("build", "node_modules"), dirs_exist_ok=True)
    git = ["git", "-C", folder, "-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"]
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "as it stands"]):
        subprocess.run([*git, *words], check=True, stdout=subprocess.DEVNULL)
    return folder


class GettingStarted(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name) / "empty"
        self.folder.mkdir()
        self.port = str(free_port())
        self.environment = {
            **os.environ,
            "KINGBOLT": str(repository(Path(scratch.name) / "source")),
            "CXXFLAGS": "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wno-restrict -Werror",
            "CMAKE_CXX_COMPILER_LAUNCHER": shutil.which("ccache") or "",
        }
        self.running = None
        self.said = ""

    def tearDown(self):
        if self.running and self.running.poll() is None:
            self.running.kill()
            self.running.wait()

    def log(self, name):
        return (self.folder.parent / name).read_text(encoding="utf-8")

    def shell(self, text):
        done = subprocess.run(
            ["bash", "-euc", text], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS
        )
        self.assertEqual(done.returncode, 0, f"{text}\n{done.stdout}{done.stderr}")
        self.said = done.stdout

    def packages(self, text):
        names = text.split("--yes")[1].split()
        self.assertGreater(len(names), 3)
        for name in names:
            state = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", name], capture_output=True, text=True).stdout
            self.assertEqual(state, "install ok installed", name)

    def start(self, text):
        with open(self.folder.parent / "out", "w") as out, open(self.folder.parent / "err", "w") as err:
            self.running = subprocess.Popen(["bash", "-c", "exec " + text], cwd=self.folder, env=self.environment, stdout=out, stderr=err)

    def stop(self, text):
        self.assertIn("pkill -INT my_hub", text)
        self.running.send_signal(signal.SIGINT)
        self.assertEqual(self.running.wait(20), 0, self.log("err"))

    def see(self, lines, where):
        end = time.monotonic() + 20
        for line in lines.splitlines():
            wanted = re.compile(pattern_of(line))
            while not wanted.search(text := self.said + self.log("out") if where != "log" else self.log("err")):
                self.assertLess(time.monotonic(), end, f"did not see {line!r} in:\n{text}")
                time.sleep(0.02)

    async def two_clients_hear_each_other(self):
        url = f"ws://127.0.0.1:{self.port}/"
        async with websockets.connect(url) as one, websockets.connect(url) as other:
            await one.send("from one")
            for client in (one, other):
                self.assertEqual(await asyncio.wait_for(client.recv(), 20), "from one")

    def test_it_works_word_for_word(self):
        for kind, what, _, text in steps():
            text = text.replace("9002", self.port)
            if kind == "see":
                self.see(text, what)
            elif what is None:
                self.shell(text)
            elif what == "packages":
                self.packages(text)
            elif what == "until stopped":
                self.start(text)
            elif what == "stop":
                asyncio.run(self.two_clients_hear_each_other())
                self.stop(text)
            else:
                (self.folder / what).parent.mkdir(exist_ok=True)
                (self.folder / what).write_text(text, encoding="utf-8")
        self.assertIsNotNone(self.running)
        self.assertIsNotNone(self.running.poll(), "the page stops what it starts")

    def test_the_preset_wants_no_package_that_the_page_does_not_name(self):
        presets = json.loads((ROOT / "CMakePresets.json").read_text(encoding="utf-8"))["configurePresets"]
        off = {name for preset in presets if preset["name"] == "headers" for name, value in preset["cacheVariables"].items() if value == "OFF"}
        parts = re.findall(r'^option\((KINGBOLT_\w+) "(?:Offer|Build) .*PROJECT_IS_TOP_LEVEL', (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)
        self.assertGreater(len(parts), 8)
        self.assertEqual(set(parts) - {"KINGBOLT_NATIVE"} - off, set())

    def test_every_command_and_file_of_the_page_is_done(self):
        page = PAGE.read_text(encoding="utf-8")
        self.assertEqual(page.count("\n```") // 2, len(steps()), "a block of code without a line `<!-- do -->` before it")


if __name__ == "__main__":
    if shutil.which("dpkg-query") is None:
        raise SystemExit("getting_started_test: the page is for Debian")
    unittest.main()
