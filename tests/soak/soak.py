"""Real clients hold their connections for KINGBOLT_SOAK_SECONDS (300), pinged every KINGBOLT_SOAK_PING_SECONDS (30).

Two are idle: nothing but pings keeps their connections busy. Two hear about every agent. None may be disconnected, each must see
its pings, and none of them may be missed.

    soak.py SERVER NODE_MODULES
"""

import os
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "clients"))

from harness import Client, Engine, Failure, Server  # noqa: E402

SECONDS = float(os.environ.get("KINGBOLT_SOAK_SECONDS", "300"))
PING_SECONDS = float(os.environ.get("KINGBOLT_SOAK_PING_SECONDS", "30"))


def main(server_binary, node_modules):
    pings_due = int(SECONDS / PING_SECONDS)
    with Engine() as engine, Server(
        server_binary, "--engine", f"127.0.0.1:{engine.port}", "--ping-interval", f"{PING_SECONDS}s"
    ) as server, Client("ws", server.url, node_modules) as idle_ws, Client("websockets", server.url) as idle_websockets, Client(
        "ws", server.url, node_modules
    ) as busy_ws, Client("websockets", server.url) as busy_websockets:  # fmt: skip
        idle, busy = (idle_ws, idle_websockets), (busy_ws, busy_websockets)
        for client in idle + busy:
            client.wait_open()
        for client in busy:
            client.ask(type="subscribe", topic="agents.*")
        start = time.monotonic()
        for client in idle + busy:  # the first takes all the time, the others then have theirs waiting
            events = len(client.events_for(max(SECONDS - (time.monotonic() - start), 0.1)))
            print(f"{client.name}: {client.pings} pings, {events} events in {SECONDS:.0f} s", flush=True)
            if (client in busy) != (events > 0):
                raise Failure(f"{client.name}: {events} events")
            # The first ping comes within one interval, so the last one may not have been due yet, or one more may have been.
            if not max(pings_due - 1, 1) <= client.pings <= pings_due + 1:
                raise Failure(f"{client.name}: {client.pings} pings where about {pings_due} were due")
        stats = server.http("/stats")[2]["hub"]
        if (stats["open_sessions"], stats["pongs_missed"]) != (len(idle + busy), 0):
            raise Failure(f"not all clients are there, or pongs were missed: {stats}")
        if server.stop() != 0:
            raise Failure(f"the server failed:\n{server.log}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Failure as failure:
        sys.exit(f"soak: {failure}")
