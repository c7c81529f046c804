"""What the tests of the reference server share: each starts what it needs, and what it started is gone when it ends."""

import contextlib
import os
import socket
import subprocess
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "clients"))

from harness import PATIENCE_SECONDS, SUBPROTOCOL, Client, Engine, Process, Server, Wire  # noqa: E402

BINARY = os.environ["KINGBOLT_REFERENCE_SERVER"]


def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ServerTest(unittest.TestCase):
    def setUp(self):
        self._stack = contextlib.ExitStack()
        self.addCleanup(self._stack.close)

    def engine(self, port=0, *options):
        return self._stack.enter_context(Engine(port, "--max-agents", "100000", *options))

    def server(self, engine_port, **options):
        """`ping_interval="1s"` is `--ping-interval 1s`, `insecure=True` is `--insecure`. Quick unless said otherwise, so that a test need not wait."""
        options = {"poll_interval": "100ms", "refresh_interval": "200ms", "rpc_timeout": "1s", "breaker_open_for": "500ms", **options}
        words = [word for key, value in options.items() for word in ("--" + key.replace("_", "-"), value) if word is not True]
        return self._stack.enter_context(Server(BINARY, "--engine", f"127.0.0.1:{engine_port}", *words))

    def client(self, server, *topics):
        client = self._stack.enter_context(Client("websockets", server.url))
        client.wait_open()
        for topic in topics:
            self.assertEqual(client.ask(type="subscribe", topic=topic)["sub"]["topic"], topic)
        return client

    def child(self, *command):
        """Some process of this machine, for the engine to find."""
        return self._stack.enter_context(Process(command, command[0]))

    @staticmethod
    def run_server(*options):
        """For what ends at once."""
        return subprocess.run([BINARY, *options], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)

    def refused(self, *options):
        """What the server says of options that it cannot run with."""
        run = self.run_server(*options)
        self.assertEqual((run.returncode, run.stdout), (2, ""), run.stderr)
        return run.stderr.splitlines()[0]
