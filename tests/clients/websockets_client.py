"""python3-websockets as a client that does what it is told: each line of stdin is sent as a text message, the end of stdin closes. A
subprotocol that is named must be selected.

Whatever happens is one JSON object a line on stdout. ws_client.cjs does the same with another library.

    websockets_client.py ws://127.0.0.1:9002 [SUBPROTOCOL]
"""

import asyncio
import json
import logging
import sys

import websockets


def tell(**fact):
    print(json.dumps(fact), flush=True)


class TellPings(logging.Handler):
    """The library answers pings by itself and mentions them in its debug log only: `< PING 01 02 [binary, 20 bytes]`."""

    def emit(self, record):
        if record.getMessage().startswith("< PING"):
            tell(kind="ping")


async def send_lines(connection):
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        await connection.send(line.decode().rstrip("\n"))
    await connection.close(1000, "done")


async def main(url, *subprotocols):
    logger = logging.getLogger("websockets.client")
    logger.addHandler(TellPings())
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    # Its own pings off: this client is here to see the server's.
    async with websockets.connect(url, subprotocols=subprotocols or None, ping_interval=None, open_timeout=10, max_queue=None) as connection:
        if subprotocols and connection.subprotocol is None:
            raise websockets.InvalidHandshake("Server sent no subprotocol")
        tell(kind="open")
        sender = asyncio.create_task(send_lines(connection))
        try:
            while True:
                message = await connection.recv()
                tell(kind="text", text=message) if isinstance(message, str) else tell(kind="binary", size=len(message))
        except websockets.ConnectionClosed as closed:
            frame = closed.rcvd
            tell(kind="close", code=frame.code if frame else 1006, reason=frame.reason if frame else "")
        finally:
            sender.cancel()


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:]))
    except (OSError, asyncio.TimeoutError, websockets.InvalidHandshake) as error:
        tell(kind="error", message=str(error))
        tell(kind="close", code=1006, reason="")
