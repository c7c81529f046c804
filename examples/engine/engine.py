#!/usr/bin/env python3
"""An RPC engine for the reference server: JSON-RPC 2.0 (jsonrpc.org/specification), one message a line, over TCP.

Proves: the reference server is fed by a separate process with real, changing data (this machine's processes).
Does not prove: security. There is neither TLS nor a password, so listen on a loopback address.

Methods
    engine.info                    name, version, number of agents, uptime
    agents.list                    the busiest `--max-agents` agents: {"agents": [...], "total": N}
    agents.status {"id": "..."}    one agent, listed or not; error -32001 when there is none of that id

Trouble on demand, to see what a caller makes of it: after so many requests every further one fails (`--fail-after`), is never answered
(`--hang-after`), or is answered with a line that is not JSON (`--garbage-after`); `--slow` delays each answer by so many milliseconds.

Errors besides the standard ones: -32001 no such agent. A line over `--max-line` is answered with -32600 and skipped.
"""

import argparse
import asyncio
import dataclasses
import json
import math
import signal
import sys
import time

from processes import Sampler

VERSION = "1.0.0"

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
NO_SUCH_AGENT = -32001

MAX_BATCH = 100


class RpcError(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Methods:
    """What a client can call. A method takes keyword parameters and returns something that JSON can hold."""

    def __init__(self, sampler, max_agents):
        self._sampler = sampler
        self._max_agents = max_agents
        self._started = time.monotonic()
        self.table = {"engine.info": self.info, "agents.list": self.list, "agents.status": self.status}

    def info(self):
        return {
            "name": "engine.py",
            "version": VERSION,
            "agents": len(self._sampler.agents()),
            "uptime_seconds": round(time.monotonic() - self._started, 1),
        }

    def list(self):
        agents = self._sampler.top(self._max_agents)
        return {"agents": [dataclasses.asdict(a) for a in agents], "total": len(self._sampler.agents())}

    def status(self, id):
        if not isinstance(id, str):
            raise RpcError(INVALID_PARAMS, "id must be a string")
        agent = self._sampler.agents().get(id)
        if agent is None:
            raise RpcError(NO_SUCH_AGENT, f"no such agent: {id}")
        return dataclasses.asdict(agent)


# What each method takes; a positional list is read in this order.
PARAMETERS = {"engine.info": (), "agents.list": (), "agents.status": ("id",)}


def named_parameters(method, params):
    """`params` as keywords. Raises RpcError when they are not exactly those of `method`."""
    expected = PARAMETERS[method]
    if isinstance(params, list):
        params = dict(zip(expected, params)) if len(params) == len(expected) else None
    if params is None or set(params) != set(expected):
        wanted = ", ".join(expected) or "no parameters"
        raise RpcError(INVALID_PARAMS, f"{method} takes {wanted}")
    return params


def is_valid_id(value):
    if isinstance(value, bool):
        return False
    return value is None or isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value))


def failure(request_id, code, message):
    return {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message}}


def answer_one(table, request):
    """The response to one request object, or None when it is a notification."""
    if not isinstance(request, dict):
        return failure(None, INVALID_REQUEST, "a request is an object")
    request_id = request.get("id")
    if not is_valid_id(request_id):
        return failure(None, INVALID_REQUEST, "id must be a string, a number or null")
    method, params = request.get("method"), request.get("params", {})
    if request.get("jsonrpc") != "2.0" or not isinstance(method, str) or not isinstance(params, (dict, list)):
        return failure(request_id, INVALID_REQUEST, 'a request has "jsonrpc": "2.0", a method name, and params in an object or a list')
    try:
        if method not in table:
            raise RpcError(METHOD_NOT_FOUND, f"no such method: {method}")
        response = {"jsonrpc": "2.0", "id": request_id, "result": table[method](**named_parameters(method, params))}
    except RpcError as error:
        response = failure(request_id, error.code, str(error))
    except Exception as error:  # whatever a method trips over must not end the connection
        response = failure(request_id, INTERNAL_ERROR, f"{type(error).__name__}: {error}")
    return response if "id" in request else None


def reject_constant(name):
    raise ValueError(f"{name} is not JSON")


def answer(table, line):
    """The response to one line as an object or a list, or None when nothing is to be sent."""
    try:
        request = json.loads(line.decode("utf-8"), parse_constant=reject_constant)
    except (ValueError, RecursionError) as error:
        return failure(None, PARSE_ERROR, f"not JSON: {error}")
    if not isinstance(request, list):
        return answer_one(table, request)
    if not 1 <= len(request) <= MAX_BATCH:
        return failure(None, INVALID_REQUEST, f"a batch holds 1 to {MAX_BATCH} requests")
    return [r for r in (answer_one(table, one) for one in request) if r is not None] or None


async def read_line(reader):
    """One line without its end; None at the end of the stream. Raises RpcError after having skipped a line over the limit."""
    too_long = False
    while True:
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as overrun:
            await reader.readexactly(overrun.consumed)
            too_long = True
            continue
        except asyncio.IncompleteReadError:
            return None
        if too_long:
            raise RpcError(INVALID_REQUEST, "the line is over the limit")
        return line.rstrip(b"\r\n")


class Trouble:
    """What the engine was asked to do wrong, and since which request. Shared by all connections."""

    GARBAGE = b"\x00 this is not JSON {"

    def __init__(self, options):
        self._fail, self._hang, self._garbage = options.fail_after, options.hang_after, options.garbage_after
        self._delay = options.slow / 1000
        self._requests = 0

    async def apply(self, response):
        """The line to send, or None for none."""
        self._requests += 1
        await asyncio.sleep(self._delay)

        def begun(after):
            return after is not None and self._requests > after

        if begun(self._hang):
            return None
        if begun(self._garbage):
            return self.GARBAGE
        if begun(self._fail) and isinstance(response, dict):
            response = failure(response["id"], INTERNAL_ERROR, "failing, as was asked for")
        return json.dumps(response, separators=(",", ":")).encode()


async def serve_connection(table, trouble, reader, writer):
    try:
        while True:
            try:
                line = await read_line(reader)
                if line is None:
                    return
                response = answer(table, line) if line.strip() else None
            except RpcError as error:
                response = failure(None, error.code, str(error))
            encoded = await trouble.apply(response) if response is not None else None
            if encoded is not None:
                writer.write(encoded + b"\n")
                await writer.drain()
    except (ConnectionError, TimeoutError):
        pass  # the client is gone
    finally:
        writer.close()


async def run(options):
    methods = Methods(Sampler(min_interval=options.sample_interval), options.max_agents)
    trouble = Trouble(options)
    connections = set()

    async def connected(reader, writer):
        task = asyncio.current_task()
        connections.add(task)
        try:
            await serve_connection(methods.table, trouble, reader, writer)
        except asyncio.CancelledError:
            pass  # cancelled below, at the engine's own end
        finally:
            connections.discard(task)

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    host, port = options.listen
    server = await asyncio.start_server(connected, host, port, limit=options.max_line)
    name = server.sockets[0].getsockname()
    print(f"listening on {f'[{name[0]}]' if ':' in name[0] else name[0]}:{name[1]}", flush=True)
    await stop.wait()
    server.close()
    for task in list(connections):
        task.cancel()
    await asyncio.gather(*connections, return_exceptions=True)


def address(text):
    host, separator, port = text.rpartition(":")
    if not separator or not host or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not ADDRESS:PORT (port 0 to 65535)")
    try:
        host.encode("idna")  # as asyncio does, which says less of a name that is none
    except UnicodeError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not ADDRESS:PORT: {error}") from None
    return host.strip("[]"), int(port)


def positive(kind):
    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            value = 0
        if not 0 < value < 1e9:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
        return value

    return parse


def count(text):
    if not text.isdigit() or len(text) > 9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 999999999")
    return int(text)


def main():
    parser = argparse.ArgumentParser(description="Reports this machine's processes over JSON-RPC 2.0, one message a line.")
    parser.add_argument("--listen", type=address, default=("127.0.0.1", 9010), metavar="ADDRESS:PORT", help="port 0 takes a free one")
    parser.add_argument("--max-agents", type=positive(int), default=50, help="agents.list gives that many, busiest first (default 50)")
    parser.add_argument("--max-line", type=positive(int), default=65536, help="longest request in bytes (default 65536)")
    parser.add_argument("--sample-interval", type=positive(float), default=0.5, help="seconds between two looks at /proc (default 0.5)")
    parser.add_argument("--fail-after", type=count, metavar="N", help="answer every request after the N-th with an error")
    parser.add_argument("--hang-after", type=count, metavar="N", help="answer none after the N-th")
    parser.add_argument("--garbage-after", type=count, metavar="N", help="answer all after the N-th with what is not JSON")
    parser.add_argument("--slow", type=count, default=0, metavar="MS", help="answer so many milliseconds late")
    options = parser.parse_args()
    try:
        asyncio.run(run(options))
    except OSError as error:
        print(f"engine.py: cannot listen on {options.listen[0]}:{options.listen[1]}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
