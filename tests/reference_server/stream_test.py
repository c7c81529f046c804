"""What clients see: events about real processes, answers to what they ask, and each other's coming and going."""

import json
import signal
import unittest

from fixture import ServerTest


class Agents(ServerTest):
    def test_an_agent_is_reported_while_it_lives_and_gone_when_it_ends(self):
        child = self.child("sleep", "60")
        client = self.client(self.server(self.engine().port), f"agents.proc-{child.pid}")
        first = client.wait_event("status")
        self.assertEqual((first["event"], first["topic"], first["data"]["pid"]), ("status", f"agents.proc-{child.pid}", child.pid))
        self.assertEqual((first["data"]["name"], first["data"]["state"], first["data"]["threads"]), ("sleep", "sleeping", 1))
        second = client.wait_event("refreshed status")
        self.assertEqual(second["seq"], first["seq"] + 1)
        self.assertGreater(second["data"]["uptime_seconds"], first["data"]["uptime_seconds"])
        child.kill()
        gone = client.wait_event("end", lambda e: e["event"] == "gone")
        self.assertEqual(gone["data"], {"id": f"proc-{child.pid}", "reason": "exited"})
        self.assertEqual(client.events_for(1), [])

    def test_a_change_is_reported_before_the_refresh(self):
        child = self.child("sleep", "60")
        client = self.client(self.server(self.engine().port, refresh_interval="1h"), f"agents.proc-{child.pid}")
        child.signal(signal.SIGSTOP)
        client.wait_event("stopped", lambda e: e["data"]["state"] == "stopped")
        child.signal(signal.SIGCONT)
        client.wait_event("sleeping again", lambda e: e["data"]["state"] == "sleeping")
        self.assertEqual(client.events_for(1), [])


class Subscriptions(ServerTest):
    def test_each_client_gets_what_it_asked_for_and_nothing_else(self):
        one, other = self.child("sleep", "60"), self.child("sleep", "60")
        server = self.server(self.engine().port)
        narrow = self.client(server, f"agents.proc-{one.pid}")
        wide = self.client(server, "agents.*")
        wanted = {f"agents.proc-{p.pid}" for p in (one, other)}
        seen = {e["topic"] for e in wide.events_for(1)}
        self.assertLessEqual(wanted, seen)
        self.assertEqual({e["topic"] for e in narrow.events_for(1)}, {f"agents.proc-{one.pid}"})

    def test_unsubscribing_ends_the_events_of_that_topic_only(self):
        one, other = self.child("sleep", "60"), self.child("sleep", "60")
        topics = [f"agents.proc-{p.pid}" for p in (one, other)]
        client = self.client(self.server(self.engine().port), *topics)
        for topic in topics:
            client.wait_event(topic, lambda e, topic=topic: e["topic"] == topic)
        self.assertEqual(client.ask(type="unsubscribe", id=1, topic=topics[0]), {"type": "reply", "id": 1})
        self.assertEqual({e["topic"] for e in client.events_for(1)}, {topics[1]})

    def test_what_cannot_be_obeyed_is_answered_with_an_error_and_the_client_stays(self):
        client = self.client(self.server(self.engine().port))
        for line, code in (
            ("{", "bad_json"),
            ("[" * 50_000, "bad_json"),
            ("[]", "bad_message"),
            ("{}", "bad_message"),
            ('{"type": 1}', "bad_message"),
            ('{"type": "subscribe"}', "bad_message"),
            ('{"type": "subscribe", "topic": ["a"]}', "bad_message"),
            ('{"type": "shutdown"}', "unknown_type"),
            ('{"type": "subscribe", "topic": ""}', "bad_message"),
            ('{"type": "subscribe", "topic": "agents.*.cpu"}', "bad_topic"),
            ('{"type": "publish", "topic": "agents.1", "data": 1}', "not_permitted"),
            ('{"type": "call", "id": 1, "method": "agents.kill"}', "unknown_method"),
            ('{"type": "call", "id": 1, "method": "agents.status"}', "bad_params"),
            ('{"type": "call", "id": 1, "method": "agents.status", "params": {"id": "a.b"}}', "bad_params"),
        ):
            client.write_line(line)
            answer = client.wait_message("answer")
            self.assertEqual((answer["type"], answer["code"]), ("error", code), line[:50])
        self.assertEqual(client.ask(type="subscribe", topic="agents.*")["type"], "reply")

    def test_a_message_over_the_limit_ends_the_session_with_1009(self):
        client = self.client(self.server(self.engine().port, max_message="1KiB"))
        client.write_line("x" * 2000)
        self.assertEqual(client.wait_close()["code"], 1009)


class Calls(ServerTest):
    def test_who_asks_the_same_shares_one_call_of_the_engine_and_nobody_has_more_than_16_waiting(self):
        server = self.server(self.engine(0, "--slow", "400").port, poll_interval="1h")
        client = self.client(server)
        client.ask(type="call", id=100, method="agents.list")
        before = server.http("/stats")[2]["engine"]["calls"]
        for number in range(1, 18):
            client.write_line(json.dumps({"type": "call", "id": number, "method": "agents.list"}))
        answers = [client.wait_message("answer", lambda m: m["type"] in ("reply", "error")) for _ in range(17)]
        self.assertEqual((answers[0]["id"], answers[0]["code"], answers[0]["retry"]), (17, "too_many_calls", True))
        self.assertEqual(sorted((answer["id"], answer["type"]) for answer in answers[1:]), [(number, "reply") for number in range(1, 17)])
        self.assertTrue(all(answer["data"] == answers[1]["data"] != [] for answer in answers[1:]))
        self.assertEqual(server.http("/stats")[2]["engine"]["calls"], before + 1)
        self.assertEqual(client.ask(type="call", id=18, method="agents.list")["type"], "reply")


class Recovery(ServerTest):
    def last_seen(self, client, topic):
        event = client.wait_event(topic, lambda e: e["topic"] == topic)
        return {"epoch": event["epoch"], "seq": event["seq"]}

    def test_who_comes_later_has_the_last_status_at_once(self):
        child = self.child("sleep", "60")
        server = self.server(self.engine().port, refresh_interval="1h")
        topic = f"agents.proc-{child.pid}"
        known = self.client(server, topic).wait_event("status")
        late = self.client(server)
        sub = late.ask(type="subscribe", topic="agents.*")["sub"]
        self.assertTrue(sub["conflated"])
        self.assertEqual({p["topic"]: p["seq"] for p in sub["positions"]}[topic], known["seq"])
        self.assertEqual(late.wait_event("retained", lambda e: e["topic"] == topic), known)

    def test_who_comes_back_with_a_position_gets_what_was_missed(self):
        child = self.child("sleep", "60")
        server = self.server(self.engine().port)
        topic = f"agents.proc-{child.pid}"
        before = self.client(server, topic)
        position = self.last_seen(before, topic)
        before.kill()
        watcher = self.client(server, topic)
        while self.last_seen(watcher, topic)["seq"] < position["seq"] + 3:
            pass
        back = self.client(server)
        sub = back.ask(type="subscribe", topic=topic, **position)["sub"]
        self.assertTrue(sub["recovered"])
        missed = [back.wait_event("missed")["seq"] for _ in range(sub["seq"] - position["seq"] + 1)]
        self.assertEqual(missed, list(range(position["seq"] + 1, sub["seq"] + 2)))
        answer = back.ask(type="subscribe", topic=topic, epoch="another", seq=1)
        self.assertFalse(answer["sub"]["recovered"])

    def test_hello_subscribes_and_says_who_one_is(self):
        server = self.server(self.engine().port, ping_interval="7s")
        watcher = self.client(server, "system.clients")
        client = self.client(server)
        welcome = client.ask(type="hello", subs=[{"topic": "agents.*"}, {"topic": "agents.*.cpu"}])
        self.assertEqual((welcome["type"], welcome["ping_ms"], len(welcome["subs"])), ("welcome", 7000, 2))
        self.assertEqual(welcome["subs"][1], {"topic": "agents.*.cpu", "error": "bad_topic"})
        self.assertEqual(watcher.wait_event("connected")["data"]["session"], welcome["session"])
        listed = client.ask(type="call", id=1, method="system.connections")["data"]
        self.assertEqual((listed["total"], len(listed["connections"])), (2, 2))
        self.assertIn(welcome["session"], [one["session"] for one in listed["connections"]])


class Watched(ServerTest):
    """Somebody hears who comes and goes."""

    options = {}

    def setUp(self):
        super().setUp()
        self.hub = self.server(self.engine().port, close_timeout="200ms", **self.options)
        self.watcher = self.client(self.hub, "system.clients")

    def wait_client(self, event):
        return self.watcher.wait_event(event, lambda e: e["event"] == event)["data"]


class Clients(Watched):
    def test_a_goodbye_is_told_with_its_cause_and_verdict(self):
        visitor = self.client(self.hub)
        arrived = self.wait_client("client_connected")
        visitor.ask(type="subscribe", topic="agents.*")
        visitor.end_input()
        visitor.wait_close()
        left = self.wait_client("client_disconnected")
        self.assertEqual((left["session"], left["remote"]), (arrived["session"], arrived["remote"]))
        self.assertEqual((left["cause"], left["ended_by"], left["code"]), ("client_close", "client", 1000))
        self.assertEqual(left["verdict"], "client_closed")

    def test_a_killed_client_is_told_from_one_that_said_goodbye(self):
        visitor = self.client(self.hub)
        self.wait_client("client_connected")
        visitor.kill()
        left = self.wait_client("client_disconnected")
        self.assertIn(left["cause"], ("eof_without_close", "reset_by_peer"))
        self.assertEqual(left["code"], 1006)

    def test_every_connect_and_disconnect_is_one_line_in_the_log(self):
        visitor = self.client(self.hub)
        session = self.wait_client("client_connected")["session"]
        visitor.end_input()
        visitor.wait_close()
        self.wait_client("client_disconnected")
        self.hub.stop()
        session = "#" + session.replace("-", ".")
        lines = [line for line in self.hub.log.splitlines() if f" {session} " in line]
        self.assertEqual(len(lines), 2, self.hub.log)
        self.assertRegex(lines[0], rf"^\d{{4}}-\d\d-\d\dT\S+ info connected {session} 127\.0\.0\.1:\d+ ")
        self.assertRegex(lines[1], rf"^\d{{4}}-\d\d-\d\dT\S+ info disconnected {session} 127\.0\.0\.1:\d+ after ")
        self.assertRegex(lines[1], r" cause=client_close .* verdict=client_closed\w* ")


class SilentClients(Watched):
    options = {"ping_interval": "500ms"}

    def test_a_client_that_stopped_answering_is_dropped_after_three_pings(self):
        visitor = self.client(self.hub)
        self.wait_client("client_connected")
        visitor.signal(signal.SIGSTOP)
        left = self.wait_client("client_disconnected")
        self.assertEqual((left["cause"], left["ended_by"], left["code"]), ("pong_timeout", "server", 4002))


if __name__ == "__main__":
    unittest.main()
