// Time and a network that do what a test says.

import type { Clock, Socket } from '../dist/index.js';

/** A WebSocket that cannot be opened. */
export class NoSocket implements Socket {
    readonly protocol = '';
    onopen = null;
    onmessage = null;
    onerror = null;
    onclose = null;

    constructor() {
        throw new Error('a test opens no socket');
    }

    send(): void {}

    close(): void {}
}

export class VirtualClock implements Clock {
    #now = 0;
    #last = 0;
    readonly #timers = new Map<number, { at: number; run: () => void }>();

    now(): number {
        return this.#now;
    }

    setTimeout(run: () => void, ms: number): number {
        this.#timers.set(++this.#last, { at: this.#now + ms, run });
        return this.#last;
    }

    clearTimeout(timer: number): void {
        this.#timers.delete(timer);
    }

    get pending(): number {
        return this.#timers.size;
    }

    /** Timers run at their own time, and what follows from each before the next. */
    async advance(ms: number): Promise<void> {
        const end = this.#now + ms;
        for (;;) {
            const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
            if (due === undefined) break;
            this.#timers.delete(due[0]);
            this.#now = Math.max(this.#now, due[1].at);
            due[1].run();
            await microtasks();
        }
        this.#now = end;
    }
}

/** Until no promise that is settled has anything left to do. */
export function microtasks(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
}

interface Handlers {
    open: { protocol: string };
    message: { data: unknown };
    close: { code: number; reason: string };
}

/** A WebSocket whose server is the test. Each new one is told to `opened`. */
export class FakeSocket implements Socket {
    protocol = '';
    onopen: ((event: never) => void) | null = null;
    onmessage: ((event: never) => void) | null = null;
    onerror: ((event: never) => void) | null = null;
    onclose: ((event: never) => void) | null = null;
    readonly sent: unknown[] = [];
    closed: { code: number | undefined } | undefined;

    constructor(
        readonly url: string,
        readonly protocols: readonly string[],
        private readonly observer: { sent(message: unknown): void; closed(code: number | undefined): void },
    ) {}

    send(data: string): void {
        this.observer.sent(JSON.parse(data));
    }

    close(code?: number): void {
        this.observer.closed(code);
    }

    happens<Kind extends keyof Handlers>(kind: Kind, event: Handlers[Kind]): void {
        if (kind === 'open') this.protocol = (event as Handlers['open']).protocol;
        const handler = { open: this.onopen, message: this.onmessage, close: this.onclose }[kind] as ((event: Handlers[Kind]) => void) | null;
        handler?.(event);
    }
}
