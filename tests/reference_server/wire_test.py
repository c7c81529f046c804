"""All that the server and a client can say to each other is as docs/schema/ describes it."""

import asyncio
import signal
import tempfile
import time
import unittest

import jwt
import websockets

from fixture import PATIENCE_SECONDS, SUBPROTOCOL, ServerTest, Wire

SECRET = "a secret of this test, and at least 32 bytes long"
OF_A_CLIENT = ("hello", "subscribe", "unsubscribe", "publish", "call", "cancel", "refresh", "ping")
OF_THE_SERVER = ("welcome", "event", "reply", "error", "bye")


def token():
    claims = {"sub": "ann", "scope": "subscribe:* call:*", "exp": int(time.time()) + 60}
    return jwt.encode(claims, SECRET, algorithm="HS256")


class WireTest(ServerTest):
    def test_every_message_of_a_whole_conversation_fits_its_schema(self):
        for transport in "native", "websocketpp":
            with tempfile.NamedTemporaryFile("w") as secret:
                secret.write(SECRET)
                secret.flush()
                engine = self.engine()
                server = self.server(engine.port, jwt_alg="HS256", jwt_key_file=secret.name, transport=transport)
                types = asyncio.run(self.talk(engine, server))
            self.assertEqual(types, {"C:" + t for t in OF_A_CLIENT} | {"S:" + t for t in OF_THE_SERVER})

    async def talk(self, engine, server):
        child = self.child("sleep", "60")
        topic = f"agents.proc-{child.pid}"
        # As a browser would: it has no other place for a token.
        subprotocols = [SUBPROTOCOL, "bearer." + token()]
        async with websockets.connect(server.url, subprotocols=subprotocols, ping_interval=None, open_timeout=PATIENCE_SECONDS) as connection:
            wire = Wire(connection)
            subs = [{"topic": topic}, {"topic": "system.*"}, {"topic": "system.engine", "presence": True}]
            welcome = await wire.ask(type="hello", token=token(), subs=subs)
            self.assertEqual([sub.get("error") for sub in welcome["subs"]], [None, None, "no_presence"])
            seen = await wire.receive(lambda m: m["type"] == "event" and m["topic"] == topic)
            await wire.receive(lambda m: m["type"] == "event" and m["topic"] == topic)

            position = {"epoch": seen["epoch"], "seq": seen["seq"]}
            self.assertTrue((await wire.ask(type="subscribe", id=1, topic=topic, **position))["sub"]["recovered"])
            everything = await wire.ask(type="subscribe", id=2, topic="agents.*")
            position = {"epoch": everything["sub"]["epoch"], "positions": [{"topic": p["topic"], "seq": p["seq"]} for p in everything["sub"]["positions"]]}
            self.assertIn("recovered", (await wire.ask(type="subscribe", id=3, topic="agents.*", **position))["sub"])
            self.assertEqual((await wire.ask(type="subscribe", id=4, topic="system.*", presence=True))["code"], "no_presence")
            self.assertEqual(await wire.ask(type="unsubscribe", id=5, topic="agents.*"), {"type": "reply", "id": 5})
            self.assertEqual((await wire.ask(type="publish", id=6, topic=topic, event="said", data=[None]))["code"], "not_permitted")

            self.assertEqual((await wire.ask(type="call", id=7, method="agents.list"))["type"], "reply")
            for number, method, params, code in (
                (8, "agents.status", {"id": "nobody"}, "no_such_agent"),
                (9, "agents.status", None, "bad_params"),
                (10, "agents.kill", {}, "unknown_method"),
            ):
                self.assertEqual((await wire.ask(type="call", id=number, method=method, params=params))["code"], code)
            self.assertEqual((await wire.ask(type="call", id=11, method="agents.status", params={"id": topic[7:]}))["data"]["pid"], child.pid)
            self.assertEqual(len((await wire.ask(type="call", id=12, method="system.breakers"))["data"]), 2)
            self.assertEqual((await wire.ask(type="call", id=13, method="system.connections"))["data"]["connections"][0]["subject"], "ann")

            engine.signal(signal.SIGSTOP)
            await wire.send(type="call", id=14, method="agents.status", params={"id": topic[7:]}, deadline_ms=10_000)
            await wire.send(type="cancel", id=14)
            self.assertEqual((await wire.receive(lambda m: m.get("id") == 14))["code"], "cancelled")
            self.assertEqual((await wire.ask(type="call", id=15, method="agents.status", params={"id": topic[7:]}, deadline_ms=1))["code"], "deadline_exceeded")
            engine.kill()
            stale = await wire.ask(type="call", id=16, method="agents.status", params={"id": topic[7:]})
            self.assertEqual((stale["stale"], stale["data"]["pid"]), (True, child.pid))
            await wire.receive(lambda m: m["type"] == "event" and m["event"] == "circuit_breaker")
            self.assertIn((await wire.ask(type="call", id=17, method="agents.status", params={"id": "new"}))["code"], ("call_failed", "timeout", "breaker_open"))

            self.assertEqual(await wire.ask(type="refresh", id=18, token=token()), {"type": "reply", "id": 18})
            self.assertEqual((await wire.ask(type="refresh", id=19, token="nonsense"))["code"], "bad_credentials")
            self.assertGreater((await wire.ask(type="ping", id=20))["now"], 1_700_000_000_000)
            server.signal(signal.SIGTERM)
            bye = await wire.receive(lambda m: m["type"] == "bye")
            self.assertEqual((bye["code"], bye["reason"], bye["retry"]), (4001, "server_drain", True))
            with self.assertRaises(websockets.ConnectionClosed):
                await wire.receive(lambda _: False)
            self.assertEqual(connection.close_code, 4001)
            return wire.types()


if __name__ == "__main__":
    unittest.main()
