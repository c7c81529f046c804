"""The reference server, its engine and real clients as processes that a test can start, ask and stop. Every wait has an end."""

import asyncio
import contextlib
import http.client
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENGINE = HERE.parent.parent / "examples" / "engine" / "engine.py"
SUBPROTOCOL = "kingbolt.v1.json"
PATIENCE_SECONDS = 20


class Failure(AssertionError):
    """What was waited for did not happen; the text says what it was and what happened instead."""


class Process:
    """A child whose lines of stdout are collected. Its stderr is kept for complaints."""

    def __init__(self, command, name, environment=None):
        self.name = name
        self._popen = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self._lines = queue.Queue()
        self._errors = []
        self._threads = [
            threading.Thread(target=self._collect, args=(self._popen.stdout, self._lines.put, lambda: self._lines.put(None)), daemon=True),
            threading.Thread(target=self._collect, args=(self._popen.stderr, self._errors.append, lambda: None), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @staticmethod
    def _collect(stream, put, end):
        with stream:
            for line in stream:
                put(line.rstrip("\n"))
        end()

    @property
    def pid(self):
        return self._popen.pid

    @property
    def log(self):
        """What it has said on stderr."""
        return "\n".join(self._errors)

    def next_line(self, timeout=PATIENCE_SECONDS):
        """The next line of stdout, or None when none comes in time, or no more at all."""
        try:
            return self._lines.get(timeout=max(timeout, 0))
        except queue.Empty:
            return None

    def write_line(self, line):
        self._popen.stdin.write(line + "\n")
        self._popen.stdin.flush()

    def end_input(self):
        self._popen.stdin.close()

    def has_logged(self, text, timeout=PATIENCE_SECONDS):
        """Waits for a line on stderr."""
        end = time.monotonic() + timeout
        while text not in self.log:
            if time.monotonic() > end:
                raise Failure(f"{self.name} did not log {text!r}:\n{self.log}")
            time.sleep(0.01)

    def signal(self, number):
        self._popen.send_signal(number)

    def wait(self, timeout=PATIENCE_SECONDS):
        """Its exit code."""
        try:
            code = self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} did not end within {timeout} s\n{self.log}") from None
        for thread in self._threads:
            thread.join(timeout)
        try:
            self._popen.stdin.close()
        except BrokenPipeError:
            pass
        return code

    def kill(self):
        self._popen.kill()
        self.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


class Listener(Process):
    """A child that says `listening on …:PORT` in its first line."""

    def __init__(self, command, name):
        super().__init__(command, name)
        first = self.next_line()
        listening = re.fullmatch(r"listening on (?:wss?://)?(?:127\.0\.0\.1|\[::1\]):(\d+)", first or "")
        if not listening:
            self.kill()
            raise Failure(f"{name} did not say where it listens, but {first!r}\n{self.log}")
        self.port = int(listening[1])


class Engine(Listener):
    def __init__(self, port=0, *options):
        super().__init__([sys.executable, "-B", ENGINE, "--listen", f"127.0.0.1:{port}", "--sample-interval", "0.1", *options], "engine")


class Server(Listener):
    def __init__(self, binary, *options, port=0):
        # All clients of a test have one address.
        for bound in "--max-per-ip", "--handshakes-per-ip":
            if bound not in options:
                options = (*options, bound, "100000")
        super().__init__([binary, "--listen", f"127.0.0.1:{port}", *options], Path(binary).name)
        self.url = f"{'wss' if '--tls-cert' in options else 'ws'}://127.0.0.1:{self.port}/"

    def http_connection(self):
        """Connected, with nothing asked yet."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        connection.connect()
        return connection

    def http(self, path, method="GET", connection=None):
        """The status, the headers, and the body read as JSON."""
        with contextlib.closing(connection or self.http_connection()) as connection:
            connection.request(method, path)
            response = connection.getresponse()
            body = response.read()
            return response.status, response.headers, json.loads(body) if body else None

    def stop(self):
        """SIGTERM, and its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()


class Client(Process):
    """A real WebSocket library that speaks kingbolt.v1.json. What happened to it is a dict with a `kind`: open, text, binary, ping, close, error."""

    def __init__(self, library, url, node_modules=None):
        if library == "ws":
            command, environment = ["node", HERE / "ws_client.cjs", url, SUBPROTOCOL], {"NODE_PATH": str(node_modules)}
        else:
            command, environment = [sys.executable, "-B", HERE / "websockets_client.py", url, SUBPROTOCOL], None
        super().__init__(command, library, environment)
        self.pings = 0

    def next_fact(self, timeout=PATIENCE_SECONDS):
        line = self.next_line(timeout)
        fact = json.loads(line) if line is not None else None
        if fact is not None and fact["kind"] == "ping":
            self.pings += 1
        return fact

    def wait_for(self, what, is_it, timeout=PATIENCE_SECONDS):
        """The first fact that `is_it`; those before it are dropped."""
        end = time.monotonic() + timeout
        while (fact := self.next_fact(end - time.monotonic())) is not None:
            if is_it(fact):
                return fact
            if fact["kind"] == "close":
                raise Failure(f"{self.name}: closed with {fact} while waiting for {what}")
        raise Failure(f"{self.name}: no {what} within {timeout} s\n{self.log}")

    def wait_open(self):
        return self.wait_for("open connection", lambda fact: fact["kind"] == "open")

    def wait_close(self, timeout=PATIENCE_SECONDS):
        return self.wait_for("close", lambda fact: fact["kind"] == "close", timeout)

    def wait_message(self, what, is_it=lambda message: True, timeout=PATIENCE_SECONDS):
        """The first JSON message that `is_it`."""
        fact = self.wait_for(what, lambda f: f["kind"] == "text" and is_it(json.loads(f["text"])), timeout)
        return json.loads(fact["text"])

    def wait_event(self, what, is_it=lambda event: True, timeout=PATIENCE_SECONDS):
        return self.wait_message(what, lambda m: m["type"] == "event" and is_it(m), timeout)

    def tell(self, **command):
        self.write_line(json.dumps(command))

    def wait_answer(self):
        """The next welcome, reply or error."""
        return self.wait_message("answer", lambda m: m["type"] in ("welcome", "reply", "error"))

    def ask(self, **command):
        self.tell(**command)
        return self.wait_answer()

    def events_for(self, seconds):
        """All events that come within that time."""
        events, end = [], time.monotonic() + seconds
        while (fact := self.next_fact(end - time.monotonic())) is not None:
            if fact["kind"] == "close":
                raise Failure(f"{self.name}: closed with {fact}")
            if fact["kind"] == "text" and (message := json.loads(fact["text"]))["type"] == "event":
                events.append(message)
        return events


class Wire:
    """What one client and the server have said to each other over a connection of python3-websockets."""

    def __init__(self, connection):
        self._connection = connection
        self._record = []

    async def send(self, **message):
        text = json.dumps(message)
        self._record.append("C " + text)
        await self._connection.send(text)

    async def receive(self, is_it=lambda message: True):
        """The first message that `is_it`."""
        while True:
            text = await asyncio.wait_for(self._connection.recv(), PATIENCE_SECONDS)
            self._record.append("S " + text)
            message = json.loads(text)
            if is_it(message):
                return message

    async def ask(self, **message):
        """The answer to a message with an `id`, or to `hello`."""
        await self.send(**message)
        return await self.receive(lambda m: m.get("id") == message.get("id") and m["type"] in ("welcome", "reply", "error"))

    def types(self):
        """The types of all messages, as `C:hello`, `S:welcome`. Each fits its schema in docs/schema/."""
        command = [os.environ["KINGBOLT_CHECK_WIRE"], HERE.parent.parent / "docs" / "schema"]
        run = subprocess.run(command, input="\n".join(self._record) + "\n", capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        if run.returncode != 0:
            raise Failure(f"not as docs/schema/ says:\n{run.stdout}{run.stderr}")
        return set(run.stdout.split())
