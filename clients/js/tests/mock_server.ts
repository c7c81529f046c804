// As much of a kingbolt server as tests with real sockets need: topics with history, calls, bye. One object outlives restarts of its listener.

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

type Message = { type: string; id?: number; topic?: string; [member: string]: unknown };

const covers = (subscription: string, topic: string) => (subscription.endsWith('*') ? topic.startsWith(subscription.slice(0, -1)) : subscription === topic);

export class MockServer {
    epoch = 'k1';
    /** What came from clients, and how connections ended. */
    readonly received: Message[] = [];
    readonly closes: number[] = [];
    readonly offered: string[] = [];
    readonly methods = new Map<string, (params: unknown) => unknown>([['echo', (params) => params]]);
    /** HTTP statuses with which the next upgrades are refused. */
    readonly refusals: number[] = [];
    readonly #history = new Map<string, string[]>();
    readonly #clients = new Map<WebSocket, Set<string>>();
    #http: Server | undefined;
    #port = 0;

    get url(): string {
        return `ws://127.0.0.1:${this.#port}/`;
    }

    /** The first time on an ephemeral port, then on the same one. */
    async start(): Promise<void> {
        const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'kingbolt.v1.json' });
        const http = createServer();
        http.on('upgrade', (request: IncomingMessage, socket, head) => {
            this.offered.push(request.headers['sec-websocket-protocol'] ?? '');
            const status = this.refusals.shift();
            if (status === undefined) sockets.handleUpgrade(request, socket, head, (client) => this.#accept(client));
            else socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
        });
        await new Promise<void>((resolve, reject) => {
            http.once('error', reject);
            http.listen(this.#port, '127.0.0.1', resolve);
        });
        this.#http = http;
        this.#port = (http.address() as AddressInfo).port;
    }

    /** Ends all connections without a Close frame, and listens no more. */
    async stop(): Promise<void> {
        const http = this.#http;
        this.#http = undefined;
        if (http === undefined) return;
        const closed = new Promise((resolve) => http.close(resolve));
        for (const client of this.#clients.keys()) client.terminate();
        await closed;
    }

    /** Says bye, and closes. */
    drain(afterMs: number): void {
        for (const client of this.#clients.keys()) {
            client.send(JSON.stringify({ type: 'bye', code: 4001, reason: 'server_drain', retry: true, after_ms: afterMs }));
            client.close(4001, `server_drain after_ms=${afterMs}`);
        }
    }

    publish(topic: string, data: unknown): number {
        const events = this.#events(topic);
        const seq = events.length + 1;
        const frame = JSON.stringify({ type: 'event', topic, event: 'e', epoch: this.epoch, seq, ts: Date.now(), data });
        events.push(frame);
        for (const [client, topics] of this.#clients) if ([...topics].some((subscription) => covers(subscription, topic))) client.send(frame);
        return seq;
    }

    #events(topic: string): string[] {
        let events = this.#history.get(topic);
        if (events === undefined) this.#history.set(topic, (events = []));
        return events;
    }

    #accept(client: WebSocket): void {
        this.#clients.set(client, new Set());
        client.on('close', (code) => {
            this.closes.push(code);
            this.#clients.delete(client);
        });
        client.on('message', (data) => {
            const message = JSON.parse(String(data)) as Message;
            this.received.push(message);
            this.#handle(client, message);
        });
    }

    #handle(client: WebSocket, message: Message): void {
        const answer = (members: object) => client.send(JSON.stringify({ type: 'reply', id: message.id, ...members }));
        switch (message.type) {
            case 'hello': {
                const subs = (message['subs'] as Message[]).map((asked) => this.#subscribe(client, asked));
                client.send(JSON.stringify({ type: 'welcome', session: '1-1', now: Date.now(), ping_ms: 30_000, subs: subs.map(({ result }) => result) }));
                for (const { missed } of subs) for (const frame of missed) client.send(frame);
                return;
            }
            case 'subscribe': {
                const { result, missed } = this.#subscribe(client, message);
                answer({ sub: result });
                for (const frame of missed) client.send(frame);
                return;
            }
            case 'unsubscribe':
                this.#clients.get(client)?.delete(message.topic as string);
                return answer({});
            case 'publish':
                return answer({ epoch: this.epoch, seq: this.publish(message.topic as string, message['data']) });
            case 'call': {
                const method = this.methods.get(message['method'] as string);
                if (method !== undefined) return answer({ data: method(message['params']) });
                client.send(JSON.stringify({ type: 'error', id: message.id, code: 'unknown_method', message: 'no such method', retry: false }));
                return;
            }
            case 'refresh':
                return answer({});
            case 'ping':
                return answer({ now: Date.now() });
            default:
                assert.equal(message.type, 'cancel');
        }
    }

    #subscribe(client: WebSocket, asked: Message): { result: object; missed: string[] } {
        const topic = asked.topic as string;
        this.#clients.get(client)?.add(topic);
        const recovered = asked['epoch'] === undefined ? {} : { recovered: asked['epoch'] === this.epoch };
        if (!topic.endsWith('*')) {
            const events = this.#events(topic);
            return { result: { topic, epoch: this.epoch, seq: events.length, ...recovered }, missed: recovered.recovered ? events.slice(asked['seq'] as number) : [] };
        }
        const matching = [...this.#history].filter(([name]) => covers(topic, name));
        const known = new Map((asked['positions'] as { topic: string; seq: number }[] | undefined)?.map(({ topic: name, seq }) => [name, seq]));
        const positions = matching.map(([name, events]) => ({ topic: name, seq: events.length }));
        const missed = recovered.recovered ? matching.flatMap(([name, events]) => events.slice(known.get(name) ?? 0)) : [];
        return { result: { topic, epoch: this.epoch, positions, ...recovered }, missed };
    }
}

/** Waits until `done`, 20 s at most. */
export async function until(what: string, done: () => boolean): Promise<void> {
    for (const end = Date.now() + 20_000; !done(); await new Promise((resolve) => setTimeout(resolve, 5))) assert.ok(Date.now() < end, `has not happened: ${what}`);
}
