"""Who comes into the reference server, over real sockets: tokens made by PyJWT, clients by python3-websockets, certificates by openssl."""

import asyncio
import http.client
import json
import os
import signal
import ssl
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import jwt
import websockets

from fixture import PATIENCE_SECONDS, SUBPROTOCOL, ServerTest, unused_port

SECRET = "a secret of this test, and at least 32 bytes long"
ALL = "subscribe:* call:*"


def token(subject="ann", scope=ALL, lives=60.0, key=SECRET, algorithm="HS256", headers=None, **claims):
    now = int(time.time())
    claims = {"sub": subject, "scope": scope, "iat": now, "exp": int(now + lives), **claims}
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def bearer(value):
    return {"Authorization": f"Bearer {value}"}


class SecurityTest(ServerTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.secret = self.file("secret", SECRET + "\n")

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def guarded(self, **options):
        return self.server(unused_port(), jwt_alg="HS256", jwt_key_file=self.secret, **options)

    def run_client(self, server, talk, headers=None, path="", **options):
        """Connects, and runs `talk(client)`."""

        async def run():
            async with websockets.connect(
                server.url + path, extra_headers=headers or {}, ping_interval=None, open_timeout=PATIENCE_SECONDS, **options
            ) as client:
                return await talk(client)

        return asyncio.run(run())

    def status(self, server, headers=None, path="", **options):
        """101, or how the upgrade was refused; and the headers of that."""

        async def nothing(_):
            return 101, {}

        try:
            return self.run_client(server, nothing, headers, path, **options)
        except websockets.InvalidStatusCode as refused:
            return refused.status_code, refused.headers

    @staticmethod
    async def answer(client):
        while True:
            answer = json.loads(await asyncio.wait_for(client.recv(), PATIENCE_SECONDS))
            if answer["type"] in ("reply", "error"):
                return answer

    async def ask(self, client, **command):
        await client.send(json.dumps(command))
        return await self.answer(client)


class Tokens(SecurityTest):
    def test_a_token_lets_in_wherever_it_is_shown_and_nothing_else_does(self):
        server = self.guarded()
        self.assertEqual(self.status(server, bearer(token()))[0], 101)
        self.assertEqual(self.status(server, subprotocols=[SUBPROTOCOL, "bearer." + token()])[0], 101)
        self.assertEqual(self.status(server, path="?access_token=" + token())[0], 401)
        code, headers = self.status(server)
        self.assertEqual((code, headers["WWW-Authenticate"]), (401, 'Bearer realm="kingbolt"'))
        for bad in (
            token(lives=-60),
            token(key="another secret, which is 32 bytes as well"),
            jwt.encode({"sub": "ann"}, SECRET),
            jwt.encode({"sub": "ann", "exp": time.time() + 60}, "", algorithm="none"),
            token() + "x",
            "nonsense",
        ):
            # Each from an account of its own, so that nobody is locked out.
            code, headers = self.status(server, bearer(bad))
            self.assertEqual((code, headers["WWW-Authenticate"]), (401, 'Bearer realm="kingbolt", error="invalid_token"'), bad)

    def test_a_subprotocol_with_a_token_is_never_selected(self):
        async def selected(client):
            return client.subprotocol

        server = self.guarded()
        self.assertEqual(self.run_client(server, selected, subprotocols=["bearer." + token(), SUBPROTOCOL]), SUBPROTOCOL)
        self.assertIsNone(self.run_client(server, selected, subprotocols=["bearer." + token(), "app"]))

    def test_a_token_in_the_query_is_taken_where_that_is_allowed_and_never_logged(self):
        server = self.server(unused_port(), jwt_alg="HS256", jwt_key_file=self.secret, log_level="debug", allow_query_token=True)
        shown = token()
        self.assertEqual(self.status(server, path="?access_token=" + shown)[0], 101)
        self.assertEqual(self.status(server, path="?access_token=" + shown[:-3])[0], 401)
        server.has_logged("unauthenticated")
        self.assertNotIn(shown[:40], server.log)
        self.assertNotIn("access_token", server.log)

    def test_scopes_say_what_a_client_may(self):
        async def talk(client):
            return [
                await self.ask(client, type="subscribe", topic="agents.*"),
                await self.ask(client, type="subscribe", topic="system.clients"),
                await self.ask(client, type="call", id=1, method="agents.list"),
                await self.ask(client, type="call", id=2, method="agents.status", params={"id": "x"}),
                await self.ask(client, type="call", id=3, method="system.connections"),
            ]

        engine = self.engine()
        server = self.server(engine.port, jwt_alg="HS256", jwt_key_file=self.secret)
        allowed = token(scope="subscribe:agents.* call:agents.list")
        answers = self.run_client(server, talk, bearer(allowed))
        self.assertEqual(answers[0]["sub"]["topic"], "agents.*")
        self.assertEqual(answers[1]["code"], "not_permitted")
        self.assertEqual(answers[2]["type"], "reply")
        for refused in answers[3:]:
            self.assertEqual((refused["code"], refused["retry"]), ("not_permitted", False))

    def test_a_new_token_with_fewer_scopes_ends_the_subscriptions_that_it_does_not_permit(self):
        async def talk(client):
            return [
                await self.ask(client, type="subscribe", id=1, topic="agents.*"),
                await self.ask(client, type="refresh", id=2, token=token(scope="subscribe:system.*")),
                await self.answer(client),
                await self.ask(client, type="subscribe", id=3, topic="agents.*"),
            ]

        subscribed, ended, renewed, refused = self.run_client(self.guarded(), talk, bearer(token()))
        self.assertEqual(subscribed["sub"]["topic"], "agents.*")
        self.assertEqual((ended["code"], ended["topic"], "id" in ended), ("not_permitted", "agents.*", False))
        self.assertEqual((renewed["type"], renewed["id"]), ("reply", 2))
        self.assertEqual((refused["code"], refused["id"]), ("not_permitted", 3))

    def test_an_operator_sees_who_is_connected(self):
        async def talk(client):
            return await self.ask(client, type="call", id=1, method="system.connections")

        listed = self.run_client(self.guarded(), talk, bearer(token(subject="opa", scope="call:system.connections")))["data"]
        self.assertEqual(listed["total"], 1)
        one = listed["connections"][0]
        self.assertEqual((one["subject"], one["path"]), ("opa", "/"))
        self.assertRegex(one["remote"], r"^127\.0\.0\.1:\d+$")
        self.assertGreaterEqual(one["age_ms"], 0)

    def test_an_expired_session_ends_with_4010_and_one_with_a_new_token_goes_on(self):
        async def talk(client):
            with self.assertRaises(websockets.ConnectionClosed) as closed:
                while True:
                    await asyncio.wait_for(client.recv(), PATIENCE_SECONDS)
            return closed.exception.rcvd.code, closed.exception.rcvd.reason

        async def renew(client):
            answers = [
                await self.ask(client, type="refresh", id=1, token="nonsense"),
                await self.ask(client, type="refresh", id=2, token=token(subject="bob")),
                await self.ask(client, type="refresh", id=3, token=token()),
            ]
            await asyncio.sleep(6)
            answers.append(await self.ask(client, type="subscribe", topic="agents.*"))
            return answers

        server = self.guarded()
        # Within the leeway of 30 s it lets in, and 25 s after its end the session is over: in 2 s, and in 5.
        code, reason = self.run_client(server, talk, bearer(token(lives=-23)))
        self.assertEqual(code, 4010)
        self.assertTrue(reason.startswith("auth_expired after_ms="), reason)
        answers = self.run_client(server, renew, bearer(token(lives=-20)))
        self.assertEqual([answer["type"] for answer in answers], ["error", "error", "reply", "reply"])

    def test_who_guesses_is_locked_out_and_others_are_not(self):
        server = self.guarded(trusted_proxy="127.0.0.0/8")
        guesses = [self.status(server, {**bearer("x.y.z"), "X-Forwarded-For": "192.0.2.1"})[0] for _ in range(8)]
        self.assertEqual(guesses[0], 401)
        self.assertEqual(guesses[-1], 429)
        code, headers = self.status(server, {**bearer("x.y.z"), "X-Forwarded-For": "192.0.2.1"})
        self.assertEqual((code, headers["Retry-After"].isdigit()), (429, True))
        self.assertEqual(self.status(server, {**bearer(token()), "X-Forwarded-For": "192.0.2.2"})[0], 101)

    def test_a_key_that_is_new_in_the_key_set_needs_no_restart(self):
        def keys(*ids):
            import base64

            value = base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("=")
            return json.dumps({"keys": [{"kty": "oct", "alg": "HS256", "kid": name, "k": value} for name in ids]})

        path = self.file("keys.json", keys("one"))
        server = self.server(unused_port(), jwks_file=path)
        self.assertEqual(self.status(server, bearer(token(headers={"kid": "one"})))[0], 101)
        Path(path).write_text(keys("one", "two"))
        self.assertEqual(self.status(server, bearer(token(headers={"kid": "two"})))[0], 101)
        Path(path).write_text("not JSON")
        server.signal(signal.SIGHUP)
        server.has_logged("SIGHUP")
        self.assertEqual(self.status(server, bearer(token(headers={"kid": "two"})))[0], 101)

    def test_issuer_and_audience_are_looked_at_where_they_are_named(self):
        server = self.guarded(jwt_issuer="us", jwt_audience="dashboards")
        self.assertEqual(self.status(server, bearer(token(iss="us", aud=["dashboards", "others"])))[0], 101)
        self.assertEqual(self.status(server, bearer(token(iss="them", aud="dashboards")))[0], 401)
        self.assertEqual(self.status(server, bearer(token(iss="us", aud="others")))[0], 401)
        self.assertEqual(self.status(server, bearer(token()))[0], 401)

    def test_plain_http_wants_a_token_too_but_for_the_health_check(self):
        server = self.guarded()

        def get(path, headers=None):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
            connection.request("GET", path, headers=headers or {})
            return connection.getresponse().status

        self.assertEqual(get("/healthz"), 200)
        self.assertEqual(get("/stats"), 401)
        self.assertEqual(get("/stats", bearer(token())), 200)


class Origins(SecurityTest):
    def cors(self, server, origin, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
        connection.request(method, "/stats", headers={"Origin": origin, **headers})
        response = connection.getresponse()
        return response.status, response.headers

    def test_pages_of_the_host_itself_connect_and_others_do_not(self):
        server = self.server(unused_port())
        self.assertEqual(self.status(server, origin=f"http://127.0.0.1:{server.port}")[0], 101)
        self.assertEqual(self.status(server)[0], 101)
        for foreign in "http://evil.example", f"http://127.0.0.1:{server.port}.evil.example", "null", "http://127.0.0.1:1":
            self.assertEqual(self.status(server, origin=foreign)[0], 403, foreign)

    def test_listed_pages_connect_and_read_plain_http_and_others_do_neither(self):
        server = self.server(unused_port(), allow_origin="https://app.example")
        self.assertEqual(self.status(server, origin="https://app.example")[0], 101)
        self.assertEqual(self.status(server, origin="http://app.example")[0], 403)
        status, headers = self.cors(server, "https://app.example")
        self.assertEqual((status, headers["Access-Control-Allow-Origin"], headers["Vary"]), (200, "https://app.example", "Origin"))
        self.assertIsNone(self.cors(server, "https://evil.example")[1]["Access-Control-Allow-Origin"])
        preflight = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
        status, headers = self.cors(server, "https://app.example", "OPTIONS", **preflight)
        self.assertEqual((status, headers["Access-Control-Allow-Headers"]), (204, "Authorization"))
        self.assertEqual(self.cors(server, "https://evil.example", "OPTIONS", **preflight)[0], 403)


class Admission(SecurityTest):
    def test_one_address_has_as_many_connections_as_it_may(self):
        for transport in "native", "websocketpp":
            server = self.server(unused_port(), max_per_ip="3", transport=transport)

            async def crowd(_):
                others = [await websockets.connect(server.url) for _ in range(2)]
                code, headers = await asyncio.to_thread(self.status, server)
                for other in others:
                    await other.close()
                return code, headers["Retry-After"]

            self.assertEqual(self.run_client(server, crowd), (429, "10"))

    def test_behind_a_trusted_proxy_each_client_has_its_own_share(self):
        server = self.server(unused_port(), handshakes_per_ip="2", trusted_proxy="127.0.0.1")
        codes = [self.status(server, {"X-Forwarded-For": f"10.1.1.1, 192.0.2.{n % 3}"})[0] for n in range(9)]
        self.assertEqual(codes, [101] * 6 + [429] * 3)

    def test_who_is_no_trusted_proxy_cannot_invent_clients(self):
        server = self.server(unused_port(), handshakes_per_ip="2")
        codes = [self.status(server, {"X-Forwarded-For": f"192.0.2.{n}"})[0] for n in range(4)]
        self.assertEqual(codes, [101, 101, 429, 429])

    def test_beyond_this_machine_it_listens_only_with_a_key_or_when_told_that_this_is_meant(self):
        complaint = self.refused("--listen", "0.0.0.0:0")
        self.assertIn("--insecure", complaint)
        self.assertIn("--jwt-key-file", complaint)
        self.assertIn("--listen = 0.0.0.0", complaint)

    def test_options_that_make_no_sense_are_refused_by_name(self):
        self.assertIn("--jwt-alg", self.refused("--jwt-key-file", self.secret))
        self.assertIn("--tls-key", self.refused("--tls-cert", "x.pem"))
        short = self.file("short", "too short")
        run = self.run_server("--jwt-alg", "HS256", "--jwt-key-file", short)
        self.assertEqual(run.returncode, 1)
        self.assertIn("32", run.stderr)
        run = self.run_server("--jwt-alg", "HS256", "--jwt-key-file", str(self.folder))
        self.assertEqual((run.returncode, run.stderr.startswith(f"reference_server: --jwt-key-file = {self.folder} ")), (1, True), run.stderr)

    def test_an_empty_key_file_is_a_complaint_and_so_is_an_algorithm_without_a_key(self):
        for option in "--jwt-key-file", "--jwks-file", "--jwt-issuer", "--jwt-audience", "--tls-cert", "--tls-key":
            self.assertEqual(self.refused("--jwt-alg", "HS256", option, ""), f"{option}: must not be empty")
            config = self.file("config.json", json.dumps({option.lstrip("-"): ""}))
            self.assertEqual(self.refused("--config", config), f"{option}: must not be empty")
        self.assertIn("--jwt-key-file = none", self.refused("--jwt-alg", "HS256"))


class Tls(SecurityTest):
    def setUp(self):
        super().setUp()
        subprocess.run([os.environ["KINGBOLT_MAKE_CERTIFICATES"], self.folder], check=True, timeout=PATIENCE_SECONDS)
        self.trust = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))

    def serial(self, port):
        """Of the certificate that is shown now."""
        import socket

        with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as plain:
            with self.trust.wrap_socket(plain, server_hostname="localhost") as secure:
                return secure.getpeercert()["serialNumber"]

    def test_a_broken_certificate_leaves_the_keys_alone_too(self):
        for transport in "native", "websocketpp":
            cert, key = self.folder / "server.pem", self.folder / "server.key"
            good = cert.read_text()
            server = self.guarded(tls_cert=str(cert), tls_key=str(key), transport=transport)
            old, new = bearer(token()), bearer(token(key=SECRET[::-1]))
            cert.write_text("no certificate")
            self.file("secret", SECRET[::-1])
            server.signal(signal.SIGHUP)
            server.has_logged("SIGHUP: what was in use stays so")
            self.assertEqual([self.status(server, shown, ssl=self.trust)[0] for shown in (old, new)], [101, 401])
            cert.write_text(good)
            server.signal(signal.SIGHUP)
            server.has_logged("SIGHUP: keys and certificate are those of the files now")
            self.assertEqual([self.status(server, shown, ssl=self.trust)[0] for shown in (old, new)], [401, 101])
            self.file("secret", SECRET)

    def test_wss_and_a_renewed_certificate_disconnect_nobody(self):
        for transport in "native", "websocketpp":
            cert, key = self.folder / "server.pem", self.folder / "server.key"
            server = self.guarded(tls_cert=str(cert), tls_key=str(key), transport=transport)

            async def talk(client):
                before = self.serial(server.port)
                subprocess.run([os.environ["KINGBOLT_MAKE_CERTIFICATES"], self.folder / "new"], check=True, timeout=PATIENCE_SECONDS)
                for name in "ca.pem", "server.pem", "server.key":
                    (self.folder / "new" / name).replace(self.folder / name)
                self.trust.load_verify_locations(str(self.folder / "ca.pem"))
                server.signal(signal.SIGHUP)
                await asyncio.to_thread(server.has_logged, "SIGHUP: keys and certificate are those of the files now")
                self.assertNotEqual(before, self.serial(server.port))
                return await self.ask(client, type="subscribe", topic="agents.*")

            answer = self.run_client(server, talk, bearer(token()), ssl=self.trust)
            self.assertEqual(answer["type"], "reply")
            self.assertEqual(self.status(server, bearer(token()), ssl=self.trust)[0], 101)
            self.assertEqual(self.status(server, ssl=self.trust)[0], 401)

            key.write_text("not a key")
            server.signal(signal.SIGHUP)
            server.has_logged("what was in use stays so")
            self.assertEqual(self.status(server, bearer(token()), ssl=self.trust)[0], 101)
            (self.folder / "new" / "other.key").replace(key)  # the next server gets a pair of its own
            subprocess.run([os.environ["KINGBOLT_MAKE_CERTIFICATES"], self.folder], check=True, timeout=PATIENCE_SECONDS)
            self.trust.load_verify_locations(str(self.folder / "ca.pem"))


if __name__ == "__main__":
    unittest.main()
