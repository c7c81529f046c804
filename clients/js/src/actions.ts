// What the core tells its shell to do, in this order.

import type { KingboltError } from './errors.js';
import type { Bye, Presence, TopicEvent } from './messages.js';
import type { Gap } from './positions.js';

export type State = 'stopped' | 'waiting' | 'connecting' | 'ready';

/** What the client is doing. `waiting` says for how long and why; `code` is that of the Close frame, 1006 if there was none. */
export interface StateChange {
    readonly state: State;
    readonly delayMs?: number;
    readonly code?: number;
    readonly reason?: string;
}

/** The client stays away. */
export interface Closed {
    readonly code: number;
    readonly reason: string;
}

/** The server took the subscription. `recovered`: whether what was missed follows; undefined when the client had no position. */
export interface Subscribed {
    readonly recovered: boolean | undefined;
}

/** What the application hears of the client. */
export interface ClientEvents {
    state: StateChange;
    closed: Closed;
    bye: Bye;
    error: KingboltError;
}

/** What the application hears of one subscription. */
export interface SubscriptionEvents {
    event: TopicEvent;
    subscribed: Subscribed;
    gap: Gap;
    presence: Presence;
    error: KingboltError;
}

type Told<Events> = { [Kind in keyof Events]: { readonly kind: Kind; readonly detail: Events[Kind] } }[keyof Events];

export type Result = { readonly ok: unknown } | { readonly error: KingboltError };

export type Action =
    /** Ask the token source, and answer with `tokenGiven` or `tokenFailed` and this number. */
    | { readonly do: 'ask_token'; readonly ask: number }
    /** Open a connection, and report on it with this number. */
    | { readonly do: 'connect'; readonly connection: number; readonly protocols: readonly string[] }
    | { readonly do: 'send'; readonly text: string }
    | { readonly do: 'close'; readonly code: number }
    /** Let go of the connection without waiting for the other side. */
    | { readonly do: 'drop' }
    | ({ readonly do: 'tell' } & Told<ClientEvents>)
    | ({ readonly do: 'tell_subscriber'; readonly handle: number } & Told<SubscriptionEvents>)
    /** A publication or a call has ended. */
    | { readonly do: 'settle'; readonly handle: number; readonly result: Result };
