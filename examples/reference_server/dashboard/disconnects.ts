import type { KingboltClient, TopicEvent } from 'kingbolt-client';

import { arrange, byId, element, setText } from './dom.js';
import * as format from './format.js';

interface Disconnect {
    readonly session: string;
    readonly remote: string;
    readonly code: number;
    readonly cause: string;
    readonly ended_by: string;
    readonly lived_ms: number;
    readonly verdict: string;
    readonly confidence: string;
    readonly summary: string;
    readonly evidence: readonly string[];
    readonly cure: string;
}

const shown = 20;
/** Nothing is wrong, and nobody need look. */
const harmless = new Set(['client_closed', 'server_drained', 'credentials_expired', 'closed_by_application']);

interface Entry {
    readonly key: string;
    readonly ts: number;
    readonly age: HTMLElement;
    readonly item: HTMLElement;
}

/** Who has gone lately, why, and how that is known; the newest first. */
export class Disconnects {
    readonly #list = byId('disconnects-list');
    readonly #none = byId('disconnects-none');
    #entries: Entry[] = [];

    constructor(private readonly client: KingboltClient) {}

    on(event: TopicEvent): void {
        if (event.event === 'client_disconnected') this.#add(event.ts, event.data as Disconnect);
    }

    /** Who went before this page came, or while it was away. */
    async begin(): Promise<void> {
        const { data } = await this.client.call<{ ts: number; data: Disconnect }[]>('system.disconnects');
        for (const { ts, data: disconnect } of data.slice(-shown)) this.#add(ts, disconnect);
    }

    /** Every quarter of a second. */
    showAges(now: number): void {
        for (const { age, ts } of this.#entries) setText(age, `${format.span(now - ts)} ago`);
    }

    #add(ts: number, disconnect: Disconnect): void {
        const key = `${disconnect.session} ${disconnect.remote}`;
        if (this.#entries.some((entry) => entry.key === key)) return;
        const age = element('time', { datetime: new Date(ts).toISOString() });
        this.#entries = [...this.#entries, { key, ts, age, item: itemOf(disconnect, age) }].sort((a, b) => b.ts - a.ts).slice(0, shown);
        arrange(this.#list, this.#entries.map(({ item }) => item));
        this.#none.hidden = true;
    }
}

function itemOf({ remote, code, cause, ended_by, lived_ms, verdict, confidence, summary, evidence, cure }: Disconnect, age: HTMLElement): HTMLElement {
    const facts = [`ended by the ${ended_by}, ${format.words(cause)}, code ${code}, after ${format.span(lived_ms)}`, ...evidence];
    return element(
        'li',
        {},
        element(
            'details',
            {},
            element(
                'summary',
                {},
                element('b', { class: harmless.has(verdict) ? 'harmless' : 'notable' }, format.words(verdict)),
                element('span', { class: 'id' }, remote),
                age,
                element('span', { class: 'why' }, summary),
            ),
            element('ul', { class: 'evidence' }, ...facts.map((fact) => element('li', {}, fact))),
            element('p', { class: 'cure' }, element('b', {}, `${confidence}: `), cure),
        ),
    );
}
