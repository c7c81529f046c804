"""Tests of the engine: the sampler on a made-up `/proc`, the protocol on made-up agents, and both together in a real process."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import engine  # noqa: E402
import processes  # noqa: E402

ENGINE = Path(__file__).resolve().parent / "engine.py"
TICKS = os.sysconf("SC_CLK_TCK")
DEADLINE_SECONDS = 10


def stat_line(pid, name="worker", state="S", cpu_ticks=0, threads=1, started_ticks=0, pages=10):
    fields = ["0"] * 50
    fields[0], fields[11], fields[12], fields[17], fields[19], fields[21] = state, cpu_ticks, 0, threads, started_ticks, pages
    return f"{pid} ({name}) {' '.join(map(str, fields))}"


class FakeProc:
    """A folder that looks like /proc, and a clock that moves with its uptime."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.now = 0.0

    def uptime(self, seconds):
        self.now = seconds
        (self.folder / "uptime").write_text(f"{seconds} 0.0\n")

    def process(self, pid, **fields):
        (self.folder / str(pid)).mkdir(exist_ok=True)
        (self.folder / str(pid) / "stat").write_text(stat_line(pid, **fields))

    def ended_after_the_listing(self, pid):
        (self.folder / str(pid)).mkdir()


class SamplerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.proc = FakeProc(folder.name)
        self.proc.uptime(100.0)
        self.sampler = processes.Sampler(self.proc.folder, min_interval=1.0, clock=lambda: self.proc.now)

    def test_cpu_is_measured_since_the_last_sample(self):
        self.proc.process(7, cpu_ticks=10 * TICKS)
        self.sampler.agents()
        self.proc.uptime(102.0)
        self.proc.process(7, cpu_ticks=13 * TICKS)
        self.assertEqual(self.sampler.agents()["proc-7"].cpu_percent, 150.0)

    def test_cpu_of_a_new_process_is_measured_since_its_start(self):
        self.sampler.agents()
        self.proc.uptime(110.0)
        self.proc.process(7, started_ticks=106 * TICKS, cpu_ticks=1 * TICKS)
        self.assertEqual(self.sampler.agents()["proc-7"].cpu_percent, 25.0)

    def test_a_reused_pid_does_not_inherit_the_cpu_of_its_predecessor(self):
        self.proc.process(7, cpu_ticks=90 * TICKS)
        self.sampler.agents()
        self.proc.uptime(110.0)
        self.proc.process(7, started_ticks=108 * TICKS, cpu_ticks=2 * TICKS)
        self.assertEqual(self.sampler.agents()["proc-7"].cpu_percent, 100.0)

    def test_two_questions_within_the_interval_see_the_same_sample(self):
        self.proc.process(7)
        first = self.sampler.agents()
        self.proc.uptime(100.9)
        self.assertIs(self.sampler.agents(), first)

    def test_memory_state_threads_and_uptime_are_reported(self):
        self.proc.process(7, state="D", threads=3, started_ticks=40 * TICKS, pages=5)
        agent = self.sampler.agents()["proc-7"]
        self.assertEqual((agent.state, agent.threads, agent.uptime_seconds), ("waiting", 3, 60.0))
        self.assertEqual(agent.memory_bytes, 5 * os.sysconf("SC_PAGE_SIZE"))

    def test_a_name_may_hold_spaces_and_parentheses(self):
        self.proc.process(7, name="a) S (b")
        self.assertEqual(self.sampler.agents()["proc-7"].name, "a) S (b")

    def test_a_process_that_ends_during_the_scan_is_left_out(self):
        self.proc.process(7)
        self.proc.ended_after_the_listing(8)
        (self.proc.folder / "9").mkdir()
        (self.proc.folder / "9" / "stat").write_text("")
        self.assertEqual(list(self.sampler.agents()), ["proc-7"])

    def test_the_top_is_ranked_by_cpu_then_memory(self):
        self.proc.process(1, pages=5)
        self.proc.process(2, pages=9)
        self.proc.process(3, pages=1, cpu_ticks=50 * TICKS)
        self.assertEqual([a.pid for a in self.sampler.top(2)], [3, 2])


class ProtocolTest(unittest.TestCase):
    """The examples of the JSON-RPC 2.0 specification, section 7, on this engine's methods."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        proc = FakeProc(folder.name)
        proc.uptime(100.0)
        for pid in (7, 8, 9):
            proc.process(pid, pages=pid)
        self.table = engine.Methods(processes.Sampler(proc.folder, clock=lambda: proc.now), max_agents=2).table

    def answer(self, request):
        line = request if isinstance(request, bytes) else json.dumps(request).encode()
        return engine.answer(self.table, line)

    def code(self, request):
        response = self.answer(request)
        self.assertNotIn("result", response)
        return response["id"], response["error"]["code"]

    def test_the_list_holds_the_top_and_the_total(self):
        response = self.answer({"jsonrpc": "2.0", "id": 1, "method": "agents.list"})
        self.assertEqual((response["jsonrpc"], response["id"]), ("2.0", 1))
        self.assertEqual([a["id"] for a in response["result"]["agents"]], ["proc-9", "proc-8"])
        self.assertEqual(response["result"]["total"], 3)

    def test_status_takes_its_parameter_by_name_or_by_position(self):
        for params in ({"id": "proc-7"}, ["proc-7"]):
            response = self.answer({"jsonrpc": "2.0", "id": "x", "method": "agents.status", "params": params})
            self.assertEqual((response["id"], response["result"]["pid"]), ("x", 7))

    def test_an_unlisted_agent_has_a_status_and_an_unknown_one_an_error(self):
        request = {"jsonrpc": "2.0", "id": 1, "method": "agents.status", "params": {"id": "proc-404"}}
        self.assertEqual(self.code(request), (1, engine.NO_SUCH_AGENT))

    def test_what_is_not_json_is_a_parse_error(self):
        for line in (b'{"jsonrpc": "2.0", "method"', b"\xff\xfe", b'{"id": NaN}', b"[" * 30000):
            self.assertEqual(self.code(line), (None, -32700))

    def test_what_is_not_a_request_is_invalid(self):
        for request in (1, "text", {}, {"jsonrpc": "1.0", "method": "agents.list"}, {"jsonrpc": "2.0", "method": 1}):
            self.assertEqual(self.code(request), (None, -32600))
        self.assertEqual(self.code({"jsonrpc": "2.0", "id": 3, "method": "agents.list", "params": 1}), (3, -32600))
        for wrong_id in (True, {}, []):
            self.assertEqual(self.code({"jsonrpc": "2.0", "id": wrong_id, "method": "agents.list"}), (None, -32600))
        self.assertEqual(self.code(b'{"jsonrpc": "2.0", "id": 1e999, "method": "agents.list"}'), (None, -32600))

    def test_an_unknown_method_is_named(self):
        response = self.answer({"jsonrpc": "2.0", "id": 1, "method": "agents.reboot"})
        self.assertEqual(response["error"], {"code": -32601, "message": "no such method: agents.reboot"})

    def test_wrong_parameters_are_refused(self):
        for params in ({}, [], {"id": 7}, {"id": "proc-7", "more": 1}, ["proc-7", "proc-8"]):
            self.assertEqual(self.code({"jsonrpc": "2.0", "id": 1, "method": "agents.status", "params": params}), (1, -32602))

    def test_a_notification_gets_no_answer_even_when_it_fails(self):
        self.assertIsNone(self.answer({"jsonrpc": "2.0", "method": "agents.list"}))
        self.assertIsNone(self.answer({"jsonrpc": "2.0", "method": "agents.reboot"}))

    def test_a_batch_is_answered_in_one_list_without_its_notifications(self):
        info = {"jsonrpc": "2.0", "id": 1, "method": "engine.info"}
        responses = self.answer([info, {"jsonrpc": "2.0", "method": "engine.info"}, 1, {**info, "id": 2}])
        self.assertEqual([r["id"] for r in responses], [1, None, 2])
        self.assertEqual(responses[1]["error"]["code"], -32600)

    def test_a_batch_of_notifications_gets_no_answer(self):
        self.assertIsNone(self.answer([{"jsonrpc": "2.0", "method": "engine.info"}] * 2))

    def test_an_empty_or_huge_batch_is_invalid(self):
        self.assertEqual(self.code([]), (None, -32600))
        self.assertEqual(self.code([{"jsonrpc": "2.0", "id": 1, "method": "engine.info"}] * (engine.MAX_BATCH + 1)), (None, -32600))

    def test_a_method_that_fails_is_an_internal_error(self):
        def broken():
            raise RuntimeError("out of luck")

        self.table["engine.info"] = broken
        self.assertEqual(self.code({"jsonrpc": "2.0", "id": 1, "method": "engine.info"}), (1, -32603))


class ProcessTest(unittest.TestCase):
    """The engine as it is started: a port, real processes, a signal."""

    def setUp(self):
        self.engine = self.start("--listen", "127.0.0.1:0", "--max-line", "1000", "--max-agents", "100000", "--sample-interval", "0.01")
        listening = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", self.engine.stdout.readline())
        self.assertIsNotNone(listening)
        self.port = int(listening[1])
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_SECONDS)
        self.addCleanup(self.socket.close)
        self.lines = self.socket.makefile("rb")
        self.addCleanup(self.lines.close)

    def start(self, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-B", str(ENGINE), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def call(self, line):
        self.socket.sendall(line + b"\n")
        return json.loads(self.lines.readline())

    def status(self, pid):
        request = {"jsonrpc": "2.0", "id": 1, "method": "agents.status", "params": {"id": f"proc-{pid}"}}
        return self.call(json.dumps(request).encode())

    def test_this_very_test_is_on_the_list(self):
        agents = self.call(b'{"jsonrpc":"2.0","id":1,"method":"agents.list"}')["result"]["agents"]
        me = next(a for a in agents if a["pid"] == os.getpid())
        self.assertGreater(me["memory_bytes"], 1_000_000)
        self.assertGreaterEqual(me["threads"], 1)

    def test_a_child_comes_and_goes(self):
        child = subprocess.Popen(["sleep", "60"])
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        while "result" not in (alive := self.status(child.pid)):
            pass  # the sample in hand may be older than the child
        self.assertEqual(alive["result"]["pid"], child.pid)
        child.kill()
        child.wait()
        while "error" not in (gone := self.status(child.pid)):
            pass
        self.assertEqual(gone["error"]["code"], engine.NO_SUCH_AGENT)

    def test_a_line_over_the_limit_is_answered_and_the_next_one_served(self):
        self.assertEqual(self.call(b"x" * 200_000)["error"]["code"], -32600)
        self.assertEqual(self.call(b'{"jsonrpc":"2.0","id":2,"method":"engine.info"}')["result"]["name"], "engine.py")

    def test_requests_may_be_pipelined_and_empty_lines_are_skipped(self):
        info = b'{"jsonrpc":"2.0","id":%d,"method":"engine.info"}\n'
        self.socket.sendall(b"\n" + info % 1 + b"\r\n" + info % 2)
        self.assertEqual([json.loads(self.lines.readline())["id"] for _ in range(2)], [1, 2])

    def test_sigterm_ends_it_cleanly_with_clients_connected(self):
        self.engine.send_signal(signal.SIGTERM)
        self.assertEqual(self.engine.wait(DEADLINE_SECONDS), 0)
        self.assertEqual(self.lines.readline(), b"")
        self.assertEqual(self.engine.stderr.read(), "")

    def test_a_taken_port_is_reported(self):
        second = self.start("--listen", f"127.0.0.1:{self.port}")
        self.assertEqual(second.wait(DEADLINE_SECONDS), 1)
        self.assertIn(f"cannot listen on 127.0.0.1:{self.port}", second.stderr.read())

    def troubled(self, *options):
        """A function that asks an engine in trouble for its name, and gives the line that it answers, or None."""
        process = self.start("--listen", "127.0.0.1:0", *options)
        port = int(process.stdout.readline().rpartition(":")[2])
        connection = socket.create_connection(("127.0.0.1", port), DEADLINE_SECONDS)
        self.addCleanup(connection.close)
        lines = connection.makefile("rb")
        self.addCleanup(lines.close)

        def ask(patience=DEADLINE_SECONDS):
            connection.settimeout(patience)
            connection.sendall(b'{"jsonrpc":"2.0","id":1,"method":"engine.info"}\n')
            try:
                return lines.readline()
            except TimeoutError:
                return None

        return ask

    def test_it_fails_hangs_and_talks_nonsense_when_asked_to(self):
        for option, is_wrong in (
            ("--fail-after", lambda line: json.loads(line)["error"]["code"] == engine.INTERNAL_ERROR),
            ("--hang-after", lambda line: line is None),
            ("--garbage-after", lambda line: b"not JSON" in line),
        ):
            ask = self.troubled(option, "2")
            for _ in range(2):
                self.assertIn("result", json.loads(ask()))
            self.assertTrue(is_wrong(ask(0.5)), option)

    def test_it_is_slow_when_asked_to(self):
        ask = self.troubled("--slow", "300")
        started = time.monotonic()
        self.assertIn("result", json.loads(ask()))
        self.assertGreaterEqual(time.monotonic() - started, 0.3)

    def test_bad_arguments_are_named(self):
        for option, value in (("--fail-after", "-1"), ("--slow", "1.5"), ("--listen", "here"), ("--listen", "127.0.0.1:99999"), ("--listen", "a..b:80"), ("--max-agents", "0"), ("--sample-interval", "nan")):
            process = self.start(option, value)
            self.assertEqual(process.wait(DEADLINE_SECONDS), 2)
            self.assertRegex(process.stderr.read(), f"{option}.*'{value}'")


if __name__ == "__main__":
    unittest.main()
