// What the shell adds to the core, with a socket and a clock that are the test's.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KingboltClient, type ClientOptions, type KingboltError, type StateChange } from '../dist/index.js';
import { FakeSocket, microtasks, NoSocket, VirtualClock } from './virtual.js';

class Bench {
    readonly clock = new VirtualClock();
    readonly sockets: FakeSocket[] = [];
    readonly sent: { [member: string]: unknown }[] = [];
    readonly states: StateChange[] = [];
    readonly client: KingboltClient;

    constructor(options: ClientOptions = {}) {
        const { sockets, sent } = this;
        class Recorded extends FakeSocket {
            constructor(url: string, protocols: string[]) {
                super(url, protocols, { sent: (message) => sent.push(message as { [member: string]: unknown }), closed: () => {} });
                sockets.push(this);
            }
        }
        this.client = new KingboltClient('ws://server.example/', { webSocket: Recorded, clock: this.clock, random: () => 0, ...options });
        this.client.on('state', (state) => this.states.push(state));
    }

    get socket(): FakeSocket {
        return this.sockets.at(-1) as FakeSocket;
    }

    says(message: object): void {
        this.socket.happens('message', { data: JSON.stringify(message) });
    }

    ready(subs: object[] = [], now = 0, pingMs = 30_000): void {
        this.client.connect();
        this.socket.happens('open', { protocol: 'kingbolt.v1.json' });
        this.says({ type: 'welcome', session: '1-1', now, ping_ms: pingMs, subs });
    }
}

test('What a handler asks for is done after what it was called for', () => {
    const bench = new Bench();
    const heard: unknown[] = [];
    const subscription = bench.client.subscribe('a');
    subscription.on('subscribed', () => {
        bench.client.subscribe('b').on('event', () => {});
        heard.push(bench.client.state);
    });
    subscription.on('event', ({ seq }) => {
        heard.push(seq);
        if (seq === 2) subscription.unsubscribe();
    });
    bench.ready([{ topic: 'a', epoch: 'k', seq: 0 }]);
    for (const seq of [1, 2, 3]) bench.says({ type: 'event', topic: 'a', event: 'e', epoch: 'k', seq, ts: 0, data: 0 });
    assert.deepEqual(heard, ['ready', 1, 2]);
    assert.deepEqual(bench.sent.map(({ type, topic }) => [type, topic]), [['hello', undefined], ['subscribe', 'b'], ['unsubscribe', 'a']]);
});

test('A client that is closed in a handler sends nothing more', async () => {
    const bench = new Bench();
    bench.client.on('state', ({ state }) => state === 'ready' && bench.client.close());
    bench.ready();
    await assert.rejects(bench.client.publish('a', 'e', 1), { code: 'closed' });
    assert.deepEqual(bench.sent.map(({ type }) => type), ['hello']);
    assert.deepEqual(bench.states.map(({ state }) => state), ['connecting', 'ready', 'stopped']);
});

test('Data that change after publish are sent as they were', async () => {
    const bench = new Bench();
    bench.client.connect();
    const data = { text: 'before' };
    const published = bench.client.publish('a', 'e', data);
    data.text = 'after';
    bench.ready();
    assert.deepEqual(bench.sent.at(-1), { type: 'publish', id: 1, topic: 'a', event: 'e', data: { text: 'before' } });
    bench.says({ type: 'reply', id: 1, epoch: 'k', seq: 1 });
    assert.deepEqual(await published, { epoch: 'k', seq: 1 });
});

test('What is published in a handler is sent as it was then', async () => {
    const bench = new Bench();
    const heard: number[] = [];
    const answers: Promise<unknown>[] = [];
    const subscription = bench.client.subscribe('a');
    subscription.on('event', ({ seq }) => {
        heard.push(seq);
        if (seq > 1) return;
        const data: { n: number; self?: object } = { n: 1 };
        answers.push(bench.client.publish('b', 'e', data));
        data.n = 2;
        answers.push(bench.client.call('m', data), bench.client.call('without'));
        data.self = data; // which JSON cannot say
    });
    bench.ready([{ topic: 'a', epoch: 'k', seq: 0 }]);
    for (const seq of [1, 2]) bench.says({ type: 'event', topic: 'a', event: 'e', epoch: 'k', seq, ts: 0, data: 0 });
    assert.deepEqual(heard, [1, 2]);
    assert.deepEqual(bench.sent.slice(1), [
        { type: 'publish', id: 1, topic: 'b', event: 'e', data: { n: 1 } },
        { type: 'call', id: 2, method: 'm', params: { n: 2 }, deadline_ms: 30_000 },
        { type: 'call', id: 3, method: 'without', deadline_ms: 30_000 },
    ]);
    bench.client.close();
    for (const answer of answers) await assert.rejects(answer, { code: 'closed' });
});

test('A linked server’s reply to a publication has no number', async () => {
    const bench = new Bench();
    bench.ready();
    const published = bench.client.publish('a', 'e', 1);
    bench.says({ type: 'reply', id: 1 });
    assert.deepEqual(await published, {});
});

test('A signal that is aborted already makes no call; one that aborts later is the cause of the error', async () => {
    const bench = new Bench();
    bench.ready();
    await assert.rejects(bench.client.call('m', 1, { signal: AbortSignal.abort() }), { code: 'cancelled', retry: false });
    const abort = new AbortController();
    const answer = bench.client.call('m', 1, { signal: abort.signal });
    abort.abort('the page was left');
    await assert.rejects(answer, { code: 'cancelled', cause: 'the page was left' });
    assert.deepEqual(bench.sent.map(({ type, id }) => [type, id]), [['hello', undefined], ['call', 1], ['cancel', 1]]);
});

test('A timer that fires late gives the server its whole 10 s to answer', async () => {
    const bench = new Bench();
    bench.ready();
    // The page slept for a minute: the clock went on and no timer fired.
    const late = bench.clock.now() + 60_000;
    bench.clock.now = () => late;
    await bench.clock.advance(30_000);
    assert.equal(bench.sent.at(-1)?.['type'], 'ping');
    assert.equal(bench.client.state, 'ready');
});

test('A message that came before a late timer shows that the server is alive', async () => {
    const bench = new Bench();
    bench.ready();
    await bench.clock.advance(30_000);
    const late = bench.clock.now() + 10_001;
    bench.clock.now = () => late;
    bench.says({ type: 'reply', id: 1, now: 40_000 });
    assert.equal(bench.client.state, 'ready');
});

test('The age of an event goes by the server’s clock', async () => {
    const bench = new Bench();
    bench.ready([], 1_764_111_600_000);
    await bench.clock.advance(250);
    assert.equal(bench.client.serverNow(), 1_764_111_600_250);
    const event = { topic: 'a', event: 'e', epoch: 'k', seq: 1, data: 0 };
    assert.equal(bench.client.ageOf({ ...event, ts: 1_764_111_600_000 }), 250);
    assert.equal(bench.client.ageOf({ ...event, ts: 1_764_111_700_000 }), 0);
});

test('The clock is as exact as the quickest answer, and without a connection nobody is asked', async () => {
    const bench = new Bench();
    bench.client.syncClock();
    assert.deepEqual(bench.sent, []);
    bench.client.connect();
    bench.socket.happens('open', { protocol: 'kingbolt.v1.json' });
    await bench.clock.advance(400); // the answer took long, and nobody knows on which way
    bench.says({ type: 'welcome', session: '1-1', now: 5_000_000, ping_ms: 30_000, subs: [] });
    assert.equal(bench.client.serverNow(), 5_000_200);
    const answersAfter = async (ms: number, now: number): Promise<void> => {
        bench.client.syncClock();
        const ping = bench.sent.at(-1);
        assert.equal(ping?.['type'], 'ping');
        await bench.clock.advance(ms);
        bench.says({ type: 'reply', id: ping['id'], now });
    };
    await answersAfter(10, 5_000_006);
    assert.equal(bench.client.serverNow(), 5_000_011);
    await answersAfter(600, 5_000_611);
    assert.equal(bench.client.serverNow(), 5_000_611);
});

test('A socket that cannot even be made is a failed attempt', () => {
    const bench = new Bench({ webSocket: NoSocket });
    bench.client.connect();
    assert.deepEqual(bench.states, [{ state: 'connecting' }, { state: 'waiting', delayMs: 500, reason: 'connect_failed', code: 1006 }]);
});

test('A token source that gives no token, or throws, is told and asked again', async () => {
    const answers: unknown[] = [undefined, 'of two words', 'good'];
    const bench = new Bench({
        token: () => {
            if (answers.length === 1) throw new Error('away');
            return answers.shift() as string;
        },
    });
    const errors: KingboltError[] = [];
    bench.client.on('error', (error) => errors.push(error));
    bench.client.connect();
    await microtasks();
    for (let i = 0; i < 2; i++) await bench.clock.advance(500);
    assert.deepEqual(errors.map(({ code }) => code), ['token_failed', 'token_failed', 'token_failed']);
    assert.match(errors[0]!.message, /pass a token, or a function that returns one/);
    assert.match(errors[1]!.message, /use tokenIn: 'hello'/);
    assert.match(errors[2]!.message, /away/);
    assert.equal(bench.sockets.length, 0);
});

test('A refresh that is due after longer than a timer can wait is not made at once', async () => {
    let asked = 0;
    const year = 365 * 86_400_000;
    const bench = new Bench({ token: () => ({ token: `t${++asked}`, expiresAtMs: year }) });
    bench.client.connect();
    await microtasks();
    bench.socket.happens('open', { protocol: 'kingbolt.v1.json' });
    bench.says({ type: 'welcome', session: '1-1', now: 0, ping_ms: 4 * year, subs: [] });
    await bench.clock.advance(0.8 * year - 1);
    assert.equal(asked, 1);
    await bench.clock.advance(1);
    assert.equal(asked, 2);
});

test('A delay of the server is obeyed up to a day', () => {
    const bench = new Bench();
    bench.ready();
    bench.says({ type: 'bye', code: 4001, reason: 'server_drain', retry: true, after_ms: 9_007_199_254_740_991 });
    bench.socket.happens('close', { code: 4001, reason: 'server_drain' });
    assert.equal(bench.states.at(-1)?.delayMs, 86_400_000);
});

test('What an abandoned connection says and how it ends concerns nobody', async () => {
    const bench = new Bench();
    bench.ready();
    const old = bench.socket;
    await bench.clock.advance(40_000);
    assert.equal(bench.client.state, 'waiting');
    await bench.clock.advance(500);
    bench.socket.happens('open', { protocol: 'kingbolt.v1.json' });
    old.happens('message', { data: JSON.stringify({ type: 'bye', code: 4500, reason: 'old', retry: false }) });
    old.happens('close', { code: 4500, reason: 'old' });
    bench.says({ type: 'welcome', session: '1-2', now: 0, ping_ms: 30_000, subs: [] });
    assert.equal(bench.client.state, 'ready');
    assert.equal(bench.client.session, '1-2');
});

test('A client that is closed leaves no timer behind, that of a call included', async () => {
    const bench = new Bench();
    bench.ready();
    const call = assert.rejects(bench.client.call('m'), { code: 'closed' });
    const answered = bench.client.call('m');
    bench.says({ type: 'reply', id: 2, data: 1 });
    await answered;
    bench.client.close();
    await call;
    assert.equal(bench.clock.pending, 0);
});

test('Another server has another clock, however slowly it says so', async () => {
    const bench = new Bench();
    bench.ready([], 1_000_000);
    bench.socket.happens('close', { code: 1006, reason: '' });
    await bench.clock.advance(500);
    bench.socket.happens('open', { protocol: 'kingbolt.v1.json' });
    await bench.clock.advance(200);
    bench.says({ type: 'welcome', session: '2-1', now: 5_000_000, ping_ms: 30_000, subs: [] });
    assert.equal(bench.client.serverNow(), 5_000_100);
});
