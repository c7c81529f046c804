import type { KingboltClient, TopicEvent } from 'kingbolt-client';

import { byId, element, setText } from './dom.js';
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

/** Who has gone lately, why, and how that is known; the newest first. */
export class Disconnects {
    readonly #list = byId('disconnects-list');
    readonly #none = byId('disconnects-none');
    readonly #ages = new Map<Element, number>();

    constructor(private readonly client: KingboltClient) {}

    on(event: TopicEvent): void {
        if (event.event === 'client_disconnected') this.#add(event.ts, event.data as Disconnect);
    }

    async begin(): Promise<void> {
        const { data } = await this.client.call<{ ts: number; data: Disconnect }[]>('system.disconnects');
        this.#list.replaceChildren();
        this.#ages.clear();
        for (const { ts, data: disconnect } of data.slice(-shown)) this.#add(ts, disconnect);
    }

    /** Every quarter of a second. */
    showAges(now: number): void {
        for (const [age, at] of this.#ages) setText(age, `${format.span(now - at)} ago`);
    }

    #add(ts: number, { remote, code, cause, ended_by, lived_ms, verdict, confidence, summary, evidence, cure }: Disconnect): void {
        const age = element('time', { datetime: new Date(ts).toISOString() });
        const facts = [`ended by the ${ended_by}, ${format.words(cause)}, code ${code}, after ${format.span(lived_ms)}`, ...evidence];
        const entry = element(
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
        this.#ages.set(age, ts);
        this.#list.prepend(entry);
        while (this.#list.children.length > shown) {
            const last = this.#list.lastElementChild as Element;
            this.#ages.delete(last.querySelector('time') as Element);
            last.remove();
        }
        this.#none.hidden = true;
    }
}
