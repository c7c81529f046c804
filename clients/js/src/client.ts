import type { Action, ClientEvents, Result, State, SubscriptionEvents } from './actions.js';
import { closeCode } from './close_code.js';
import { Core } from './core.js';
import { Emitter } from './emitter.js';
import { InvalidOption, KingboltError } from './errors.js';
import type { TopicEvent } from './messages.js';
import { checkToken, longestDeadlineMs, validated, whole, type ClientOptions, type ShellOptions, type Socket } from './options.js';
import { checkSubscribable, checkTopic, sizeInBytes } from './topic.js';

/** What a method answered. */
export interface Answer<Data = unknown> {
    readonly data: Data;
    /** It is the last good answer, because a live one could not be had; `ageMs` old. */
    readonly stale: boolean;
    readonly ageMs: number;
}

export interface CallOptions {
    /** Cancels the call. */
    signal?: AbortSignal;
    /** 1 to 300,000; from now, also while there is no connection. */
    deadlineMs?: number;
}

/** Where an event was put. A server of several hubs that are linked does not say it. */
export interface Published {
    readonly epoch?: string;
    readonly seq?: number;
}

/** A topic or pattern that the application listens to, across connections. */
export interface Subscription {
    readonly topic: string;
    /** Calls `handler` for each such event. Returns a function that ends that. */
    on<Kind extends keyof SubscriptionEvents>(kind: Kind, handler: (detail: SubscriptionEvents[Kind]) => void): () => void;
    /** Nothing is heard any more from here on. */
    unsubscribe(): void;
}

/**
 * A session with a kingbolt server that outlives its connections.
 *
 *     const client = new KingboltClient('wss://example.org/hub');
 *     client.subscribe('agents.*').on('event', ({ topic, data }) => console.log(topic, data));
 *     client.connect();
 */
export class KingboltClient {
    readonly #core: Core;
    readonly #options: ShellOptions;
    readonly #tokenIn: 'subprotocol' | 'hello';
    readonly #events = new Emitter<ClientEvents>();
    readonly #subscriptions = new Map<number, Emitter<SubscriptionEvents>>();
    readonly #settlers = new Map<number, (result: Result) => void>();
    #socket: Socket | undefined;
    #timer: { readonly due: number; readonly id: unknown } | undefined;
    #acting = false;

    /** Throws InvalidOption. Does not connect yet. */
    constructor(url: string | URL, options: ClientOptions = {}) {
        const { core, shell } = validated(url, options);
        this.#core = new Core(core);
        this.#options = shell;
        this.#tokenIn = core.tokenIn;
    }

    get state(): State {
        return this.#core.state;
    }

    /** The server's name for the present session, or the last one. */
    get session(): string | undefined {
        return this.#core.session;
    }

    /** Calls `handler` for each such event. Returns a function that ends that. */
    on<Kind extends keyof ClientEvents>(kind: Kind, handler: (detail: ClientEvents[Kind]) => void): () => void {
        return this.#events.on(kind, handler);
    }

    /** Connects, and comes back after each loss, until `close` or a server that says "stay away". Starts a stopped client anew. */
    connect(): void {
        this.#run((now) => this.#core.connect(now));
    }

    /** Says good-bye with 1000. What waits for an answer is rejected with `closed`. */
    close(): void {
        this.#run((now) => this.#core.close(now));
    }

    /** Listens to a topic, or to a pattern such as `agents.*`. Throws InvalidOption, also when there is such a subscription already. */
    subscribe(topic: string, { presence = false }: { presence?: boolean } = {}): Subscription {
        checkSubscribable(topic);
        if (this.#core.isSubscribed(topic))
            throw new InvalidOption('topic', JSON.stringify(topic), 'one subscription for each topic or pattern', 'use the one that there is, or unsubscribe it');
        const events = new Emitter<SubscriptionEvents>();
        let handle = 0;
        this.#run((now) => {
            handle = this.#core.subscribe(now, topic, presence);
            this.#subscriptions.set(handle, events);
        });
        return {
            topic,
            on: (kind, handler) => events.on(kind, handler),
            unsubscribe: () => {
                if (this.#subscriptions.delete(handle)) this.#run((now) => this.#core.unsubscribe(now, topic));
            },
        };
    }

    /**
     * Publishes an event; it waits while there is no connection. Rejects with a KingboltError: the server's, `queue_full`, `closed`, or
     * `connection_lost`, after which it has been published or not. Rejects with InvalidOption what can never be published.
     */
    async publish(topic: string, event: string, data: unknown): Promise<Published> {
        checkTopic(topic);
        if (typeof event !== 'string') throw new InvalidOption('event', String(event), 'a text', "use 'message'");
        const json = jsonOf('data', data);
        const bytes = sizeInBytes(topic) + sizeInBytes(event) + sizeInBytes(json);
        const members = `"topic":${JSON.stringify(topic)},"event":${JSON.stringify(event)},"data":${json}`;
        return this.#request<Published>((now) => this.#core.request(now, { type: 'publish', members, bytes }));
    }

    /**
     * Calls a method of the server. Waits while there is no connection, until the deadline. Rejects with a KingboltError: the server's,
     * `queue_full`, `closed`, `cancelled`, `deadline_exceeded` or `connection_lost`; a call is never repeated by itself.
     */
    async call<Data = unknown>(method: string, params?: unknown, { signal, deadlineMs = this.#options.callDeadlineMs }: CallOptions = {}): Promise<Answer<Data>> {
        if (typeof method !== 'string' || method === '') throw new InvalidOption('method', String(method), 'a text that is not empty', 'name a method of the server');
        whole('deadlineMs', deadlineMs, 1, longestDeadlineMs, 'use 30000');
        if (signal?.aborted === true) throw new KingboltError('cancelled', 'the call was cancelled before it was made', { retry: false, cause: signal.reason });
        const json = params === undefined ? '' : jsonOf('params', params);
        const bytes = sizeInBytes(method) + sizeInBytes(json);
        const members = `"method":${JSON.stringify(method)}${json === '' ? '' : `,"params":${json}`}`;
        let cancel = () => {};
        const answer = this.#request<Answer<Data>>((now) => {
            const handle = this.#core.request(now, { type: 'call', members, bytes }, deadlineMs);
            cancel = () => this.#run((later) => this.#core.cancel(later, handle, signal?.reason));
            return handle;
        });
        signal?.addEventListener('abort', cancel);
        try {
            return await answer;
        } finally {
            signal?.removeEventListener('abort', cancel);
        }
    }

    /** The server's time in ms since 1970, as far as the client can tell; its own before the first connection. */
    serverNow(): number {
        return this.#core.serverTime(this.#options.clock.now()) ?? Date.now();
    }

    /**
     * Asks the server for its time; nothing happens without a connection. The quickest answer of a connection gives the estimate: who wants it
     * exact to the millisecond asks several times.
     */
    syncClock(): void {
        this.#run((now) => this.#core.syncClock(now));
    }

    /** How old an event is, in ms. */
    ageOf(event: TopicEvent): number {
        return Math.max(0, this.serverNow() - event.ts);
    }

    #request<T>(make: (now: number) => number): Promise<T> {
        return new Promise((resolve, reject) => {
            this.#run((now) => {
                this.#settlers.set(make(now), (result) => ('ok' in result ? resolve(result.ok as T) : reject(result.error)));
            });
        });
    }

    /** Feeds the core, then does what it says. What handlers ask for meanwhile is done after that, by the same loop. */
    #run(feed: (now: number) => void): void {
        feed(this.#options.clock.now());
        if (this.#acting) return;
        this.#acting = true;
        try {
            for (let actions; (actions = this.#core.takeActions()).length > 0; ) for (const action of actions) this.#act(action);
        } finally {
            this.#acting = false;
        }
        this.#setTimer();
    }

    #act(action: Action): void {
        switch (action.do) {
            case 'ask_token':
                return this.#askToken(action.ask);
            case 'connect':
                return this.#open(action.connection, action.protocols);
            case 'send':
                // A socket that is closing drops it; that it has closed is heard in time.
                return this.#socket?.send(action.text);
            case 'close':
                return this.#letGo(action.code);
            case 'drop':
                return this.#letGo();
            case 'tell':
                return this.#events.emit(action.kind, action.detail as never);
            case 'tell_subscriber':
                return this.#subscriptions.get(action.handle)?.emit(action.kind, action.detail as never);
            case 'settle': {
                const settle = this.#settlers.get(action.handle);
                this.#settlers.delete(action.handle);
                return settle?.(action.result);
            }
        }
    }

    #askToken(ask: number): void {
        const { source } = this.#options;
        const given = async () => {
            const answer = await source?.();
            const token = typeof answer === 'object' ? answer : { token: answer as string };
            checkToken(token.token, this.#tokenIn);
            return token;
        };
        given().then(
            (token) => this.#run((now) => this.#core.tokenGiven(now, ask, token)),
            (error: unknown) => this.#run((now) => this.#core.tokenFailed(now, ask, error)),
        );
    }

    #open(connection: number, protocols: readonly string[]): void {
        const ended = (code: number, reason: string) => this.#run((now) => this.#core.ended(now, connection, code, reason));
        let socket: Socket;
        try {
            socket = new this.#options.webSocket(this.#options.url, [...protocols]);
        } catch {
            // A page that may not open it, for instance ws: from https:.
            ended(closeCode.abnormal, '');
            return;
        }
        this.#socket = socket;
        socket.onopen = () => this.#run((now) => this.#core.opened(now, connection, socket.protocol));
        socket.onmessage = ({ data }: { data: unknown }) =>
            this.#run((now) => this.#core.received(now, connection, typeof data === 'string' ? data : undefined));
        socket.onclose = ({ code, reason }: { code: number; reason: string }) => ended(code, reason);
        // `close` follows, and says more; but npm's ws throws errors that nobody listens to.
        socket.onerror = () => {};
    }

    #letGo(code?: number): void {
        const socket = this.#socket;
        this.#socket = undefined;
        socket?.close(code);
    }

    #setTimer(): void {
        const { clock } = this.#options;
        const due = this.#core.nextDue;
        // One that fires too early costs a look, less than setting it anew for each message.
        if (this.#timer !== undefined && due !== undefined && this.#timer.due <= due) return;
        if (this.#timer !== undefined) clock.clearTimeout(this.#timer.id as never);
        this.#timer = undefined;
        if (due === undefined) return;
        const delay = Math.min(Math.max(0, Math.ceil(due - clock.now())), longestTimerMs);
        const id = clock.setTimeout(() => {
            this.#timer = undefined;
            this.#run((now) => this.#core.advance(now));
        }, delay);
        this.#timer = { due, id };
    }
}

/** Beyond it timers of JavaScript fire at once. */
const longestTimerMs = 2 ** 31 - 1;

function jsonOf(option: string, value: unknown): string {
    let json: string | undefined;
    try {
        json = JSON.stringify(value);
    } catch (error) {
        throw new InvalidOption(option, String(value), 'what JSON can say', `leave out what it cannot: ${String(error)}`);
    }
    if (json === undefined) throw new InvalidOption(option, String(value), 'what JSON can say', 'use null');
    return json;
}
