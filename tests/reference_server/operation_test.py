"""How the server is run: its options and its config file, its plain HTTP side, and how it ends."""

import json
import signal
import tempfile
import unittest
from pathlib import Path

from fixture import ServerTest, unused_port


class Options(ServerTest):
    def test_a_bad_value_names_the_key_the_value_and_the_range(self):
        for key, value, wanted in (
            ("--ping-interval", "5", "a duration from 10ms to 1h"),
            ("--ping-interval", "1ms", "a duration from 10ms to 1h"),
            ("--ping-interval", "2h", "a duration from 10ms to 1h"),
            ("--pong-timeout", "-1s", "a duration from 1ms to 1h"),
            ("--pong-timeout", "31s", "a duration from 1ms to --ping-interval, 30s"),
            ("--poll-interval", "soon", "a duration from 50ms to 1h"),
            ("--max-message", "15", "a size from 16 to 64MiB"),
            ("--max-message", "1GiB", "a size from 16 to 64MiB"),
            ("--listen", "9002", "HOST:PORT with a port from 0 to 65535"),
            ("--listen", "::1:9002", "HOST:PORT with a port from 0 to 65535"),
            ("--listen", "127.0.0.1:65536", "HOST:PORT with a port from 0 to 65535"),
            ("--engine", "127.0.0.1:0", "HOST:PORT with a port from 1 to 65535"),
            ("--transport", "pigeon", "one of native, websocketpp"),
            ("--log-level", "loud", "one of debug, info, warn, error, off"),
        ):
            self.assertEqual(self.refused(key, value), f'{key}: "{value}" is not {wanted}')

    def test_an_unknown_flag_is_named(self):
        self.assertIn("--pings", self.refused("--pings", "1s"))

    def test_help_names_every_option(self):
        run = self.run_server("--help")
        self.assertEqual(run.returncode, 0)
        for key in "jwt-alg", "jwks-file", "allow-origin", "trusted-proxy", "allow-query-token", "tls-cert", "insecure":
            self.assertIn(f"--{key}", run.stdout)
        for key in json.loads(self.run_server("--print-config").stdout):
            self.assertIn(f"--{key} ", run.stdout)

    def test_a_taken_port_is_a_failure_that_names_it(self):
        taken = self.server(unused_port())
        run = self.run_server("--listen", f"127.0.0.1:{taken.port}")
        self.assertEqual(run.returncode, 1)
        self.assertIn("Address already in use", run.stderr)


class ConfigFile(ServerTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "config.json"

    def write(self, text):
        self.path.write_text(text if isinstance(text, str) else json.dumps(text))
        return "--config", str(self.path)

    def effective(self, *options):
        run = self.run_server(*options, "--print-config")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        return json.loads(run.stdout)

    def test_every_key_is_an_option_and_the_printed_options_are_a_config_file(self):
        changed = {"ping-interval": "20s", "listen": "127.0.0.1:7", "max-message": "1024", "log-level": "warn"}
        expected = {**self.effective(), **changed}
        self.assertEqual(self.effective(*self.write(expected)), expected)

    def test_a_flag_wins_over_the_file(self):
        config = self.write({"ping-interval": "20s", "poll-interval": "3s"})
        effective = self.effective(*config, "--ping-interval", "15s")
        self.assertEqual((effective["ping-interval"], effective["poll-interval"]), ("15s", "3s"))

    def test_a_number_may_stand_without_quotes(self):
        self.assertEqual(self.effective(*self.write('{"max-message": 4096}'))["max-message"], "4096")

    def test_a_bad_value_names_the_key_the_value_and_the_range(self):
        self.assertEqual(self.refused(*self.write({"ping-interval": "5"})), '--ping-interval: "5" is not a duration from 10ms to 1h')
        must_be = "must be a string without NUL, a number, or a list of them"
        self.assertEqual(self.refused(*self.write({"max-message": True})), "config file: max-message = true: " + must_be)
        self.assertEqual(self.refused(*self.write({"jwks-file": "a\0b"})), r'config file: jwks-file = "a\u0000b": ' + must_be)

    def test_a_duration_is_written_as_it_is(self):
        self.assertEqual(self.effective("--pong-timeout", "1.5ms")["pong-timeout"], "1.5ms")
        complaint = self.refused("--ping-interval", "10.5ms", "--pong-timeout", "1.25s")
        self.assertEqual(complaint, '--pong-timeout: "1250ms" is not a duration from 1ms to --ping-interval, 10.5ms')

    def test_an_unknown_key_is_named_with_those_there_are(self):
        complaint = self.refused(*self.write({"ping-intervall": "5s"}))
        self.assertRegex(complaint, r'^config file: unknown key "ping-intervall"; the keys are listen, .*ping-interval, ')
        self.assertIn(r'unknown key "listen\u0000x";', self.refused(*self.write({"listen\0x": "127.0.0.1:0"})))
        self.assertIn('"config"', self.refused(*self.write({"config": "other.json"})))

    def test_a_key_that_comes_twice_is_refused(self):
        self.assertEqual(self.refused(*self.write('{"listen": "a:1", "listen": "a:2"}')), 'config file: "listen" is given twice')

    def test_what_is_not_json_is_refused_with_its_line(self):
        self.assertRegex(self.refused(*self.write('{"ping-interval":\n "1s",\n}')), "^config file, line 3: ")
        self.assertEqual(self.refused(*self.write("[]")), "config file: not a JSON object")

    def test_a_missing_file_is_named(self):
        self.assertIn("/nowhere.json", self.refused("--config", "/nowhere.json"))


class Http(ServerTest):
    def test_health_and_figures_are_served_and_nothing_else(self):
        server = self.server(self.engine().port)
        client = self.client(server, "agents.*")
        client.wait_event("agent")
        self.assertEqual(server.http("/healthz")[::2], (200, {"status": "ok"}))
        status, headers, stats = server.http("/stats?pretty=1")
        self.assertEqual((status, headers["Content-Type"]), (200, "application/json"))
        self.assertEqual((stats["hub"]["open_sessions"], stats["hub"]["subscriptions"]), (1, 1))
        self.assertGreater(stats["hub"]["published"], 0)
        self.assertTrue(stats["engine"]["connected"])
        self.assertGreater(stats["engine"]["agents"], 0)
        self.assertGreaterEqual(stats["uptime_ms"], 0)
        self.assertEqual(server.http("/nothing")[0], 404)
        for path in ("/healthz", "/stats"):
            status, headers, _ = server.http(path, "POST")
            self.assertEqual((status, headers["Allow"]), (405, "GET"))


class Ending(ServerTest):
    def test_sigterm_tells_each_client_when_to_come_back_and_exits_with_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            server = self.server(self.engine().port)
            clients = [self.client(server, "agents.*") for _ in range(3)]
            server.signal(number)
            for client in clients:
                bye = client.wait_message("bye", lambda m: m["type"] == "bye")
                self.assertEqual((bye["code"], bye["reason"], bye["retry"]), (4001, "server_drain", True))
                self.assertGreaterEqual(bye["after_ms"], 0)
                close = client.wait_close()
                self.assertEqual(close["code"], 4001)
                self.assertRegex(close["reason"], r"^server_drain after_ms=\d+$")
            self.assertEqual(server.wait(), 0, server.log)

    def test_readiness_is_red_while_draining(self):
        server = self.server(self.engine().port, drain_deadline="3s", close_timeout="1h")
        silent = self.client(server)
        probe = server.http_connection()
        self.assertEqual(server.http("/healthz")[0], 200)
        silent.signal(signal.SIGSTOP)
        server.signal(signal.SIGTERM)
        server.has_logged("draining")
        self.assertEqual(server.http("/healthz", connection=probe)[::2], (503, {"status": "draining"}))

    def test_the_deadline_holds_against_a_client_that_does_not_answer(self):
        server = self.server(self.engine().port, drain_deadline="500ms", close_timeout="1h")
        self.client(server).signal(signal.SIGSTOP)
        self.assertEqual(server.stop(), 0, server.log)
        self.assertIn("drained, 1 sessions by force", server.log)

    def test_without_clients_it_ends_at_once(self):
        server = self.server(unused_port(), drain_deadline="1h")
        self.assertEqual(server.stop(), 0, server.log)
        self.assertIn("drained, 0 sessions by force", server.log)


if __name__ == "__main__":
    unittest.main()
