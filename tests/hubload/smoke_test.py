"""hubload against real servers: a quiet run passes, and what goes wrong is seen: a server that stands still, one that dies, one that is not there."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "clients"))

from harness import PATIENCE_SECONDS, Process  # noqa: E402

PROGRAMS = Path(os.environ["KINGBOLT_PROGRAMS"])
REPORT = Path(__file__).resolve().parent.parent.parent / "benchmarks" / "hubload" / "run"
# How quick a busy machine is, is not looked at, but where a test says so.
PATIENT = {"p99_ms": 10_000, "memory_kib_per_minute": 1e9}
QUIET = {"name": "quiet", "clients": 5, "topics": 2, "events_per_second": 200, "warm_up_seconds": 1, "seconds": 2, "limits": PATIENT}


class Server(Process):
    def __init__(self):
        super().__init__([PROGRAMS / "fanout_server", "0", "fanout", "--channels"], "fanout_server")
        self.url = f"ws://127.0.0.1:{self.next_line().split()[1]}/"


class HubLoad(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def load(self, scenario, *options):
        file = self.folder / "scenarios.json"
        file.write_text(json.dumps({"scenarios": [scenario]}))
        return Process([PROGRAMS / "hubload", file, "--out", self.folder / "out.json", *options], "hubload")

    def result(self):
        return json.loads((self.folder / "out.json").read_text())["scenarios"][0]

    def test_a_quiet_run_passes_and_is_kept_in_full(self):
        with self.load({**QUIET, "idle_clients": 5, "reconnects_per_second": 4}) as load:
            self.assertEqual(load.wait(), 0, load.log)
        result = self.result()
        self.assertEqual(result["complaints"], [])
        totals = result["totals"]
        self.assertEqual((totals["due"], totals["published"], totals["received"]), (600, 600, 3000))
        self.assertEqual((totals["lost"], totals["duplicates"], totals["disconnects"]), (0, 0, 0))
        self.assertGreaterEqual(totals["reconnects"], 10)
        self.assertEqual(totals["absent"], 0)
        self.assertEqual(sum(count for _, count in result["histogram_ms"]), 2000)
        seconds = result["seconds_of_it"]
        self.assertEqual(seconds["at"], [0.0, 1.0, 2.0])
        self.assertTrue(all(kib > 1000 for kib in seconds["memory_kib"]))

        page, picture = self.folder / "load.html", self.folder / "load.svg"
        subprocess.run([sys.executable, "-B", REPORT, "--figures", self.folder / "out.json", "--html", page, "--chart", picture], check=True, timeout=PATIENCE_SECONDS)
        self.assertIn("quiet", page.read_text())
        self.assertIn("<svg", page.read_text())
        self.assertIn("prefers-color-scheme: dark", picture.read_text())

    def test_a_server_that_stands_still_for_300_ms_is_seen_because_events_stay_due(self):
        scenario = {**QUIET, "seconds": 4, "limits": {**PATIENT, "p99_ms": 100}}
        with Server() as server, self.load(scenario, "--url", server.url) as load:
            load.has_logged("all 7 clients are there")
            time.sleep(1.2)  # the warm-up
            server.signal(signal.SIGSTOP)
            time.sleep(0.3)
            server.signal(signal.SIGCONT)
            self.assertEqual(load.wait(), 1, load.log)
        result = self.result()
        self.assertIn("p99", " ".join(result["complaints"]))
        self.assertGreaterEqual(result["latency_ms"]["max"], 250)
        # Of 800 events 60 were due meanwhile, the first of them 300 ms late, the last not at all.
        late = sum(count for ms, count in result["histogram_ms"] if ms >= 100)
        self.assertGreaterEqual(late, 5 * 25)
        self.assertEqual(result["totals"]["lost"], 0)
        self.assertIsNotNone(result["seconds_of_it"]["memory_kib"][0], "the server was not found by its port")

    def test_a_server_that_dies_loses_events_and_clients(self):
        with Server() as server, self.load(QUIET, "--url", server.url) as load:
            load.has_logged("all 7 clients are there")
            server.kill()
            self.assertEqual(load.wait(60), 1, load.log)
        result = self.result()
        self.assertEqual((result["totals"]["disconnects"], result["totals"]["absent"]), (7, 7))
        self.assertGreater(result["totals"]["lost"], 0)
        self.assertEqual(result["totals"]["received"] + result["totals"]["lost"], 5 * result["totals"]["due"])
        self.assertIn("events lost, 0 allowed", " ".join(result["complaints"]))

    def test_a_run_that_is_interrupted_says_so_and_keeps_what_it_has(self):
        with self.load({**QUIET, "seconds": 600}) as load:
            load.has_logged("all 7 clients are there")
            load.signal(signal.SIGINT)
            self.assertEqual(load.wait(), 1, load.log)
        self.assertEqual(self.result()["complaints"][0], "interrupted")
        self.assertEqual(self.result()["totals"]["lost"], 0)

    def test_what_cannot_be_played_is_told_with_exit_code_2(self):
        for scenario, options, words in (
            ({**QUIET, "clients": 0}, (), "scenarios[0].clients = 0 is out of range (a whole number from 1 to 20000)"),
            (QUIET, ("--server", "echo nothing"), "did not say at which port it listens"),
            (QUIET, ("other",), 'SCENARIO = "other" is out of range'),
            (QUIET, ("--url", "wss://127.0.0.1:1/"), "wss is not measured"),
            (QUIET, ("--url", "http://127.0.0.1:1/"), "begin it with ws:// or wss://"),
        ):
            with self.subTest(words), self.load(scenario, *options) as load:
                self.assertEqual(load.wait(), 2)
                self.assertIn(words, load.log)

    def test_more_clients_than_open_files_is_told_before_anybody_comes(self):
        file = self.folder / "scenarios.json"
        file.write_text(json.dumps({"scenarios": [{**QUIET, "clients": 900}]}))
        command = f'ulimit -n 500 && exec "{PROGRAMS}/hubload" "{file}"'
        with Process(["sh", "-c", command], "hubload") as load:
            self.assertEqual(load.wait(), 2)
            self.assertIn("with a limit of 500 open files", load.log)


if __name__ == "__main__":
    unittest.main()
