import type { StateChange } from 'kingbolt-client';

import { byId, setText } from './dom.js';
import * as format from './format.js';

/** Longer than that nothing is late: the server says something every second. */
const lateMs = 3_000;

/** Whether what is seen is true now: the word in the header, and the banner when the server is away. */
export class Status {
    readonly #pill = byId('live');
    readonly #banner = byId('banner');
    readonly #told = byId('banner-told');
    readonly #age = byId('banner-age');
    readonly #announcement = byId('announcement');
    #change: StateChange = { state: 'stopped' };
    #changedAt = 0;
    #heardAt: number | undefined;

    constructor(private readonly now: () => number) {}

    heard(): void {
        this.#heardAt = this.now();
    }

    get isReady(): boolean {
        return this.#change.state === 'ready';
    }

    change(change: StateChange): void {
        this.#change = change;
        this.#changedAt = this.now();
        if (change.state === 'ready') this.heard();
        document.body.dataset.state = change.state;
        // An attempt is part of being away: its beginning and its end need not be told.
        const away = this.#heardAt !== undefined && change.state !== 'ready';
        this.#banner.hidden = !away;
        document.body.classList.toggle('away', away);
        if (away) this.#tell(change.state === 'stopped' ? 'The connection has ended.' : 'The server does not answer. Trying again.');
        else if (this.#told.textContent !== '') this.#tell('', 'The server is back.');
    }

    /** The client stays away, and why. */
    ended(reason: string): void {
        this.#tell(`The connection has ended: ${reason}. Reload the page to try again.`);
    }

    /** Every quarter of a second. */
    draw(openBreakers: number): void {
        const now = this.now();
        const age = this.#heardAt === undefined ? undefined : now - this.#heardAt;
        const { state, delayMs } = this.#change;
        const isLate = age !== undefined && age > lateMs;
        if (state === 'ready') setText(this.#pill, isLate ? `silent for ${format.span(age)}` : 'live');
        else setText(this.#pill, age !== undefined ? 'away' : state === 'stopped' ? 'not connected' : 'connecting');
        this.#pill.dataset.kind = state !== 'ready' ? 'away' : isLate ? 'late' : 'live';
        const next = delayMs === undefined ? undefined : this.#changedAt + delayMs - now;
        const attempt = state === 'connecting' || (next !== undefined && next <= 0) ? ' Connecting.' : next === undefined ? '' : ` Next attempt in ${format.span(next + 999)}.`;
        if (!this.#banner.hidden && age !== undefined) setText(this.#age, `What you see is ${format.span(age)} old.${attempt}`);
        const mark = state !== 'ready' ? 'away · ' : openBreakers > 0 ? `${openBreakers} open · ` : '';
        if (document.title !== `${mark}kingbolt`) document.title = `${mark}kingbolt`;
    }

    #tell(text: string, aloud = text): void {
        setText(this.#told, text);
        setText(this.#announcement, aloud);
    }
}
