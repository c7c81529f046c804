"""The example hub_client against a server of python3-websockets that plays a hub."""

import asyncio
import json
import os
import signal
import unittest

import websockets

CLIENT = os.environ["KINGBOLT_HUB_CLIENT"]
PATIENCE_SECONDS = 20


class HubClient(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.connections = asyncio.Queue()
        self.server = await websockets.serve(self.keep, "127.0.0.1", 0, subprotocols=["kingbolt.v1.json"])
        self.port = self.server.sockets[0].getsockname()[1]

    async def asyncTearDown(self):
        self.server.close()
        await self.server.wait_closed()

    async def keep(self, connection):
        await self.connections.put(connection)
        await connection.wait_closed()

    async def next_connection(self):
        return await asyncio.wait_for(self.connections.get(), PATIENCE_SECONDS)

    async def start(self, *options):
        process = await asyncio.create_subprocess_exec(
            CLIENT, "--url", f"ws://127.0.0.1:{self.port}/", *options, stdout=asyncio.subprocess.PIPE
        )
        self.addCleanup(lambda: process.kill() if process.returncode is None else None)
        return process

    async def line(self, process):
        return (await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS)).decode().rstrip("\n")

    @staticmethod
    async def hear(connection):
        return json.loads(await asyncio.wait_for(connection.recv(), PATIENCE_SECONDS))

    @staticmethod
    async def say(connection, **message):
        await connection.send(json.dumps(message))

    async def welcome(self, connection, subs):
        await self.say(connection, type="welcome", session="1-1", now=0, ping_ms=30000, subs=subs)

    async def test_a_conversation_over_two_connections(self):
        client = await self.start("--subscribe", "a", "--call", "m", "--params", '{"p":1}', "--publish", "b", '"hi"', "--token", "t1")
        hub = await self.next_connection()
        self.assertEqual("Bearer t1", hub.request_headers["Authorization"])
        self.assertEqual("kingbolt.v1.json", hub.subprotocol)
        self.assertEqual({"type": "hello", "subs": [{"topic": "a"}]}, await self.hear(hub))
        await self.welcome(hub, [{"topic": "a", "epoch": "k", "seq": 4}])

        call = await self.hear(hub)
        self.assertEqual(("call", "m", {"p": 1}), (call["type"], call["method"], call["params"]))
        await self.say(hub, type="reply", id=call["id"], data={"x": "\u00e9" * 2000})
        publication = await self.hear(hub)
        self.assertEqual(("publish", "b", "hi"), (publication["type"], publication["topic"], publication["data"]))
        await self.say(hub, type="reply", id=publication["id"], epoch="k", seq=7)
        # In fragments, with a ping between them.
        event = json.dumps({"type": "event", "topic": "a", "event": "said", "epoch": "k", "seq": 5, "ts": 1, "data": [1, 2]})
        fragments = asyncio.Event()

        async def pieces():
            yield event[:20]
            await (await hub.ping(b"between"))
            fragments.set()
            yield event[20:]

        await asyncio.wait_for(hub.send(pieces()), PATIENCE_SECONDS)
        self.assertTrue(fragments.is_set())
        lines = [await self.line(client) for _ in range(5)]
        self.assertEqual(["connecting", "ready"], lines[:2])
        self.assertTrue(lines[2].startswith("m: {") and len(lines[2]) > 2000)
        self.assertEqual(["published to b: 7", "a said [1, 2]"], lines[3:])

        await hub.close(4001, "server_drain after_ms=10")
        self.assertEqual("waiting 10 ms: server_drain after_ms=10", await self.line(client))
        hub = await self.next_connection()
        self.assertEqual({"type": "hello", "subs": [{"topic": "a", "epoch": "k", "seq": 5}]}, await self.hear(hub))
        await self.welcome(hub, [{"topic": "a", "epoch": "n", "seq": 2, "recovered": False}])
        self.assertEqual(["connecting", "ready", "a: some events are lost"], [await self.line(client) for _ in range(3)])

        client.send_signal(signal.SIGTERM)
        await asyncio.wait_for(hub.wait_closed(), PATIENCE_SECONDS)
        self.assertEqual(1000, hub.close_code)
        self.assertEqual("stopped", await self.line(client))
        self.assertEqual(0, await asyncio.wait_for(client.wait(), PATIENCE_SECONDS))

    async def test_a_code_that_says_so_ends_the_client(self):
        client = await self.start()
        hub = await self.next_connection()
        await self.hear(hub)
        await hub.close(4510, "auth_revoked")
        self.assertEqual(["connecting", "stopped"], [await self.line(client) for _ in range(2)])
        self.assertEqual(0, await asyncio.wait_for(client.wait(), PATIENCE_SECONDS))


if __name__ == "__main__":
    unittest.main()
