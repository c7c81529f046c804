"""Each small example does what its first comment says, for real clients over real sockets."""

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import jwt
import websockets

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent.parent
CLIENTS = ROOT / "tests" / "clients"
sys.path.insert(0, str(CLIENTS))

from harness import PATIENCE_SECONDS, Listener, Process, Wire  # noqa: E402

FOLDER = Path(os.environ["KINGBOLT_EXAMPLES"])
NODE_MODULES = os.environ["KINGBOLT_NODE_MODULES"]


class Example(unittest.IsolatedAsyncioTestCase):
    def start(self, name, *options):
        server = Listener([FOLDER / name, "--port", "0", *options], name)
        self.addCleanup(server.kill)
        return server

    async def connect(self, server, **options):
        url = f"ws://127.0.0.1:{server.port}/"
        client = await websockets.connect(url, ping_interval=None, open_timeout=PATIENCE_SECONDS, max_size=None, **options)
        self.addAsyncCleanup(client.close)
        return client

    @staticmethod
    async def receive(client):
        return await asyncio.wait_for(client.recv(), PATIENCE_SECONDS)

    async def closed(self, client):
        """The code and reason of the Close frame that came."""
        try:
            while True:
                await self.receive(client)
        except websockets.ConnectionClosed as end:
            return (end.rcvd.code, end.rcvd.reason) if end.rcvd else (1006, "")

    async def ends_with_0(self, server):
        self.assertEqual(await asyncio.to_thread(server.wait), 0, server.log)

    async def test_echo_returns_text_and_binary_unchanged(self):
        for transport in ("native", "websocketpp"):
            client = await self.connect(self.start("echo_server", "--transport", transport, "--max-message", "2000000"))
            await self.echoes(client)

    async def echoes(self, client):
        for message in ("", "text", "\u00e4\u20ac\U0001f600", b"", b"\x00\xff\x80", os.urandom(70_000), "x" * 2_000_000):
            await client.send(message)
            self.assertEqual(await self.receive(client), message)

    async def test_echo_compresses_for_those_who_offer_it(self):
        server = self.start("echo_server", "--compression", "--max-message", "2000000")
        client = await self.connect(server)
        self.assertIn("permessage-deflate", client.response_headers["Sec-WebSocket-Extensions"])
        for _ in range(2):
            await self.echoes(client)
        plain = await self.connect(server, compression=None)
        self.assertNotIn("Sec-WebSocket-Extensions", plain.response_headers)
        await self.echoes(plain)

    async def test_echo_without_limits_returns_what_it_would_refuse_otherwise(self):
        for transport in ("native", "websocketpp"):
            client = await self.connect(self.start("echo_server", "--transport", transport, "--no-limits"))
            message = os.urandom(20_000_000)
            await client.send(message)
            self.assertEqual(await self.receive(client), message)

    async def test_curl_is_upgraded_and_told_so(self):
        for transport in ("native", "websocketpp"):
            server = self.start("echo_server", "--transport", transport)
            headers = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
            options = [word for header in headers for word in ("-H", header)]
            curl = ["curl", "--http1.1", "--silent", "--include", "--no-buffer", "--max-time", "1", *options, f"http://127.0.0.1:{server.port}/"]
            run = await asyncio.to_thread(subprocess.run, curl, capture_output=True, timeout=PATIENCE_SECONDS, check=False)
            head = run.stdout.partition(b"\r\n\r\n")[0].decode("ascii")  # a ping may follow
            self.assertTrue(head.startswith("HTTP/1.1 101 "), run)
            self.assertIn("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=", head.lower())

    def certificates(self):
        """A folder of throw-away certificates."""
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        subprocess.run([ROOT / "scripts" / "make-certificates", folder], check=True, timeout=PATIENCE_SECONDS)
        return Path(folder)

    def start_secure(self, folder, *options):
        return self.start("echo_server", "--tls-cert", folder / "server.pem", "--tls-key", folder / "server.key", *options)

    async def connect_secure(self, server, trusted):
        context = ssl.create_default_context(cafile=trusted)
        client = await websockets.connect(f"wss://localhost:{server.port}/", ssl=context, ping_interval=None, max_size=None)
        self.addAsyncCleanup(client.close)
        return client

    async def test_echo_over_tls_for_a_client_that_checks_the_certificate(self):
        folder = self.certificates()
        for options in (["--transport", "native"], ["--transport", "websocketpp"], ["--compression"]):
            server = self.start_secure(folder, "--max-message", "2000000", *options)
            await self.echoes(await self.connect_secure(server, folder / "ca.pem"))
            with self.assertRaises(ssl.SSLCertVerificationError):
                await self.connect_secure(server, folder / "stranger.pem")

    async def test_a_hang_up_reads_the_certificate_anew_and_disconnects_nobody(self):
        for transport in ("native", "websocketpp"):
            folder = self.certificates()
            server = self.start_secure(folder, "--transport", transport)
            client = await self.connect_secure(server, folder / "ca.pem")
            (folder / "server.pem").write_text("no certificate", encoding="ascii")
            server.signal(signal.SIGHUP)
            await asyncio.to_thread(server.has_logged, f'certificates not reloaded: TlsOptions.certificate_chain_file "{folder}/server.pem"')
            await self.connect_secure(server, folder / "ca.pem")
            for kind in ("pem", "key"):
                shutil.copy(folder / f"other.{kind}", folder / f"server.{kind}")
            server.signal(signal.SIGHUP)
            await asyncio.to_thread(server.has_logged, "certificates reloaded")
            with self.assertRaisesRegex(ssl.SSLCertVerificationError, "localhost"):  # the new one is another host's
                await self.connect_secure(server, folder / "ca.pem")
            await client.send("still here")
            self.assertEqual(await self.receive(client), "still here")

    async def test_curl_and_openssl_are_upgraded_over_tls(self):
        folder = self.certificates()
        for transport in ("native", "websocketpp"):
            server = self.start_secure(folder, "--transport", transport)
            headers = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
            options = [word for header in headers for word in ("-H", header)]
            curl = ["curl", "--http1.1", "--silent", "--include", "--no-buffer", "--max-time", "1", "--cacert", folder / "ca.pem", *options]
            run = await asyncio.to_thread(
                subprocess.run, [*curl, f"https://localhost:{server.port}/"], capture_output=True, timeout=PATIENCE_SECONDS, check=False
            )
            self.assertTrue(run.stdout.startswith(b"HTTP/1.1 101 "), run)
            request = "\r\n".join(["GET / HTTP/1.1", "Host: localhost", *headers, "", ""])
            for version in ("-tls1_2", "-tls1_3"):
                openssl = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-CAfile", folder / "ca.pem", "-servername", "localhost",
                           "-verify_return_error", "-alpn", "h2,http/1.1", version, "-ign_eof"]  # fmt: skip
                with subprocess.Popen(openssl, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as client:
                    client.stdin.write(request.encode())
                    client.stdin.flush()
                    said = await asyncio.to_thread(self.read_until, client.stdout, b"HTTP/1.1 101 ")
                    self.assertIn(b"ALPN protocol: http/1.1", said)
                    self.assertIn(b"Verification: OK", said)
                    client.kill()

    @staticmethod
    def read_until(stream, words):
        said = b""
        while words not in said and (more := stream.read1()):
            said += more
        return said

    async def test_ws_is_served_over_tls(self):
        folder = self.certificates()
        for transport in ("native", "websocketpp"):
            server = self.start_secure(folder, "--transport", transport)
            environment = {"NODE_PATH": NODE_MODULES, "NODE_EXTRA_CA_CERTS": str(folder / "ca.pem")}
            with Process(["node", CLIENTS / "ws_client.cjs", f"wss://localhost:{server.port}/"], "ws", environment) as client:
                self.assertEqual(client.next_line(), '{"kind":"open"}')
                client.write_line("from ws")
                self.assertEqual(client.next_line(), '{"kind":"text","text":"from ws"}')
                client.end_input()
                self.assertEqual(client.next_line(), '{"kind":"close","code":1000,"reason":"done"}', client.log)

    async def test_echo_keeps_its_limits(self):
        for transport in ("native", "websocketpp"):
            await self.limits(transport)

    async def limits(self, transport):
        limits = ("--max-message", "100", "--handshake-timeout", "0.3", "--close-timeout", "0.3")
        server = self.start("echo_server", "--transport", transport, *limits)
        client = await self.connect(server)
        await client.send("x" * 101)
        self.assertEqual((await self.closed(client))[0], 1009)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET / HTTP/1.1\r\n")
        with contextlib.suppress(ConnectionResetError):  # how the server lets go when it has waited long enough for the rest
            self.assertEqual(await asyncio.wait_for(reader.read(), PATIENCE_SECONDS), b"")
        writer.close()

    async def test_echo_names_a_bad_option(self):
        for options, complaint in (
            (["--port", "65536"], "--port: Value 65536 not in range 0 to 65535"),
            (["--port"], "--port: 1 required N:INT in [0 - 65535] missing"),
            (["--ping-interval", "0"], "--ping-interval: Value 0 not in range 0.010000 to 3600.000000"),
            (["--transport", "pigeon"], "--transport: pigeon not in {native,websocketpp}"),
            (["--compression", "--transport", "websocketpp"], "--compression: only --transport native compresses"),
            (["--close-timeout", "nan"], "--close-timeout: not a number"),
            (["--tls-cert", "server.pem"], "--tls-cert requires --tls-key"),
            (["--tls-cert", "", "--tls-key", ""], "--tls-cert: must not be empty"),
            (["--jwt-alg", "HS256", "--jwt-key-file", ""], "--jwt-key-file: must not be empty"),
            (["--host", "192.0.2.1"], "--host = 192.0.2.1 is out of range (a loopback address as long as clients need no token): "
                                      "give --jwt-key-file or --jwks-file, or say --insecure"),
            (["--colour"], "The following argument was not expected: --colour"),
        ):
            run = subprocess.run([FOLDER / "echo_server", *options], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
            self.assertEqual((run.returncode, run.stderr.splitlines()[0]), (2, complaint))

    async def test_broadcast_reaches_everybody(self):
        server = self.start("broadcast_server")
        clients = [await self.connect(server) for _ in range(3)]
        for message in ("hello", b"\x01\x02"):
            await clients[0].send(message)
            for client in clients:
                self.assertEqual(await self.receive(client), message)

    async def test_topics_go_to_those_who_asked(self):
        server = self.start("topics_server")

        async def say(client, text):
            await client.send(text)
            return await self.receive(client)

        sport, news = await self.connect(server), await self.connect(server)
        self.assertEqual(await say(sport, "+news.sport"), "ok")
        self.assertEqual(await say(news, "+news.*"), "ok")
        author = await self.connect(server)
        self.assertEqual(await say(author, "news.sport one"), "ok")
        self.assertEqual(await say(author, "news.weather rain"), "ok")
        self.assertEqual(await self.receive(sport), "news.sport #1 one")
        self.assertEqual([await self.receive(news), await self.receive(news)], ["news.sport #1 one", "news.weather #1 rain"])
        self.assertEqual(await say(sport, "-news.sport"), "ok")
        self.assertEqual(await say(author, "news.sport two"), "ok")
        self.assertEqual(await self.receive(news), "news.sport #2 two")
        self.assertEqual(await say(sport, "+news.*"), "ok", "nothing came in between")
        self.assertRegex(await say(author, "+*.sport"), "^error: ")
        self.assertRegex(await say(author, " nowhere"), "^error: ")

    async def test_keep_alive_tells_round_trips_and_drops_who_does_not_answer(self):
        server = self.start("keep_alive_server", "--close-timeout", "0.2")
        client = await self.connect(server)
        await asyncio.to_thread(server.has_logged, "pong from #0.1 after ")
        client.transport.pause_reading()
        await asyncio.to_thread(server.has_logged, "#0.1 missed 3 in a row")
        await asyncio.to_thread(server.has_logged, "cause=pong_timeout")
        client.transport.abort()

    async def test_threads_publish_each_in_its_own_order(self):
        server = self.start("threads_server")
        client = await self.connect(server)
        last, seen = {}, 0
        while len(last) < 2 or seen < 20:
            topic, number = (await self.receive(client)).split()
            self.assertEqual(int(number), last.get(topic, int(number) - 1) + 1)
            last[topic], seen = int(number), seen + 1
        self.assertEqual(set(last), {"ticks.slow", "ticks.fast"})
        server.signal(signal.SIGTERM)
        self.assertEqual((await self.closed(client))[0], 4001)
        await self.ends_with_0(server)

    async def test_shards_reach_everybody_whichever_thread_serves_them(self):
        server = self.start("shards_server", "--threads", "2")
        clients = [await self.connect(server) for _ in range(12)]
        for i, client in enumerate(clients):
            await client.send(str(i))
            for listener in clients:
                self.assertEqual(await self.receive(listener), str(i))
        server.signal(signal.SIGTERM)
        for client in clients:
            self.assertEqual((await self.closed(client))[0], 4001)
        await self.ends_with_0(server)

    async def test_shards_that_are_told_to_end_while_they_begin_end(self):
        for _ in range(3):
            server = self.start("shards_server", "--threads", "64")
            server.signal(signal.SIGTERM)
            await self.ends_with_0(server)

    @staticmethod
    def told(name):
        """What an example without a server prints."""
        run = subprocess.run([FOLDER / name], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True)
        return run.stdout.splitlines()

    def test_a_breaker_opens_probes_and_closes(self):
        lines = self.told("circuit_breaker_demo")
        self.assertEqual(sum(line.startswith("call_failed") for line in lines), 5)
        self.assertEqual(sum(line.startswith("breaker_open") for line in lines), 2)
        changes = [line for line in lines if line.startswith("status: ")]
        self.assertEqual(
            changes,
            [
                "status: closed -> open, consecutive_failures",
                "status: open -> half_open, open_time_over",
                "status: half_open -> closed, probe_succeeded",
            ],
        )
        self.assertEqual(lines[-1], "agent-7 is idle")

    def test_a_stale_answer_is_better_than_none(self):
        lines = self.told("stale_cache_demo")
        self.assertEqual(lines[0], "agent-7 at 42 %")
        self.assertRegex(lines[1], r"^agent-7 at 42 %, \d+ ms ago \(call_failed\)$")
        self.assertEqual([line for line in lines if line.startswith("breaker")], ["breaker open", "breaker half_open", "breaker closed"])
        self.assertRegex(lines[-1], r"^agent-7 at 4[34] %$")

    async def test_drain_tells_everybody_when_to_come_back(self):
        server = self.start("drain_server")
        clients = [await self.connect(server) for _ in range(5)]
        server.signal(signal.SIGTERM)
        for client in clients:
            code, reason = await self.closed(client)
            self.assertEqual(code, 4001)
            self.assertRegex(reason, r"^server_drain after_ms=\d+$")
        await self.ends_with_0(server)
        self.assertIn("draining 5 sessions", server.log)
        self.assertIn("drained, 0 by force", server.log)
        self.assertEqual(server.log.count("cause=server_drain"), 5)

    async def test_tokens_let_in_say_what_one_may_and_are_renewed(self):
        secret = "a secret of this test, and at least 32 bytes long"
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(secret)
            file.flush()
            server = self.start("jwt_server", "--secret-file", file.name)

            def bearer(subject, scope, lives=600):
                claims = {"iss": "demo", "sub": subject, "scope": scope, "exp": int(time.time()) + lives}
                return jwt.encode(claims, secret, algorithm="HS256")

            async def say(client, text):
                await client.send(text)
                return await self.receive(client)

            for headers in ({}, {"Authorization": "Bearer " + bearer("ann", "", -60)}):
                with self.assertRaises(websockets.InvalidStatusCode) as refused:
                    await self.connect(server, extra_headers=headers)
                self.assertEqual(refused.exception.status_code, 401)
            reader = await self.connect(server, subprotocols=["demo", "bearer." + bearer("ann", "subscribe:news.*")])
            self.assertEqual(reader.subprotocol, "demo")
            author = await self.connect(server, extra_headers={"Authorization": "Bearer " + bearer("bob", "publish:news.today")})
            self.assertEqual(await say(reader, "subscribe news.*"), "done")
            self.assertEqual(await say(reader, "subscribe secrets"), "not permitted")
            self.assertEqual(await say(author, "publish news.today it rains"), "done")
            self.assertEqual(await self.receive(reader), "it rains")
            self.assertEqual(await say(author, "publish news.tomorrow it will"), "not permitted")
            self.assertEqual(await say(author, "refresh " + bearer("ann", "publish:news.*")), "the credentials are not accepted")
            self.assertEqual(await say(author, "refresh " + bearer("bob", "publish:news.*")), "done")
            self.assertEqual(await say(author, "publish news.tomorrow it will"), "done")
            await author.send("bye")
            self.assertEqual((await self.closed(author))[0], 4510)
            await asyncio.to_thread(server.has_logged, '"bob" again')
            self.assertNotIn(bearer("ann", "")[:20], server.log)

    async def test_limits_turn_away_make_wait_and_count(self):
        server = self.start("limits_server")
        clients = [await self.connect(server) for _ in range(5)]
        with self.assertRaises(websockets.InvalidStatusCode) as refused:
            await self.connect(server)
        self.assertEqual(refused.exception.status_code, 429)
        await asyncio.to_thread(server.has_logged, "turned away: too many connections from this address")
        # 40 at once and 20 a second: nothing is lost, and nobody is thrown out.
        for i in range(60):
            await clients[0].send(str(i))
        began = time.monotonic()
        for i in range(60):
            self.assertEqual(await self.receive(clients[1]), str(i))
        self.assertGreater(time.monotonic() - began, 0.5)
        await asyncio.to_thread(server.has_logged, "#0.1: too many messages, throttle")

    async def test_channels_are_rooms_with_a_past_and_people(self):
        server = self.start("channels_server")

        async def enter(**subscription):
            connection = await self.connect(server, subprotocols=["kingbolt.v1.json"])
            self.assertEqual(connection.subprotocol, "kingbolt.v1.json")
            client = Wire(connection)
            welcome = await client.ask(type="hello", subs=[{"topic": "chat.lobby", "presence": True, **subscription}])
            return client, connection, welcome["session"], welcome["subs"][0]

        ann, _, ann_session, _ = await enter()
        self.assertEqual((await ann.receive())["state"], [{"session": ann_session}])
        bob, connection, bob_session, position = await enter()
        self.assertEqual({one["session"] for one in (await bob.receive())["state"]}, {ann_session, bob_session})
        self.assertEqual((await ann.receive())["joined"], [{"session": bob_session}])
        await connection.close()
        self.assertEqual((await ann.receive())["left"], [bob_session])

        for number, text in enumerate(("hi", "is anybody here?"), 1):
            await ann.send(type="publish", id=number, topic="chat.lobby", event="said", data=text)
            self.assertEqual((await ann.receive(lambda m: m["type"] == "event"))["data"], text)
        again, _, _, sub = await enter(epoch=position["epoch"], seq=position["seq"])
        self.assertEqual((sub["recovered"], sub["seq"]), (True, 2))
        self.assertEqual([(await again.receive())["data"] for _ in range(2)], ["hi", "is anybody here?"])

        self.assertEqual((await again.ask(type="subscribe", id=3, topic="news"))["sub"]["seq"], 1)
        self.assertEqual((await again.receive())["event"], "opened")
        self.assertEqual((await again.ask(type="publish", id=4, topic="news", data=1))["code"], "not_permitted")
        self.assertIn((await again.ask(type="call", id=5, method="dice"))["data"], range(1, 7))
        seen = ann.types() | again.types()
        self.assertLessEqual({"S:welcome", "S:presence", "S:event", "S:reply", "S:error"}, seen)

    async def test_why_tells_of_an_end_what_it_means_and_what_came_before(self):
        server = self.start("why_server")
        client = await self.connect(server)
        await client.send("hello")
        self.assertEqual(await self.receive(client), "hello")
        await client.close(1011, "no more")
        for told in ("verdict=client_failed (certain)", "  because: ", "  cure: ", " message_received 5 bytes", " closed 1011 client_close"):
            await asyncio.to_thread(server.has_logged, told)

    SERVERS = ("echo_server", "broadcast_server", "topics_server", "keep_alive_server", "threads_server", "drain_server", "channels_server", "why_server")

    async def test_every_example_says_that_its_port_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken, tempfile.NamedTemporaryFile("w") as secret:
            secret.write("a secret of this test, and at least 32 bytes long")
            secret.flush()
            port = str(taken.getsockname()[1])
            for name in (*self.SERVERS, "shards_server", "limits_server", "jwt_server"):
                options = ["--secret-file", secret.name] if name == "jwt_server" else []
                command = [FOLDER / name, "--port", port, *options]
                run = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
                complaint = f"cannot listen on 127.0.0.1:{port}: Address already in use\n"
                self.assertEqual((run.returncode, run.stdout, run.stderr), (1, "", complaint), name)

    async def test_every_example_ends_with_0_on_sigterm(self):
        for name in self.SERVERS:
            server = self.start(name)
            client = await self.connect(server)
            server.signal(signal.SIGTERM)
            self.assertEqual((await self.closed(client))[0], 4001, name)
            await self.ends_with_0(server)


if __name__ == "__main__":
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # its debug mode complains of every turn over 100 ms
    unittest.main()
