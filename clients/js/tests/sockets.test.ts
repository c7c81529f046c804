// Real sockets: npm's ws on both sides.

import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import WebSocket from 'ws';

import { KingboltClient, type ClientOptions, type KingboltError, type SocketConstructor, type StateChange } from '../dist/index.js';
import { MockServer, until } from './mock_server.js';

// A browser's WebSocket is one for the types, too.
const ofBrowsers: SocketConstructor | undefined = globalThis.WebSocket;
void ofBrowsers;

async function withServer(options: ClientOptions, body: (server: MockServer, client: KingboltClient, states: StateChange[]) => Promise<void>): Promise<void> {
    const server = new MockServer();
    await server.start();
    const client = new KingboltClient(server.url, { webSocket: WebSocket, baseMs: 20, capMs: 50, ...options });
    const states: StateChange[] = [];
    client.on('state', (state) => states.push(state));
    try {
        await body(server, client, states);
    } finally {
        client.close();
        await server.stop();
    }
}

test('A client subscribes, hears events, publishes and calls over a socket, and says 1000 at the end', () =>
    withServer({}, async (server, client) => {
        const heard: unknown[] = [];
        client.subscribe('agents.*').on('event', ({ topic, data }) => heard.push([topic, data]));
        client.connect();
        assert.deepEqual(await client.publish('agents.7', 'e', { cpu: 1 }), { epoch: 'k1', seq: 1 });
        assert.deepEqual(await client.call('echo', [1, 'é']), { data: [1, 'é'], stale: false, ageMs: 0 });
        await assert.rejects(client.call('nobody_knows'), { name: 'KingboltError', code: 'unknown_method', retry: false });
        await until('the event', () => heard.length === 1);
        assert.deepEqual(heard, [['agents.7', { cpu: 1 }]]);
        assert.ok(Math.abs(client.serverNow() - Date.now()) < 1_000);
        client.close();
        await until('the end', () => server.closes.length === 1);
        assert.deepEqual(server.closes, [1000]);
    }));

test('After a restart of the server the client hears what it missed, once and in order', () =>
    withServer({}, async (server, client, states) => {
        const heard: unknown[] = [];
        const recovered: unknown[] = [];
        for (const topic of ['jobs.*', 'jobs.a']) {
            const subscription = client.subscribe(topic);
            subscription.on('event', (event) => heard.push([topic, event.topic, event.seq]));
            subscription.on('subscribed', (result) => recovered.push(result.recovered));
        }
        client.connect();
        await until('ready', () => client.state === 'ready');
        server.publish('jobs.a', 1);
        await until('the first', () => heard.length === 2);
        await server.stop();
        await until('the loss', () => client.state === 'waiting');
        const waiting = client.publish('jobs.c', 'e', 'from the client');
        server.publish('jobs.a', 2);
        server.publish('jobs.b', 1);
        await until('a failed attempt', () => states.some(({ reason }) => reason === 'connect_failed'));
        await server.start();
        assert.deepEqual(await waiting, { epoch: 'k1', seq: 1 });
        await until('the rest', () => heard.length === 6);
        assert.deepEqual(recovered, [undefined, undefined, true, true]);
        const of = (topic: string) => heard.filter(([subscription]: any) => subscription === topic).map(([, name, seq]: any) => `${name} ${seq}`);
        assert.deepEqual(of('jobs.a'), ['jobs.a 1', 'jobs.a 2']);
        assert.deepEqual(of('jobs.*'), ['jobs.a 1', 'jobs.a 2', 'jobs.b 1', 'jobs.c 1']);
    }));

test('A call under way fails when the connection is lost, and another one waits for the next', () =>
    withServer({}, async (server, client) => {
        client.connect();
        await until('ready', () => client.state === 'ready');
        server.methods.set('never', () => {
            void server.stop();
        });
        await assert.rejects(client.call('never'), { code: 'connection_lost', retry: true });
        const next = client.call('echo', 2);
        await server.start();
        assert.equal((await next).data, 2);
    }));

test('The delay of a server that drains is obeyed', () =>
    withServer({ baseMs: 3_600_000, capMs: 3_600_000 }, async (server, client, states) => {
        const byes: unknown[] = [];
        client.on('bye', (bye) => byes.push(bye));
        client.connect();
        await until('ready', () => client.state === 'ready');
        server.drain(30);
        await until('waiting', () => states.length === 3);
        assert.deepEqual(byes, [{ code: 4001, reason: 'server_drain', retry: true, afterMs: 30 }]);
        assert.deepEqual(states[2], { state: 'waiting', delayMs: 30, code: 4001, reason: 'server_drain' });
        await until('ready again', () => states.at(-1)?.state === 'ready');
    }));

test('Refused upgrades cost pauses, and each attempt has a fresh token', () => {
    let asked = 0;
    return withServer({ token: async () => `t${++asked}` }, async (server, client) => {
        server.refusals.push(401, 503);
        client.connect();
        await until('ready', () => client.state === 'ready');
        assert.deepEqual(server.offered, ['kingbolt.v1.json,bearer.t1', 'kingbolt.v1.json,bearer.t2', 'kingbolt.v1.json,bearer.t3']);
    });
});

test('A token in hello is refreshed before it ends', () => {
    let asked = 0;
    return withServer({ tokenIn: 'hello', token: () => ({ token: `t ${++asked}`, expiresAtMs: Date.now() + 1_500 }) }, async (server, client) => {
        client.connect();
        await until('refresh', () => server.received.some(({ type }) => type === 'refresh'));
        const [hello, refresh] = server.received;
        assert.deepEqual(hello, { type: 'hello', token: 't 1', subs: [] });
        assert.deepEqual(refresh, { type: 'refresh', id: 1, token: 't 2' });
    });
});

test('A connection that hangs in the handshake is given up, and closing the client meanwhile is quiet', () =>
    withServer({ connectTimeoutMs: 50 }, async (server, client, states) => {
        await server.stop();
        const accepted: Socket[] = [];
        const mute = createServer((socket) => accepted.push(socket.on('error', () => {})));
        await new Promise<void>((resolve) => mute.listen(Number(new URL(server.url).port), '127.0.0.1', resolve));
        try {
            const errors: KingboltError[] = [];
            client.on('error', (error) => errors.push(error));
            client.connect();
            await until('given up twice', () => states.filter(({ reason }) => reason === 'connect_timeout').length === 2);
            await until('another attempt', () => client.state === 'connecting');
            client.close();
            assert.deepEqual(errors, []);
        } finally {
            for (const socket of accepted) socket.destroy();
            await new Promise((resolve) => mute.close(resolve));
        }
    }));
