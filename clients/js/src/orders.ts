import type { Action, ClientEvents, SubscriptionEvents } from './actions.js';
import { KingboltError, type ErrorDetails } from './errors.js';
import type { Problem } from './messages.js';

/** The actions that wait for the shell, in order. */
export class Orders {
    #actions: Action[] = [];

    take(): Action[] {
        const actions = this.#actions;
        this.#actions = [];
        return actions;
    }

    push(action: Action): void {
        this.#actions.push(action);
    }

    tell<Kind extends keyof ClientEvents>(kind: Kind, detail: ClientEvents[Kind]): void {
        this.push({ do: 'tell', kind, detail } as Action);
    }

    tellSubscriber<Kind extends keyof SubscriptionEvents>(handle: number, kind: Kind, detail: SubscriptionEvents[Kind]): void {
        this.push({ do: 'tell_subscriber', handle, kind, detail } as Action);
    }

    /** Tells of something that no request of the application is to blame for. */
    report(code: string, message: string, details: ErrorDetails): void {
        this.tell('error', new KingboltError(code, message, details));
    }

    reportProblem(problem: Problem): void {
        this.tell('error', errorOf(problem));
    }
}

export function errorOf({ code, message, retry, afterMs }: Problem): KingboltError {
    return new KingboltError(code, message, { retry, afterMs });
}

/** An answer that is none. */
export function badAnswer(why: string): Problem {
    return { code: 'bad_server_message', message: why, retry: false, afterMs: undefined };
}
