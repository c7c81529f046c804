// The dashboard: what the reference server says over its own protocol, as a page. Everything is put together here; each part has a file of its own.

import { KingboltClient, type TopicEvent } from 'kingbolt-client';

import { Agents } from './agents.js';
import { Breakers } from './breakers.js';
import { Connections } from './connections.js';
import { Disconnects } from './disconnects.js';
import { byId, setText } from './dom.js';
import { Status } from './status.js';
import { Tiles, type Figures } from './tiles.js';
import { isRefused, keepToken, takeToken } from './token.js';

const frameMs = 250;
const framesPerSample = 4;
const framesPerRefresh = 8;

const token = takeToken();
// Somebody who pastes another token into the address bar means it.
addEventListener('hashchange', () => location.reload());

const address = new URL('.', location.href);
address.protocol = address.protocol.replace('http', 'ws');
// A dashboard is of use when it is back soon, and there are few of them.
const client = new KingboltClient(address, { ...(token === undefined ? {} : { token }), capMs: 5_000, stableMs: 10_000 });

const status = new Status(() => performance.now());
const tiles = new Tiles();
const breakers = new Breakers(client);
const agents = new Agents(client);
const connections = new Connections(client);
const disconnects = new Disconnects(client);

/** Hears a topic. What was published before the subscription says nothing about how long events take. */
function listen(topic: string, on: (event: TopicEvent) => void, onSubscribed: (recovered: boolean | undefined) => void = () => {}): void {
    let since = Infinity;
    const subscription = client.subscribe(topic);
    subscription.on('subscribed', ({ recovered }) => {
        since = client.serverNow();
        onSubscribed(recovered);
    });
    subscription.on('event', (event) => {
        status.heard();
        tiles.onEvent(performance.now(), event.ts < since ? undefined : client.ageOf(event));
        on(event);
    });
}

/** A call that comes to nothing, because the connection is lost or the token does not allow it, leaves things as they are. */
function attempt(call: Promise<void>): void {
    call.catch(() => {});
}

listen('system.server', ({ ts, data }) => {
    const figures = data as Figures;
    tiles.onFigures(figures);
    breakers.serverBegan(ts - figures.uptime_ms);
});
listen('system.breakers.*', (event) => breakers.on(event), () => attempt(breakers.begin()));
listen('system.clients', (event) => disconnects.on(event), (recovered) => recovered === true || attempt(disconnects.begin()));
listen('agents.*', (event) => agents.on(event), (recovered) => recovered === false && attempt(agents.renew()));

let before = client.state;
client.on('state', (change) => {
    status.change(change);
    if (change.state === 'ready') attempt(connections.refresh());
    if (change.state === 'waiting' && before === 'connecting') void askIfRefused();
    before = change.state;
});
client.on('closed', ({ code, reason }) => {
    status.ended(reason === '' ? `code ${code}` : reason);
    void askIfRefused();
});

const form = byId('entry');
form.addEventListener('submit', (event) => {
    event.preventDefault();
    keepToken((byId('entry-token') as HTMLInputElement).value.trim());
    location.reload();
});

/** Shows the form if it is the token that keeps this page out. Returns whether it is. */
async function askIfRefused(): Promise<boolean> {
    if (!form.hidden || !(await isRefused(token))) return !form.hidden;
    form.hidden = false;
    byId('dashboard').hidden = true;
    setText(byId('entry-why'), token === undefined ? '' : 'The server does not accept this token.');
    keepToken('');
    client.close();
    byId('banner').hidden = true;
    byId('entry-token').focus();
    return true;
}

let frame = 0;
setInterval(() => {
    const now = client.serverNow();
    agents.showAges(now);
    disconnects.showAges(now);
    breakers.draw(now);
    status.draw(breakers.open);
    if (++frame % framesPerSample === 0) {
        agents.sample(status.isReady);
        tiles.sample(performance.now());
    }
    if (frame % framesPerRefresh === 0 && status.isReady && document.visibilityState === 'visible') {
        attempt(connections.refresh());
        attempt(breakers.refresh());
        client.syncClock(); // the first answer came while the page was being made, and slowly
    }
}, frameMs);

if (token !== undefined) client.connect();
else void askIfRefused().then((refused) => refused || client.connect());
