"""What `scripts/demo --check` does once everything is built: real clients against the real server on this machine's real processes.

    demo_check.py SERVER NODE_MODULES
"""

import re
import sys
import time

from harness import Client, Engine, Failure, Server

PING_ROUNDS = 3
REFRESH_SECONDS = 0.5


def check(condition, claim, seen=""):
    if not condition:
        raise Failure(f"not true: {claim}; seen: {seen}")
    print(f"  ok  {claim}", flush=True)


def check_hello(client):
    welcome = client.ask(type="hello")
    timely = abs(welcome["now"] / 1000 - time.time()) < 60
    check(welcome["ping_ms"] == 1000 and timely, f"{client.name}: is welcome as session {welcome['session']}", welcome)


def check_events(client):
    reply = client.ask(type="subscribe", id=1, topic="agents.*")
    sub = reply["sub"]
    check(sub["conflated"], f"{client.name}: may subscribe to agents.*, which has {len(sub['positions'])} topics", reply)
    # Those that there are come at once; what follows is new.
    events = [client.wait_event("event of an agent") for _ in range(len(sub["positions"]) + 100)]
    status = next(e for e in events if e["event"] == "status")
    agent = status["data"]
    timely = abs(status["ts"] / 1000 - time.time()) < 60
    check(
        status["topic"] == f"agents.{agent['id']}" and agent["memory_bytes"] >= 0 and timely,
        f"{client.name}: gets the status of agents, for instance {agent['name']}, {agent['state']}",
        status,
    )
    last = {}
    for event in events:
        key, expected = (event["topic"], event["epoch"]), last.get((event["topic"], event["epoch"]), event["seq"] - 1) + 1
        if event["seq"] != expected:
            raise Failure(f"{client.name}: {event['topic']} has sequence {event['seq']} where {expected} was due")
        last[key] = event["seq"]
    repeated = len(events) - len(last)
    check(repeated > 0, f"{client.name}: sequences increase by one, {repeated} times in {len(last)} topics")


def check_recovery(client):
    # The oldest will not end just now.
    statuses = [e for e in client.events_for(2 * REFRESH_SECONDS) if e["event"] == "status"]
    topic = max(statuses, key=lambda e: e["data"]["uptime_seconds"])["topic"]
    sub = client.ask(type="subscribe", id=2, topic=topic)["sub"]
    position = {"epoch": sub["epoch"], "seq": max(sub["seq"] - 1, 0)}
    reply = client.ask(type="subscribe", id=3, topic=topic, **position)
    check(reply["sub"].get("recovered"), f"{client.name}: gets what it has missed of {topic}", reply)
    client.ask(type="unsubscribe", topic=topic)


def check_calls(client):
    reply = client.ask(type="call", id=4, method="agents.list")
    check(reply["type"] == "reply" and len(reply["data"]) > 0, f"{client.name}: calls agents.list, and has {len(reply['data'])} agents", reply["type"])
    error = client.ask(type="call", id=5, method="agents.status", params={"id": "nobody"})
    check(error.get("code") == "no_such_agent", f"{client.name}: is told that there is no such agent", error)


def check_unsubscribe(client):
    reply = client.ask(type="unsubscribe", topic="agents.*")
    check(reply["type"] == "reply", f"{client.name}: may unsubscribe", reply)
    late = client.events_for(3 * REFRESH_SECONDS)
    check(not late, f"{client.name}: hears nothing any more", late)


def check_keep_alive(client):
    client.wait_for(f"ping number {PING_ROUNDS}", lambda _: client.pings >= PING_ROUNDS)
    reply = client.ask(type="subscribe", topic="system.clients")
    check(reply["type"] == "reply", f"{client.name}: is still there after {client.pings} pings", reply)


def check_http(server, sessions):
    status, _, body = server.http("/healthz")
    check((status, body) == (200, {"status": "ok"}), "GET /healthz says 200 ok", (status, body))
    status, _, stats = server.http("/stats")
    check(status == 200 and stats["hub"]["open_sessions"] == sessions, f"GET /stats counts {sessions} clients", stats)
    check(stats["engine"]["connected"] and stats["engine"]["agents"] > 0, f"GET /stats knows {stats['engine']['agents']} agents", stats)
    check(stats["hub"]["pongs_missed"] == 0, f"none of {stats['hub']['pings_sent']} pings went unanswered", stats)


def main(server_binary, node_modules):
    with Engine() as engine, Server(
        server_binary, "--engine", f"127.0.0.1:{engine.port}", "--ping-interval", "1s", "--poll-interval", "100ms",
        "--refresh-interval", f"{int(REFRESH_SECONDS * 1000)}ms",
    ) as server, Client("ws", server.url, node_modules) as ws, Client("websockets", server.url) as websockets:  # fmt: skip
        clients = [ws, websockets]
        for client in clients:
            client.wait_open()
            check(True, f"{client.name}: is connected to {server.url}")
        for step in (check_hello, check_events, check_recovery, check_calls, check_unsubscribe, check_keep_alive):
            for client in clients:
                step(client)
        check_http(server, len(clients))
        code = server.stop()
        for client in clients:
            bye = client.wait_message("bye", lambda m: m["type"] == "bye")
            check(bye["retry"] and bye["after_ms"] >= 0, f"{client.name}: bye, and come back in {bye['after_ms']} ms", bye)
            close = client.wait_close()
            said = close["code"] == 4001 and re.fullmatch(r"server_drain after_ms=\d+", close["reason"])
            check(said, f"{client.name}: after SIGTERM it is told {close['code']} {close['reason']!r}", close)
        check(code == 0, "the server exits with 0", f"{code}\n{server.log}")
        engine.signal(15)
        check(engine.wait() == 0, "the engine exits with 0")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Failure as failure:
        sys.exit(f"demo --check: {failure}")
