"""The engine goes in every way it can go: the breaker opens, clients keep the last status, and are told when the engine is back.

With KINGBOLT_BREAKER_REPORT=FILE the figures of each run go there as Markdown rows.
"""

import json
import os
import signal
import sys
import time
import unittest

from fixture import ServerTest
from scripted_engine import AGENT, ScriptedEngine, error, result

OPEN_FOR_MS = 1000
THRESHOLD = 5
# Ping every second: a client that stays all along proves that the hub's loop never stood still.
QUICK = {"poll_interval": "50ms", "refresh_interval": "100ms", "rpc_timeout": "300ms", "breaker_open_for": f"{OPEN_FOR_MS}ms", "ping_interval": "1s"}


def breaker(name, state):
    return lambda e: e["topic"] == "system.breakers." + name and e["data"]["state"] == state


def is_status(stale):
    return lambda e: e["topic"].startswith("agents.") and e["event"] == "status" and bool(e["data"].get("stale")) == stale


class BreakerTest(ServerTest):
    def watch(self, server):
        return self.client(server, "system.breakers.*", "agents.*")

    @staticmethod
    def stats(server, name="agents.list"):
        return next(b for b in server.http("/stats")[2]["breakers"] if b["name"] == name)

    def goes_and_returns(self, name, engine, server, client, fail, recover):
        """From a healthy engine through `fail()` to an open breaker, stale statuses, and after `recover()` to live ones."""
        client.wait_event("a live status", is_status(False))
        failed_at = time.monotonic()
        fail()
        opened = client.wait_event("opened", breaker("agents.list", "opened"))
        opened_at = time.monotonic()
        self.assertEqual(opened["data"]["reason"], "consecutive_failures")
        self.assertEqual(opened["data"]["failures"], THRESHOLD)
        self.assertGreater(opened["data"]["retry_after_ms"], OPEN_FOR_MS - 100)
        client.wait_event("a stale status", is_status(True))
        first_stale_at = time.monotonic()
        self.assertNotEqual(self.stats(server)["state"], "closed")

        agent = client.wait_event("a stale status", is_status(True))
        later = client.wait_event("the same one, older", lambda e: is_status(True)(e) and e["topic"] == agent["topic"] and e["data"]["age_ms"] > agent["data"]["age_ms"])
        self.assertGreater(later["seq"], agent["seq"])
        self.assertEqual({**later["data"], "age_ms": 0}, {**agent["data"], "age_ms": 0})

        # Who calls now does not wait.
        reply, call_ms = self.fastest(client, type="call", id=1, method="agents.list")
        self.assertEqual((reply["type"], reply["id"], reply["stale"]), ("reply", 1, True))
        _, other_ms = self.fastest(client, type="unsubscribe", topic="nothing")
        # Who comes now is told.
        newcomer = self.client(server)
        sub = newcomer.ask(type="subscribe", topic="system.breakers.*")["sub"]
        retained = newcomer.wait_event("retained")
        self.assertEqual({p["topic"]: p["seq"] for p in sub["positions"]}[retained["topic"]], retained["seq"])
        self.assertEqual((retained["topic"], retained["event"]), (opened["topic"], opened["event"]))
        self.assertGreaterEqual(retained["seq"], opened["seq"])
        listed = {b["name"]: b["state"] for b in newcomer.ask(type="call", id=1, method="system.breakers")["data"]}
        self.assertNotEqual(listed["agents.list"], "closed")
        self.assertIn("agents.status", listed)  # in whatever state: that is decided by what it was asked

        recover()
        recovered_at = time.monotonic()
        client.wait_event("half-open", breaker("agents.list", "half_open"))
        closed = client.wait_event("closed", breaker("agents.list", "closed"))
        closed_at = time.monotonic()
        self.assertEqual(closed["data"]["reason"], "probe_succeeded")
        client.wait_event("a live status", is_status(False))
        state = self.stats(server)
        self.assertEqual((state["state"], state["consecutive_failures"]), ("closed", 0))
        events = [e["data"] for e in server.http("/stats")[2]["breaker_events"] if e["data"]["breaker"] == "agents.list"]
        self.assertEqual([e["generation"] for e in events], list(range(1, state["generation"] + 1)))
        self.assertEqual([e["state"] for e in events][-3:], ["opened", "half_open", "closed"])
        server.has_logged("to=open reason=consecutive_failures")
        server.has_logged("to=closed reason=probe_succeeded")
        self.report(name, opened_at - failed_at, first_stale_at - opened_at, closed_at - recovered_at, call_ms, other_ms, closed["seq"])

    @staticmethod
    def fastest(client, **request):
        """The answer, and the milliseconds that it took at best: the client's own share varies."""
        times = []
        for _ in range(20):
            started = time.monotonic()
            reply = client.ask(**request)
            times.append((time.monotonic() - started) * 1000)
        return reply, min(times)

    @staticmethod
    def report(name, to_open, to_stale, to_closed, call_ms, other_ms, events):
        row = f"| {name} | {to_open * 1000:.0f} | {to_stale * 1000:.0f} | {to_closed * 1000:.0f} | {call_ms:.2f} | {other_ms:.2f} | {events} |"
        print(row, file=sys.stderr)
        if path := os.environ.get("KINGBOLT_BREAKER_REPORT"):
            with open(path, "a", encoding="utf-8") as file:
                file.write(row + "\n")

    def run_with(self, name, fail, recover, **options):
        engine = self.engine()
        server = self.server(engine.port, **{**QUICK, **options})
        client = self.watch(server)
        self.goes_and_returns(name, engine, server, client, lambda: fail(engine), lambda: recover(engine))

    def test_killed_and_started_again(self):
        self.run_with("kill -9, then connection refused", lambda engine: engine.kill(), lambda engine: self.engine(engine.port))

    def test_stopped_and_continued(self):
        self.run_with("SIGSTOP (hangs)", lambda engine: engine.signal(signal.SIGSTOP), lambda engine: engine.signal(signal.SIGCONT))

    def replaced(self, name, *trouble, **options):
        """An engine that works for a while, and then is replaced by one that does."""
        engine = self.engine(0, *trouble)
        server = self.server(engine.port, **{**QUICK, **options})
        client = self.watch(server)

        def recover():
            engine.kill()
            self.engine(engine.port)

        self.goes_and_returns(name, engine, server, client, lambda: None, recover)

    def test_answers_with_errors(self):
        self.replaced("answers with errors", "--fail-after", "20")

    def test_answers_with_garbage(self):
        self.replaced("answers with garbage", "--garbage-after", "20", rpc_timeout="200ms")

    def test_answers_too_late(self):
        # Slow from the start: there is no last good answer to serve.
        engine = self.engine(0, "--slow", "500")
        server = self.server(engine.port, **{**QUICK, "rpc_timeout": "100ms"})
        client = self.watch(server)
        client.wait_event("opened", breaker("agents.list", "opened"))
        reply = client.ask(type="call", id=9, method="agents.list")
        self.assertEqual((reply["type"], reply["id"], reply["code"], reply["retry"]), ("error", 9, "breaker_open", True))
        self.assertLessEqual(reply["after_ms"], OPEN_FOR_MS)
        engine.kill()
        self.engine(engine.port)
        client.wait_event("closed", breaker("agents.list", "closed"))
        client.wait_event("a live status", is_status(False))

    def test_one_failure_opens_nothing(self):
        good = result({"agents": [AGENT]})
        engine = ScriptedEngine(agents_list=[*[good] * 40, error(-32603), *[good] * 4, *[error(-32603)] * (THRESHOLD - 1), good])
        self.addCleanup(engine.close)
        server = self.server(engine.port, **QUICK)
        client = self.watch(server)
        for _ in range(2):
            client.wait_event("a stale status", is_status(True))
            client.wait_event("a live status", is_status(False))
        end = time.monotonic() + 10
        while self.stats(server)["failures"] < THRESHOLD and time.monotonic() < end:
            time.sleep(0.05)
        client.wait_event("a live status", is_status(False))
        state = self.stats(server)
        self.assertEqual((state["state"], state["failures"], state["generation"]), ("closed", THRESHOLD, 0))

    def test_an_agent_that_there_is_not_is_no_failure(self):
        server = self.server(self.engine().port, **QUICK)
        client = self.watch(server)
        client.wait_event("a live status", is_status(False))
        for number in range(THRESHOLD + 1):
            reply = client.ask(type="call", id=number, method="agents.status", params={"id": "there-is-none"})
            self.assertEqual((reply["type"], reply["code"], reply["retry"]), ("error", "no_such_agent", False))
        self.assertEqual(self.stats(server, "agents.status")["state"], "closed")

    def test_an_open_breaker_is_tried_again_and_opens_again(self):
        engine = self.engine(0, "--fail-after", "10")
        server = self.server(engine.port, **{**QUICK, "breaker_open_for": "300ms"})
        client = self.watch(server)
        client.wait_event("opened", breaker("agents.list", "opened"))
        half_open = client.wait_event("half-open", breaker("agents.list", "half_open"))
        again = client.wait_event("opened again", lambda e: breaker("agents.list", "opened")(e) and e["data"]["reason"] == "probe_failed")
        self.assertEqual(again["data"]["generation"], half_open["data"]["generation"] + 1)

    def test_a_threshold_of_one_and_a_short_memory(self):
        engine = self.engine()
        server = self.server(engine.port, **{**QUICK, "breaker_threshold": "1", "stale_max_age": "500ms", "breaker_open_for": "1h"})
        client = self.watch(server)
        client.wait_event("a live status", is_status(False))
        engine.kill()
        self.assertEqual(client.wait_event("opened", breaker("agents.list", "opened"))["data"]["failures"], 1)
        end = time.monotonic() + 10
        while client.ask(type="call", id=1, method="agents.list")["type"] == "reply" and time.monotonic() < end:
            time.sleep(0.1)
        reply = client.ask(type="call", id=2, method="agents.list")
        self.assertEqual((reply["code"], reply["retry"]), ("breaker_open", True))
        self.assertGreater(reply["after_ms"], 3_590_000)

    def test_a_wrong_option_is_named(self):
        complaint = self.refused("--breaker-threshold", "0")
        self.assertIn("--breaker-threshold", complaint)
        self.assertIn("from 1 to 1000000", complaint)
        self.assertIn("--breaker-open-for", self.refused("--breaker-open-for", "0s"))


if __name__ == "__main__":
    print(json.dumps({"open_for_ms": OPEN_FOR_MS, "threshold": THRESHOLD}), file=sys.stderr)
    unittest.main()
