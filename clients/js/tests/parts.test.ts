// Parts whose every case the shared table does not need to have.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { Agenda } from '../dist/agenda.js';
import { delayInReason, mayComeBack } from '../dist/close_code.js';
import { Emitter } from '../dist/emitter.js';
import { readMessage } from '../dist/messages.js';
import { ServerClock } from '../dist/server_clock.js';
import { endOf, fitsSubprotocol, refreshDelay } from '../dist/token.js';
import { covers } from '../dist/topic.js';

test('The client comes back and stays away as docs/close-codes.md says', () => {
    const page = readFileSync(new URL('../../../docs/close-codes.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| (\d{4}) \| `\w+` \|.*\| ([^|]+) \|$/gm)];
    assert.ok(rows.length >= 20);
    for (const [, code, what] of rows) assert.equal(mayComeBack(Number(code)), !what!.startsWith('stays away'), `${code}: ${what}`);
});

test('Codes without a row stay away below 4000, come back to 4499, stay away from 4500', () => {
    for (const code of [1004, 1010, 1014, 1015, 2999, 3000, 3999, 4500, 4999, 5000]) assert.equal(mayComeBack(code), false, String(code));
    for (const code of [4000, 4100, 4499]) assert.equal(mayComeBack(code), true, String(code));
});

test('The delay is read from the end of a reason, and is at most a day', () => {
    assert.equal(delayInReason('server_drain after_ms=350'), 350);
    assert.equal(delayInReason('after_ms=0'), 0);
    assert.equal(delayInReason('after_ms=99999999999999999999'), 86_400_000);
    for (const reason of ['', 'server_drain', 'after_ms=', 'after_ms=-1', 'after_ms=1.5', 'xafter_ms=1', 'after_ms=1 s']) assert.equal(delayInReason(reason), undefined, reason);
});

test('A pattern covers one or more levels', () => {
    assert.ok(covers('*', 'a') && covers('*', 'a.b') && covers('a.*', 'a.b') && covers('a.*', 'a.b.c') && covers('a', 'a') && covers('a.*', 'a.'));
    assert.ok(!covers('a.*', 'a') && !covers('a.*', 'ab.c') && !covers('a', 'a.b') && !covers('a.b', 'a'));
});

test('The agenda gives what is due in the order of times, then of setting', () => {
    const agenda = new Agenda();
    const ran: string[] = [];
    for (const [name, at] of [['c', 3], ['a', 1], ['d', 3], ['b', 2], ['e', 9], ['x', 1]] as const) agenda.set(name, at, () => ran.push(name));
    agenda.drop('x');
    agenda.set('c', 3, () => ran.push('c again'));
    assert.equal(agenda.next(), 1);
    for (let run; (run = agenda.takeDue(3)) !== undefined; ) run();
    assert.deepEqual(ran, ['a', 'b', 'd', 'c again']);
    assert.equal(agenda.next(), 9);
});

test('The server clock trusts the shortest round trip of a connection', () => {
    const clock = new ServerClock();
    assert.equal(clock.at(0), undefined);
    clock.learn(1_000_100, 0, 200);
    assert.equal(clock.at(200), 1_000_200);
    clock.learn(1_000_300, 200, 600);
    assert.equal(clock.at(600), 1_000_600);
    clock.learn(1_001_005, 1_000, 1_010);
    assert.equal(clock.at(1_010), 1_001_010);
    clock.restart();
    clock.learn(5_000_000, 2_000, 3_000);
    assert.equal(clock.at(3_000), 5_000_500);
});

test('A token is refreshed after 80 % of what remains, at least 5 s before its end, and not in its last second', () => {
    const delays: [number, number | undefined][] = [
        [100_000, 80_000],
        [25_000, 20_000],
        [20_000, 15_000],
        [10_000, 5_000],
        [9_000, 4_500],
        [1_000, 500],
        [999, undefined],
        [-5, undefined],
    ];
    for (const [remaining, delay] of delays) assert.equal(refreshDelay(remaining), delay, String(remaining));
});

const jwt = (claims: string) => `e30.${Buffer.from(claims).toString('base64url')}.c2ln`;

test('The end of a token is what its source says, else the exp of a JWT, else unknown', () => {
    assert.equal(endOf({ token: jwt('{"exp":1000}'), expiresAtMs: 5 }), 5);
    assert.equal(endOf({ token: jwt('{"sub":"Ådåm ??>>","exp":1000.5}') }), 1_000_500);
    for (const token of ['opaque', 'a.b', 'a.b.c', jwt('{}'), jwt('{"exp":"1000"}'), jwt('null'), jwt('{"exp":1e999}'), 'e30.!!.x']) assert.equal(endOf({ token }), undefined, token);
});

test('A token of a JWT fits into a subprotocol, one with spaces or commas does not', () => {
    assert.ok(fitsSubprotocol(jwt('{}')));
    for (const token of ['', 'a b', 'a,b', 'a=', 'a/b', 'é']) assert.ok(!fitsSubprotocol(token), token);
});

test('A member of the wrong type is named, and the id of the answer is known where it is good', () => {
    const why = (message: object) => readMessage(JSON.stringify(message));
    assert.deepEqual(why({ type: 'error', id: 3, code: 1, message: '', retry: false }), { type: 'malformed', id: 3, why: 'error.code is no string' });
    assert.deepEqual(why({ type: 'error', id: -3 }), { type: 'malformed', id: undefined, why: 'error.id is no whole number from 0' });
    assert.deepEqual(why({ type: 'error', code: 'x', message: '', retry: false, after_ms: null }), { type: 'malformed', id: undefined, why: 'error.after_ms is no whole number from 0' });
    assert.deepEqual(why({ type: 'presence', topic: 'a', joined: [{}] }), { type: 'malformed', id: undefined, why: 'a member has no session' });
    assert.deepEqual(why({ type: 'presence', topic: 'a', left: [1] }), { type: 'malformed', id: undefined, why: 'presence.left has an entry that is no string' });
    assert.deepEqual(why({ type: 'welcome', session: '1', now: 1, ping_ms: 0, subs: [] }), { type: 'malformed', id: undefined, why: 'welcome.ping_ms is no whole number from 1' });
    assert.deepEqual(readMessage('null'), { type: 'malformed', id: undefined, why: 'a message is no object' });
});

test('Members that JSON names as JavaScript does its own are members like others', () => {
    assert.equal(readMessage('{"type":"hasOwnProperty"}').type, 'unknown');
    assert.equal(readMessage('{"__proto__":{"type":"bye"}}').type, 'malformed');
});

test('Messages without end and of all kinds of rubbish are malformed or unknown, never an exception', () => {
    const whole = '{"type":"event","topic":"a","event":"e","epoch":"k","seq":1,"ts":1,"data":{"x":[1,null]}}';
    for (let length = 0; length < whole.length; length++) assert.equal(readMessage(whole.slice(0, length)).type, 'malformed');
    for (const type of ['welcome', 'event', 'presence', 'error', 'bye'])
        for (const value of [null, 1, -1, 1.5, '', 'x', [], {}, true]) {
            const members = ['topic', 'event', 'epoch', 'seq', 'ts', 'state', 'joined', 'code', 'reason', 'retry', 'message', 'session', 'now', 'ping_ms', 'subs', 'id'];
            const message = readMessage(JSON.stringify({ type, ...Object.fromEntries(members.map((member) => [member, value])) }));
            assert.equal(message.type, 'malformed', `${type} ${JSON.stringify(value)}`);
        }
});

test('A handler that throws does not keep the others from hearing', async () => {
    const emitter = new Emitter<{ a: number }>();
    const heard: number[] = [];
    const uncaught: unknown[] = [];
    process.setUncaughtExceptionCaptureCallback((error) => uncaught.push(error));
    emitter.on('a', () => {
        throw new Error('the application’s');
    });
    const off = emitter.on('a', (value) => heard.push(value));
    emitter.emit('a', 1);
    off();
    emitter.emit('a', 2);
    await new Promise((resolve) => setImmediate(resolve));
    process.setUncaughtExceptionCaptureCallback(null);
    assert.deepEqual(heard, [1]);
    assert.deepEqual(uncaught.map((error) => (error as Error).message), ['the application’s', 'the application’s']);
});
