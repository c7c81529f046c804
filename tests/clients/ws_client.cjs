// npm's `ws` as a client that does what it is told: each line of stdin is sent as a text message, the end of stdin closes. A
// subprotocol that is named must be selected.
// Whatever happens is one JSON object a line on stdout. websockets_client.py does the same with another library.
//
//     NODE_PATH=<folder with node_modules> node ws_client.cjs ws://127.0.0.1:9002 [SUBPROTOCOL]

"use strict";
const readline = require("node:readline");
const WebSocket = require("ws");

const tell = (fact) => process.stdout.write(JSON.stringify(fact) + "\n");

const socket = new WebSocket(process.argv[2], process.argv.slice(3), { handshakeTimeout: 10_000 });
socket.on("open", () => {
    tell({ kind: "open" });
    readline
        .createInterface({ input: process.stdin })
        .on("line", (line) => socket.send(line))
        .on("close", () => socket.close(1000, "done"));
});
socket.on("ping", () => tell({ kind: "ping" }));
socket.on("message", (data, isBinary) => tell(isBinary ? { kind: "binary", size: data.length } : { kind: "text", text: data.toString() }));
socket.on("error", (error) => tell({ kind: "error", message: error.message }));
socket.on("close", (code, reason) => {
    tell({ kind: "close", code, reason: reason.toString() });
    process.exit(0);
});
