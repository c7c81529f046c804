"""The engine dies, hangs, lies or comes late: the server's clients stay, and are told."""

import signal
import time
import unittest

from fixture import ServerTest, unused_port
from scripted_engine import AGENT, ScriptedEngine, error, result


class EngineTrouble(ServerTest):
    def scripted(self, **answers):
        engine = ScriptedEngine(**answers)
        self.addCleanup(engine.close)
        return engine

    @staticmethod
    def engine_state(server):
        return server.http("/stats")[2]["engine"]

    def test_clients_stay_when_the_engine_dies_and_hear_from_it_again_when_it_returns(self):
        engine = self.engine()
        server = self.server(engine.port)
        client = self.client(server, "system.engine", "agents.*")
        client.wait_event("agent", lambda e: e["event"] == "status")
        engine.kill()
        down = client.wait_event("engine_disconnected", lambda e: e["topic"] == "system.engine")
        self.assertEqual(down["event"], "engine_disconnected")
        self.assertFalse(self.engine_state(server)["connected"])
        self.assertNotIn("gone", [e["event"] for e in client.events_for(1)], "nobody is gone because the engine is")
        self.engine(engine.port)
        up = client.wait_event("engine_connected", lambda e: e["topic"] == "system.engine")
        self.assertEqual((up["event"], up["seq"]), ("engine_connected", down["seq"] + 1))
        client.wait_event("agent", lambda e: e["event"] == "status" and "stale" not in e["data"])
        self.assertEqual(self.engine_state(server)["connections"], 2)

    def test_the_engine_may_come_after_the_server(self):
        port = unused_port()
        server = self.server(port)
        server.has_logged("cannot connect")
        client = self.client(server, "agents.*")
        state = self.engine_state(server)
        self.assertFalse(state["connected"])
        self.assertIn("Connection refused", state["last_problem"])
        self.engine(port)
        client.wait_event("agent")

    def test_an_engine_that_hangs_does_not_hang_the_server(self):
        engine = self.engine()
        server = self.server(engine.port, rpc_timeout="300ms")
        client = self.client(server, "system.engine", "agents.*")
        client.wait_event("agent", lambda e: e["event"] == "status")
        engine.signal(signal.SIGSTOP)
        client.wait_event("engine_disconnected", lambda e: e["event"] == "engine_disconnected")
        started = time.monotonic()
        self.assertEqual(server.http("/healthz")[0], 200)
        self.assertLess(time.monotonic() - started, 2)
        engine.signal(signal.SIGCONT)
        client.wait_event("engine_connected", lambda e: e["event"] == "engine_connected")
        client.wait_event("agent", lambda e: e["event"] == "status" and "stale" not in e["data"])

    def test_a_call_that_one_client_gives_up_costs_the_others_nothing(self):
        engine = self.engine()
        server = self.server(engine.port, rpc_timeout="5s", poll_interval="5s", refresh_interval="5s")
        hasty, patient = self.client(server), self.client(server)
        agent = {"id": f"proc-{self.child('sleep', '60').pid}"}
        engine.signal(signal.SIGSTOP)
        patient.tell(type="call", id=1, method="agents.status", params=agent)
        hasty.tell(type="call", id=1, method="agents.status", params=agent, deadline_ms=10_000)
        hasty.tell(type="cancel", id=1)
        self.assertEqual(hasty.wait_answer()["code"], "cancelled")
        self.assertEqual(hasty.ask(type="call", id=2, method="agents.status", params=agent, deadline_ms=1)["code"], "deadline_exceeded")
        engine.signal(signal.SIGCONT)
        answer = patient.wait_answer()
        self.assertEqual((answer["type"], answer.get("stale"), answer["data"]["id"]), ("reply", None, agent["id"]))
        self.assertEqual(self.engine_state(server)["connections"], 1)

    def test_an_agent_that_is_missing_has_exited_or_was_only_not_listed(self):
        for status, reason in ((result(AGENT), "unlisted"), (error(-32001), "exited"), (error(-32603), "unknown")):
            engine = self.scripted(agents_list=result({"agents": [AGENT]}), agents_status=status)
            client = self.client(self.server(engine.port), "agents.*")
            before = client.wait_event("agent")
            self.assertEqual(before["event"], "status")
            engine.answers["agents.list"] = result({"agents": []})
            gone = client.wait_event("end", lambda e: e["event"] == "gone")
            self.assertEqual((gone["topic"], gone["data"]), ("agents.a-1", {"id": "a-1", "reason": reason}))
            engine.answers["agents.list"] = result({"agents": [AGENT]})
            again = client.wait_event("return")
            self.assertEqual((again["event"], again["seq"]), ("status", 1), "after `gone` a topic begins anew")

    def test_an_error_of_the_engine_without_words_is_an_error(self):
        server = self.server(self.scripted(agents_list=error(-32603, "")).port, breaker_threshold="1000000")
        client = self.client(server)
        self.assertEqual(client.ask(type="call", id=1, method="agents.list")["code"], "call_failed")
        self.assertEqual(self.engine_state(server)["last_problem"], "the engine gave neither a result nor a reason")

    def test_answers_that_are_no_answers_are_survived(self):
        bad = [{**AGENT, "id": "a.b"}, {**AGENT, "id": ""}, {**AGENT, "pid": "1"}, {**AGENT, "id": "x" * 65}, {"id": "a-2"}, 7, None]
        listing = result({"agents": [AGENT, *bad]})
        empty, odd = b'{"jsonrpc":"2.0","id":$ID}\n', b'{"jsonrpc":"2.0","id":$ID,"error":7}\n'
        failures = [empty, odd, error(-32603), result([]), result({"agents": 7})]
        noise = [b"not json\n" + listing, b'{"jsonrpc":"2.0","id":999999,"result":1}\n[]\n\xff\xff\n' + listing]
        server = self.server(self.scripted(agents_list=[*noise, *failures, listing]).port, breaker_threshold=str(len(failures) + 1))
        client = self.client(server, "agents.*")
        end = time.monotonic() + 20
        while (state := self.engine_state(server))["polls"] <= len(noise + failures) and time.monotonic() < end:
            self.assertEqual(client.wait_event("agent")["topic"], "agents.a-1")
        self.assertEqual((state["agents"], state["connections"], state["failed_polls"]), (1, 1, len(failures)))
        self.assertEqual(state["ignored_agents"], len(bad) * (state["polls"] - len(failures)))


if __name__ == "__main__":
    unittest.main()
