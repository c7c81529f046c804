"""The C++ client (examples/13_client) against the real reference server, over a drain, a restart and a kill."""

import os
import socket
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import PATIENCE_SECONDS, Engine, Failure, Process, Server  # noqa: E402


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class CppClient(unittest.TestCase):
    def await_line(self, client, start):
        while (line := client.next_line(PATIENCE_SECONDS)) is not None:
            if line.startswith(start):
                return line
        raise Failure(f"{client.name} did not say {start!r}\n{client.log}")

    def test_it_hears_calls_and_comes_back(self):
        port = free_port()
        with Engine() as engine:
            def start():
                return Server(os.environ["KINGBOLT_REFERENCE_SERVER"], "--engine", f"127.0.0.1:{engine.port}", "--poll-interval", "200ms", "--refresh-interval", "500ms", port=port)

            server = start()
            command = [os.environ["KINGBOLT_HUB_CLIENT"], "--url", server.url, "--subscribe", "agents.*", "--call", "agents.list", "--publish", "agents.1", "1"]
            with Process(command, "hub_client") as client:
                self.await_line(client, "ready")
                self.assertIn('"state"', self.await_line(client, "agents.list: ["))
                self.assertEqual(self.await_line(client, "published to agents.1"), "published to agents.1: not_permitted")
                self.await_line(client, "agents.")

                self.assertEqual(server.stop(), 0)
                self.assertRegex(self.await_line(client, "waiting"), r"^waiting \d+ ms: .*server_drain")
                server = start()
                self.await_line(client, "ready")
                # Another server, another epoch: it cannot say what was missed.
                self.await_line(client, "agents.*: some events are lost")
                self.await_line(client, "agents.")

                server.kill()
                self.await_line(client, "waiting")
                server = start()
                self.await_line(client, "ready")
                self.await_line(client, "agents.")
            server.kill()


if __name__ == "__main__":
    unittest.main()
