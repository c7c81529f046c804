// Against a real server: KINGBOLT_URL, with KINGBOLT_TOKEN where it wants one. KINGBOLT_TOPIC is a topic or pattern with events every few
// seconds, agents.* unless said otherwise.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import WebSocket from 'ws';

import { KingboltClient, type KingboltError, type TopicEvent } from '../dist/index.js';
import { until } from './mock_server.js';

const { KINGBOLT_URL: url, KINGBOLT_TOKEN: token, KINGBOLT_TOPIC: topic = 'agents.*' } = process.env;

test('A real server says welcome, sends events without a gap, and knows no method of no name', { skip: url === undefined && 'KINGBOLT_URL is not set' }, async () => {
    const client = new KingboltClient(url as string, { webSocket: WebSocket, ...(token === undefined ? {} : { token }) });
    const events: TopicEvent[] = [];
    const troubles: unknown[] = [];
    let subscribed = false;
    const subscription = client.subscribe(topic);
    subscription.on('subscribed', () => (subscribed = true));
    subscription.on('event', (event) => events.push(event));
    subscription.on('gap', (gap) => troubles.push(gap));
    subscription.on('error', (error) => troubles.push(error));
    client.on('error', (error) => troubles.push(error));
    client.on('closed', ({ reason }) => reason === 'closed_by_application' || troubles.push(reason));
    try {
        client.connect();
        await until('ready', () => client.state === 'ready');
        await until(`a subscription to ${topic}`, () => subscribed);
        await until('events', () => events.length >= 3);
        assert.notEqual(client.session, undefined);
        assert.ok(events.every((event) => client.ageOf(event) < 600_000), 'events are not of today');
        await assert.rejects(client.call('no.such.method'), (error: KingboltError) => error.code === 'unknown_method');
        assert.deepEqual(troubles, []);
    } finally {
        client.close();
    }
});
