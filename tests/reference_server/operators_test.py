"""What the server says of itself to those who run it: the figures, the connections, and what has become of others."""

import unittest

from fixture import ServerTest, unused_port


class Operators(ServerTest):
    def call(self, client, method):
        reply = client.ask(type="call", id=1, method=method)
        self.assertEqual(reply["type"], "reply", reply)
        return reply["data"]

    def test_figures_come_at_once_and_then_every_second(self):
        server = self.server(unused_port())
        self.client(server, "system.server").wait_event("the first figures")
        client = self.client(server, "system.server")
        events = [client.wait_event("figures") for _ in range(3)]
        self.assertEqual({event["event"] for event in events}, {"figures"})
        for before, after in zip(events, events[1:]):
            self.assertEqual(after["seq"], before["seq"] + 1)
            self.assertGreater(after["data"]["uptime_ms"], before["data"]["uptime_ms"])
        figures = events[-1]["data"]
        self.assertEqual(figures["hub"]["open_sessions"], 2)
        self.assertGreater(figures["rss_bytes"], 2**20)
        stats = server.http("/stats")[2]
        self.assertEqual(set(figures["hub"]), set(stats["hub"]))
        self.assertGreater(stats["rss_bytes"], 2**20)

    def test_of_each_connection_its_round_trip_its_queue_and_its_age_are_known(self):
        server = self.server(unused_port(), ping_interval="200ms")
        client, silent = self.client(server), self.client(server)
        for each in client, silent:
            each.wait_for("ping", lambda _, each=each: each.pings > 1)
        listed = self.call(client, "system.connections")
        self.assertEqual((listed["total"], len(listed["connections"])), (2, 2))
        for one in listed["connections"]:
            self.assertGreaterEqual(one["rtt_ms"], 0)
            self.assertLess(one["rtt_ms"], one["age_ms"])
            self.assertGreaterEqual(one["age_ms"], 200)
            self.assertIn("missed_pongs", one)  # a client may be slow on a machine that is
            self.assertEqual((one["queued_messages"], one["queued_bytes"], one["messages_dropped"]), (0, 0, 0))
            self.assertNotIn("stalled_ms", one)

    def test_who_has_gone_before_is_listed_with_the_evidence_as_the_event_had_it(self):
        server = self.server(unused_port())
        client = self.client(server, "system.clients")
        self.assertEqual(self.call(client, "system.disconnects"), [])
        self.client(server).kill()
        told = client.wait_event("the end", lambda event: event["event"] == "client_disconnected")["data"]
        self.assertTrue(told["evidence"] and all(isinstance(fact, str) for fact in told["evidence"]), told)
        self.assertTrue(told["cure"])
        (listed,) = self.call(client, "system.disconnects")
        self.assertEqual(listed["data"], told)
        self.assertGreater(listed["ts"], 0)

    def test_what_the_breakers_have_done_can_be_asked_for_later(self):
        server = self.server(unused_port(), breaker_threshold="1", breaker_open_for="1h")
        opened = self.client(server, "system.breakers.*").wait_event("the breaker")["data"]
        (change,) = self.call(self.client(server), "system.breaker_changes")
        self.assertEqual(change["data"], opened)


if __name__ == "__main__":
    unittest.main()
