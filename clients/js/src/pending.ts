import type { Token } from './token.js';
import type { Request } from './waiting.js';

/** What has been sent and has no answer yet. */
export type Pending<Subscription> =
    | { readonly type: 'subscribe'; readonly subscription: Subscription }
    | { readonly type: 'unsubscribe' }
    | { readonly type: 'request'; readonly request: Request }
    | { readonly type: 'refresh'; readonly token: Token }
    | { readonly type: 'ping'; readonly askedAt: number };

/** By id: 1, 2, 3, … in the order of sending, across connections. */
export class PendingAnswers<Subscription> {
    #lastId = 0;
    readonly #pending = new Map<number, Pending<Subscription>>();

    /** Returns its id. */
    add(pending: Pending<Subscription>): number {
        this.#pending.set(++this.#lastId, pending);
        return this.#lastId;
    }

    take(id: number | undefined): Pending<Subscription> | undefined {
        if (id === undefined) return undefined;
        const pending = this.#pending.get(id);
        this.#pending.delete(id);
        return pending;
    }

    /** Returns the id of a publication or call that nobody waits for any more; undefined when it is answered already. */
    removeRequest(handle: number): number | undefined {
        for (const [id, pending] of this.#pending) {
            if (pending.type !== 'request' || pending.request.handle !== handle) continue;
            this.#pending.delete(id);
            return id;
        }
        return undefined;
    }

    /** Forgets everything. Returns the publications and calls, in the order of ids. */
    takeRequests(): Request[] {
        const requests = [...this.#pending.values()].flatMap((pending) => (pending.type === 'request' ? [pending.request] : []));
        this.#pending.clear();
        return requests;
    }

    /** Whether there has been such an id. An answer to an old one is late; one to another is a mistake. */
    knows(id: number): boolean {
        return id <= this.#lastId;
    }
}
