// npm's `ws`, as its own broadcast example uses it.
//
//     peer_ws PORT fanout|echo [--compression]

'use strict';

const { WebSocketServer } = require('ws');

const [port, mode, compression] = process.argv.slice(2);
const subscribers = new Set();
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(port), backlog: 1024, perMessageDeflate: compression === '--compression', clientTracking: false });

server.on('connection', (client, request) => {
    if (request.url !== '/publish') {
        subscribers.add(client);
        client.on('close', () => subscribers.delete(client));
    }
    client.on('message', (data, binary) => {
        if (mode === 'echo') client.send(data, { binary });
        else for (const subscriber of subscribers) subscriber.send(data, { binary });
    });
});
server.on('listening', () => console.log(`port ${server.address().port}`));
