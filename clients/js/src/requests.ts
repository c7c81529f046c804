import type { Result } from './actions.js';
import type { Agenda } from './agenda.js';
import { KingboltError, type ErrorDetails } from './errors.js';
import type { Body, Problem } from './messages.js';
import { errorOf, type Orders } from './orders.js';
import { Waiting, type Request } from './waiting.js';

/** How the application's publications and calls end: each once, with an answer, an error, or its deadline. */
export class Requests {
    readonly #waiting: Waiting;

    constructor(
        private readonly bounds: { readonly maxQueued: number; readonly maxQueuedBytes: number },
        private readonly agenda: Agenda,
        private readonly orders: Orders,
        /** What has been sent. */
        private readonly sent: { removeRequest(handle: number): number | undefined; takeRequests(): Request[] },
    ) {
        this.#waiting = new Waiting(bounds.maxQueued, bounds.maxQueuedBytes);
    }

    /** Lets it wait for a connection. */
    wait(request: Request): void {
        if (this.#waiting.add(request)) return;
        const { maxQueued, maxQueuedBytes } = this.bounds;
        this.fail(request.handle, 'queue_full', `more than ${maxQueued} requests or ${maxQueuedBytes} bytes wait for a connection`, { retry: true });
    }

    takeWaiting(): Request[] {
        return this.#waiting.takeAll();
    }

    watchDeadline({ handle, deadlineAt }: Request): void {
        if (deadlineAt === undefined) return;
        this.agenda.set(deadlineOf(handle), deadlineAt, () => {
            if (this.abandon(handle) !== undefined) this.fail(handle, 'deadline_exceeded', 'the call has come to its deadline', { retry: true });
        });
    }

    /** Forgets it. Returns its id if it has been sent; undefined when it has ended already. */
    abandon(handle: number): number | 'waiting' | undefined {
        return this.#waiting.remove(handle) ? 'waiting' : this.sent.removeRequest(handle);
    }

    /** Throws Malformed when it is no answer. */
    answered({ handle, type }: Request, body: Body): void {
        const ok = type === 'publish' ? readPublished(body) : readAnswer(body);
        this.#settle(handle, { ok });
    }

    refused(handle: number, problem: Problem): void {
        this.#settle(handle, { error: errorOf(problem) });
    }

    fail(handle: number, code: string, message: string, details: ErrorDetails): void {
        this.#settle(handle, { error: new KingboltError(code, message, details) });
    }

    failSent(code: 'connection_lost' | 'closed'): void {
        for (const { handle } of this.sent.takeRequests()) {
            if (code === 'closed') this.fail(handle, code, 'the client was closed before the answer', { retry: false });
            else this.fail(handle, code, 'the connection was lost before the answer: it may have been done or not', { retry: true });
        }
    }

    failWaiting(): void {
        for (const { handle } of this.#waiting.takeAll()) this.fail(handle, 'closed', 'the client has stopped', { retry: false });
    }

    #settle(handle: number, result: Result): void {
        this.agenda.drop(deadlineOf(handle));
        this.orders.push({ do: 'settle', handle, result });
    }
}

function deadlineOf(handle: number): string {
    return `deadline ${handle}`;
}

/** Where several hubs are linked the number is given elsewhere. */
function readPublished(body: Body): { epoch?: string; seq?: number } {
    return body.has('epoch') || body.has('seq') ? { epoch: body.text('epoch'), seq: body.whole('seq') } : {};
}

function readAnswer(body: Body): { data: unknown; stale: boolean; ageMs: number } {
    return {
        data: body.any('data'),
        stale: body.optional('stale', body.flag) ?? false,
        ageMs: body.optional('age_ms', body.whole) ?? 0,
    };
}
