import type { KingboltClient, TopicEvent } from 'kingbolt-client';

import { arrange, byId, element, setClass, setText, svg } from './dom.js';
import * as format from './format.js';

/** As the method `system.breakers` has it. */
interface Stats {
    readonly name: string;
    readonly state: string;
    readonly consecutive_failures: number;
    readonly failures: number;
    readonly rejected: number;
    readonly retry_after_ms?: number;
}

/** As the events have it. */
interface Change {
    readonly breaker: string;
    readonly state: string;
    readonly reason: string;
    readonly generation: number;
    readonly retry_after_ms?: number;
}

interface Transition {
    readonly ts: number;
    readonly state: string;
    readonly reason: string;
    readonly generation: number;
    /** Of one to open: when the first probe is due. */
    readonly probeAt: number | undefined;
}

const windowMs = 5 * 60_000;
const width = 600;
const height = 16;
const listed = 4;

class Breaker {
    readonly #state = element('span', { class: 'pill' });
    readonly #told = element('p', { class: 'told' });
    readonly #counts = element('p', { class: 'counts' });
    readonly #waited = element('div', { class: 'waited', 'aria-hidden': 'true' });
    readonly #track = svg('svg', { class: 'track', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true', focusable: 'false' });
    readonly #list = element('ol', { class: 'transitions' });
    readonly card: HTMLElement;
    #transitions: Transition[] = [];
    #current = 'closed';
    #probeAt: number | undefined;
    #openedAt = 0;

    constructor(readonly name: string) {
        this.card = element(
            'article',
            { class: 'breaker', 'data-breaker': name },
            element('h3', {}, element('code', {}, name), this.#state),
            element('div', { class: 'line-of-words' }, this.#told, this.#counts),
            this.#waited,
            this.#track,
            element('p', { class: 'scale', 'aria-hidden': 'true' }, element('span', {}, '5 min ago'), element('span', {}, 'now')),
            this.#list,
        );
    }

    begin(transitions: Transition[]): void {
        this.#transitions = transitions;
        const last = transitions.at(-1);
        if (last?.state === this.#current) {
            this.#openedAt = last.ts;
            this.#probeAt = last.probeAt;
        }
        this.#listTransitions();
    }

    update(stats: Stats, now: number): void {
        const inARow = stats.consecutive_failures > 0 ? ` (${format.count(stats.consecutive_failures)} in a row)` : '';
        setText(this.#counts, `${format.count(stats.failures)} failures${inARow}, ${format.count(stats.rejected)} calls not made`);
        this.#enter(stats.state, now, stats.retry_after_ms === undefined ? undefined : now + stats.retry_after_ms);
    }

    change(transition: Transition): void {
        if (this.#transitions.some(({ generation }) => generation === transition.generation)) return;
        this.#transitions.push(transition);
        this.#enter(transition.state, transition.ts, transition.probeAt);
        this.#listTransitions();
    }

    get isOpen(): boolean {
        return this.#current === 'open' || this.#current === 'forced_open';
    }

    /** `since`: when the server began. */
    draw(now: number, since: number): void {
        setClass(this.card, `breaker ${this.#current}`);
        setText(this.#state, format.words(this.#current));
        const whole = this.#probeAt === undefined ? undefined : Math.max(1, this.#probeAt - this.#openedAt);
        // The server's clock is known to some milliseconds only: never more than there was.
        const left = whole === undefined ? undefined : Math.min(whole, (this.#probeAt ?? now) - now);
        setText(this.#told, this.#tell(left));
        const share = left === undefined || whole === undefined || !this.isOpen ? 0 : Math.max(0, left / whole);
        this.#waited.style.setProperty('--share', share.toFixed(3));
        this.#drawTrack(now, since);
    }

    #tell(left: number | undefined): string {
        if (this.#current === 'closed') return 'Calls go through.';
        if (this.#current === 'half_open') return 'A probe decides.';
        if (left === undefined) return 'Calls are not made.';
        return left > 0 ? `Calls are not made. Next probe in ${format.span(left + 999)}.` : 'Calls are not made. The next one is a probe.';
    }

    #enter(state: string, at: number, probeAt: number | undefined): void {
        if (state === this.#current && state === 'open' && this.#probeAt !== undefined) return; // known, and more exactly
        this.#current = state;
        this.#probeAt = probeAt;
        this.#openedAt = at;
    }

    #listTransitions(): void {
        const latest = this.#transitions.slice(-listed).reverse();
        const lines = latest.map(({ ts, state, reason }) =>
            element('li', {}, element('time', { datetime: new Date(ts).toISOString() }, format.clockTime(ts)), element('b', { class: state }, format.words(state)), element('span', {}, format.words(reason))),
        );
        if (lines.length === 0) lines.push(element('li', { class: 'none' }, 'It has not changed yet.'));
        this.#list.replaceChildren(...lines);
    }

    #drawTrack(now: number, since: number): void {
        const stretches: { from: number; state: string }[] = [{ from: since, state: 'closed' }, ...this.#transitions.map(({ ts, state }) => ({ from: ts, state }))];
        const x = (at: number) => Math.max(0, width - ((now - at) / windowMs) * width);
        const rects = stretches.flatMap(({ from, state }, i) => {
            const until = stretches[i + 1]?.from ?? now;
            if (until < now - windowMs) return [];
            // A state that was over at once is seen nevertheless.
            const wide = Math.max(3, x(until) - x(from));
            return [svg('rect', { class: state, x: x(from).toFixed(1), y: '0', width: wide.toFixed(1), height: String(height) })];
        });
        this.#track.replaceChildren(...rects);
    }
}

/** A card for each circuit breaker. */
export class Breakers {
    readonly #breakers = new Map<string, Breaker>();
    readonly #cards = byId('breakers-cards');
    #since: number | undefined;

    constructor(private readonly client: KingboltClient) {}

    get open(): number {
        return [...this.#breakers.values()].filter(({ isOpen }) => isOpen).length;
    }

    on(event: TopicEvent): void {
        if (event.event !== 'circuit_breaker') return;
        const change = event.data as Change;
        this.#breaker(change.breaker).change(transitionOf(event.ts, change));
    }

    /** What has become of them so far. */
    async begin(): Promise<void> {
        const { data } = await this.client.call<{ ts: number; data: Change }[]>('system.breaker_changes');
        await this.refresh();
        for (const [name, breaker] of this.#breakers)
            breaker.begin(data.filter((change) => change.data.breaker === name).map((change) => transitionOf(change.ts, change.data)));
    }

    async refresh(): Promise<void> {
        const { data } = await this.client.call<Stats[]>('system.breakers');
        for (const stats of data) this.#breaker(stats.name).update(stats, this.client.serverNow());
    }

    serverBegan(at: number): void {
        this.#since = at;
    }

    /** Every quarter of a second. */
    draw(now: number): void {
        for (const breaker of this.#breakers.values()) breaker.draw(now, this.#since ?? now);
    }

    #breaker(name: string): Breaker {
        const known = this.#breakers.get(name);
        if (known !== undefined) return known;
        const breaker = new Breaker(name);
        breaker.draw(this.client.serverNow(), this.#since ?? this.client.serverNow()); // an empty card would grow
        this.#breakers.set(name, breaker);
        arrange(this.#cards, [...this.#breakers.values()].sort((a, b) => a.name.localeCompare(b.name, 'en')).map(({ card }) => card));
        return breaker;
    }
}

function transitionOf(ts: number, { state, reason, generation, retry_after_ms }: Change): Transition {
    return { ts, state: state === 'opened' ? 'open' : state, reason, generation, probeAt: retry_after_ms === undefined ? undefined : ts + retry_after_ms };
}
