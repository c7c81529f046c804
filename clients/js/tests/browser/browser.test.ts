// The build as it is, as a module of a page in Chromium, with the browser's WebSocket. Skipped where there is no browser.

import assert from 'node:assert/strict';
import { accessSync, constants, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';

import { MockServer, until } from '../mock_server.js';

const dist = new URL('../../dist/', import.meta.url);

function findBrowser(): string | undefined {
    const { KINGBOLT_BROWSER, PATH = '' } = process.env;
    if (KINGBOLT_BROWSER !== undefined) return KINGBOLT_BROWSER;
    const names = ['chromium', 'chromium-browser', 'google-chrome'];
    return names.flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name))).find((file) => {
        try {
            accessSync(file, constants.X_OK);
            return true;
        } catch {
            return false;
        }
    });
}

const page = (url: string) => `<!doctype html>
<script type="module">
import { KingboltClient } from './index.js';
const client = new KingboltClient(${JSON.stringify(url)}, { baseMs: 20, capMs: 50, token: () => 'secret' });
const seen = { heard: [], recovered: [], states: [], client };
client.on('state', ({ state }) => seen.states.push(state));
const subscription = client.subscribe('agents.*');
subscription.on('event', ({ topic, seq, data }) => seen.heard.push([topic, seq, data]));
subscription.on('subscribed', ({ recovered }) => seen.recovered.push(recovered ?? null));
client.connect();
window.seen = seen;
</script>`;

async function servePage(html: string): Promise<{ url: string; close(): Promise<unknown> }> {
    const http = createServer((request, response) => {
        const name = (request.url ?? '/').slice(1);
        try {
            const body = name === '' ? html : readFileSync(new URL(name, dist));
            response.writeHead(200, { 'Content-Type': name === '' ? 'text/html' : 'text/javascript' }).end(body);
        } catch {
            response.writeHead(404).end();
        }
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const close = () => {
        http.closeAllConnections();
        return new Promise((resolve) => http.close(resolve));
    };
    return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`, close };
}

const executablePath = findBrowser();

test('In Chromium the client hears events, and after a restart of the server what it missed', { skip: executablePath === undefined && 'there is no Chromium' }, async () => {
    const server = new MockServer();
    await server.start();
    const pages = await servePage(page(server.url));
    const browser = await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
    try {
        const tab = await browser.newPage();
        const troubles: string[] = [];
        tab.on('pageerror', (error) => troubles.push(String(error)));
        await tab.goto(pages.url);
        await until('hello', () => server.received.some(({ type }) => type === 'hello'));
        assert.deepEqual(server.offered, ['kingbolt.v1.json, bearer.secret']);

        const heard = async (count: number): Promise<unknown> => {
            await tab.waitForFunction(`seen.heard.length >= ${count}`, undefined, { timeout: 20_000 });
            return tab.evaluate('seen.heard');
        };
        server.publish('agents.7', 'é');
        assert.deepEqual(await heard(1), [['agents.7', 1, 'é']]);

        await server.stop();
        await tab.waitForFunction("seen.client.state !== 'ready'", undefined, { timeout: 20_000 });
        server.publish('agents.7', 2);
        server.publish('agents.8', 1);
        await server.start();
        assert.deepEqual(await heard(3), [['agents.7', 1, 'é'], ['agents.7', 2, 2], ['agents.8', 1, 1]]);
        assert.deepEqual(await tab.evaluate('seen.recovered'), [null, true]);
        assert.deepEqual(await tab.evaluate("seen.client.call('echo', 5)"), { data: 5, stale: false, ageMs: 0 });

        await tab.evaluate('seen.client.close()');
        await until('the end', () => server.closes.includes(1000));
        assert.deepEqual(troubles, []);
    } finally {
        await browser.close();
        await pages.close();
        await server.stop();
    }
});
