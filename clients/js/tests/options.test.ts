import assert from 'node:assert/strict';
import { test } from 'node:test';

import { InvalidOption, KingboltClient, type ClientOptions } from '../dist/index.js';
import { NoSocket } from './virtual.js';

const make = (options: object, url = 'wss://example.org/hub') => new KingboltClient(url, { webSocket: NoSocket, ...options } as ClientOptions);

const refused: [object, string][] = [
    [{ baseMs: 0 }, 'baseMs = 0 is out of range (a whole number from 1 to 3600000): use 500'],
    [{ baseMs: '500' }, 'baseMs = "500" is out of range (a whole number from 1 to 3600000): use 500'],
    [{ capMs: 499 }, 'capMs = 499 is out of range (a whole number from 500 to 86400000): use 30000, or baseMs if that is longer'],
    [{ stableMs: -1 }, 'stableMs = -1 is out of range (a whole number from 0 to 86400000): use 60000'],
    [{ connectTimeoutMs: 0.5 }, 'connectTimeoutMs = 0.5 is out of range (a whole number from 1 to 300000): use 10000'],
    [{ callDeadlineMs: 300_001 }, 'callDeadlineMs = 300001 is out of range (a whole number from 1 to 300000): use 30000'],
    [{ maxQueued: NaN }, 'maxQueued = null is out of range (a whole number from 0 to 1000000): use 1000'],
    [{ maxQueuedBytes: 2 ** 31 }, 'maxQueuedBytes = 2147483648 is out of range (a whole number from 0 to 1073741824): use 1048576'],
    [{ tokenIn: 'url' }, "tokenIn = \"url\" is out of range ('subprotocol' or 'hello'): leave it out, or use 'hello'"],
    [{ token: '' }, 'token = string is out of range (a text that is not empty): pass a token, or a function that returns one'],
    [
        { token: 'of two words' },
        "token = a text with other characters is out of range (characters that a subprotocol may have, as those of a JWT): use tokenIn: 'hello'",
    ],
    [{ random: 0.5 }, 'random = 0.5 is out of range (a function): leave it out'],
    [
        { baseMS: 1 },
        'baseMS = 1 is out of range (one of token, tokenIn, webSocket, baseMs, capMs, stableMs, connectTimeoutMs, callDeadlineMs, maxQueued, maxQueuedBytes, clock, random): correct the name',
    ],
];

for (const [options, message] of refused) {
    test(`Option refused: ${message}`, () => {
        assert.throws(() => make(options), { name: 'InvalidOption', message });
    });
}

test('A token of any characters may travel in hello', () => {
    make({ token: 'of two words', tokenIn: 'hello' });
});

test('A URL that is none, or not of a WebSocket, is refused', () => {
    for (const url of ['hub', 'https://example.org/', 'ws://example.org/#hub'])
        assert.throws(() => make({}, url), (error: unknown) => error instanceof InvalidOption && error.option === 'url' && error.cure !== '');
});

test('A platform without WebSocket is told what to pass', () => {
    const global = globalThis as { WebSocket?: unknown };
    const kept = global.WebSocket;
    delete global.WebSocket;
    try {
        assert.throws(() => new KingboltClient('ws://example.org/'), /webSocket = undefined is out of range \(a constructor\): .*npm install ws/);
    } finally {
        if (kept !== undefined) global.WebSocket = kept;
    }
});

test('Topics, data, params and deadlines that can never be sent are refused', async () => {
    const client = make({});
    for (const topic of ['', '*', 'agents.*', 'a\nb', 'a'.repeat(256), 'é'.repeat(128)])
        await assert.rejects(client.publish(topic, 'e', 1), (error: unknown) => error instanceof InvalidOption && error.option === 'topic');
    for (const topic of ['', '.*', '*.a', 'a*', 'a\x7f']) assert.throws(() => client.subscribe(topic), { name: 'InvalidOption' });
    for (const data of [undefined, () => 1, 1n])
        await assert.rejects(client.publish('a', 'e', data), (error: unknown) => error instanceof InvalidOption && error.option === 'data');
    await assert.rejects(client.publish('a', 1 as never, 1), { name: 'InvalidOption' });
    await assert.rejects(client.call(''), { name: 'InvalidOption' });
    await assert.rejects(client.call('m', null, { deadlineMs: 0 }), /deadlineMs = 0 is out of range \(a whole number from 1 to 300000\): use 30000/);
});

test('A topic has one subscription at a time', () => {
    const client = make({});
    const first = client.subscribe('a');
    assert.throws(() => client.subscribe('a'), /topic = "a" is out of range \(one subscription for each topic or pattern\): use the one that there is, or unsubscribe it/);
    first.unsubscribe();
    first.unsubscribe();
    client.subscribe('a');
});
