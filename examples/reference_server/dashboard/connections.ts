import type { KingboltClient } from 'kingbolt-client';

import { byId, element, setText } from './dom.js';
import * as format from './format.js';

interface Connection {
    readonly session: string;
    readonly subject?: string;
    readonly remote: string;
    readonly path: string;
    readonly age_ms: number;
    readonly rtt_ms?: number;
    readonly stalled_ms?: number;
    readonly missed_pongs: number;
    readonly queued_messages: number;
    readonly queued_bytes: number;
    readonly messages_out: number;
    readonly messages_dropped: number;
}

const shown = 50;

/** The table of connections, those first that need a look. */
export class Connections {
    readonly #body = byId('connections-body');
    readonly #count = byId('connections-count');
    readonly #more = byId('connections-more');

    constructor(private readonly client: KingboltClient) {}

    async refresh(): Promise<void> {
        const { data } = await this.client.call<{ total: number; connections: Connection[] }>('system.connections');
        const order = [...data.connections].sort((a, b) => urgency(b) - urgency(a) || b.age_ms - a.age_ms);
        this.#body.replaceChildren(...order.slice(0, shown).map((connection) => this.#row(connection)));
        setText(this.#count, format.count(data.total));
        setText(this.#more, data.total > shown ? `and ${format.count(data.total - shown)} more` : '');
    }

    #row(connection: Connection): HTMLElement {
        const { session, subject, remote, rtt_ms, queued_messages, queued_bytes } = connection;
        const more = element('span', { class: 'id' }, subject === undefined ? session : remote);
        for (const [kind, text] of flags(connection, session === this.client.session)) more.append(element('span', { class: `badge ${kind}` }, text));
        const who = element('th', { scope: 'row' }, element('span', { class: 'name' }, subject ?? remote), more);
        const queue = element('td', { class: 'number' }, queued_messages === 0 ? '0' : `${format.count(queued_messages)} · ${format.bytes(queued_bytes)}`);
        if (queued_messages > 0) queue.classList.add('waits');
        return element(
            'tr',
            {},
            who,
            element('td', { class: 'number' }, rtt_ms === undefined ? '–' : format.latency(rtt_ms)),
            queue,
            element('td', { class: 'number optional' }, format.count(connection.messages_out)),
            element('td', { class: 'number' }, format.span(connection.age_ms)),
        );
    }
}

function urgency({ stalled_ms = 0, missed_pongs, queued_bytes }: Connection): number {
    return stalled_ms + missed_pongs * 10_000 + queued_bytes / 1000;
}

function flags({ stalled_ms, missed_pongs, messages_dropped }: Connection, own: boolean): [string, string][] {
    const all: [string, string][] = [];
    if (own) all.push(['own', 'this page']);
    if (stalled_ms !== undefined) all.push(['warn', `takes nothing for ${format.span(stalled_ms)}`]);
    if (missed_pongs > 0) all.push(['warn', `${missed_pongs} pings unanswered`]);
    if (messages_dropped > 0) all.push(['warn', `${format.count(messages_dropped)} dropped`]);
    return all;
}
