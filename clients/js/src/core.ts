// The client as a state machine without a socket, a timer or a promise: it is fed with what happens and when, and says what to do.
// tests/clients/scenarios.json is its specification.

import { Agenda } from './agenda.js';
import type { Action, ClientEvents, Result, State, SubscriptionEvents } from './actions.js';
import { Backoff } from './backoff.js';
import { closeCode, delayInReason, longestDelayMs, mayComeBack } from './close_code.js';
import { KingboltError, type ErrorDetails } from './errors.js';
import { Malformed, readMessage, readSubscriptionResult, type Body, type Bye, type Problem, type ServerMessage, type TopicEvent } from './messages.js';
import type { CoreOptions } from './options.js';
import { Positions } from './positions.js';
import { ServerClock } from './server_clock.js';
import { endOf, refreshDelay, type Token } from './token.js';
import { covers } from './topic.js';
import { Waiting, type Request } from './waiting.js';

export const subprotocol = 'kingbolt.v1.json';

/** docs/protocol.md, "Liveness": for clients that do not see pings. */
const answerToPingMs = 10_000;

type Phase = 'stopped' | 'waiting' | 'asking' | 'opening' | 'greeting' | 'ready';

const states: Record<Phase, State> = {
    stopped: 'stopped',
    waiting: 'waiting',
    asking: 'connecting',
    opening: 'connecting',
    greeting: 'connecting',
    ready: 'ready',
};

interface Subscription {
    /** By which the shell knows it: a topic may be unsubscribed and subscribed again. */
    readonly handle: number;
    readonly topic: string;
    readonly presence: boolean;
    readonly positions: Positions;
    /** The server has confirmed it on this connection. */
    active: boolean;
    /** It has been subscribed again to heal a gap, and there is no answer yet. */
    healing: boolean;
}

type Pending =
    | { readonly type: 'subscribe'; readonly subscription: Subscription }
    | { readonly type: 'unsubscribe' }
    | { readonly type: 'request'; readonly request: Request }
    | { readonly type: 'refresh'; readonly token: Token }
    | { readonly type: 'ping'; readonly askedAt: number };

/** Why and how a connection, or an attempt, has come to nothing. */
interface End {
    readonly reason: string;
    readonly comesBack: boolean;
    readonly code?: number;
    readonly afterMs?: number | undefined;
}

export class Core {
    #now = 0;
    #phase: Phase = 'stopped';
    #actions: Action[] = [];
    readonly #agenda = new Agenda();
    readonly #backoff: Backoff;
    readonly #clock = new ServerClock();

    /** Numbers the connections, so that what an abandoned one reports is not taken for the present one's. */
    #connection = 0;
    /** Numbers the questions to the token source, likewise. */
    #ask = 0;
    #token: Token | undefined;
    #helloAt = 0;
    #greeted: Subscription[] = [];
    #welcomedAt: number | undefined;
    #session: string | undefined;
    #pingMs = 0;
    /** The server has said good-bye: nothing is sent any more. */
    #bye: Bye | undefined;

    readonly #subscriptions = new Map<string, Subscription>();
    #lastId = 0;
    readonly #pending = new Map<number, Pending>();
    readonly #waiting: Waiting;
    #lastHandle = 0;

    constructor(private readonly options: CoreOptions) {
        this.#backoff = new Backoff(options.baseMs, options.capMs, options.random);
        this.#waiting = new Waiting(options.maxQueued, options.maxQueuedBytes);
    }

    // What the shell asks.

    get state(): State {
        return states[this.#phase];
    }

    /** As the server named it in the last `welcome`. */
    get session(): string | undefined {
        return this.#session;
    }

    /** When `advance` is to be called next. */
    get nextDue(): number | undefined {
        return this.#agenda.next();
    }

    /** The server's time, in ms since 1970. */
    serverTime(now: number): number | undefined {
        return this.#clock.at(now);
    }

    takeActions(): Action[] {
        const actions = this.#actions;
        this.#actions = [];
        return actions;
    }

    /**
     * Time has passed. What is due happens now, however late: a browser wakes a page in the background once a minute, and the server
     * has its 10 s to answer a ping from when it was sent, not from when it should have been.
     */
    advance(now: number): void {
        this.#now = Math.max(this.#now, now);
        for (let run; (run = this.#agenda.takeDue(this.#now)) !== undefined; ) run();
    }

    // What the application wants.

    connect(now: number): void {
        this.advance(now);
        if (this.#phase !== 'stopped') return;
        this.#backoff.reset();
        this.#attempt();
    }

    close(now: number): void {
        this.advance(now);
        if (this.#phase === 'stopped') return;
        if (this.#hasConnection()) this.#actions.push({ do: 'close', code: closeCode.normal });
        this.#failPending('closed');
        this.#end({ reason: 'closed_by_application', comesBack: false });
    }

    isSubscribed(topic: string): boolean {
        return this.#subscriptions.has(topic);
    }

    /** Returns the handle by which `tell_subscriber` names it. */
    subscribe(now: number, topic: string, presence: boolean): number {
        this.advance(now);
        const handle = ++this.#lastHandle;
        const subscription: Subscription = { handle, topic, presence, positions: new Positions(topic), active: false, healing: false };
        this.#subscriptions.set(topic, subscription);
        if (this.#maySend()) this.#sendSubscribe(subscription);
        return handle;
    }

    unsubscribe(now: number, topic: string): void {
        this.advance(now);
        if (this.#subscriptions.delete(topic) && this.#maySend()) this.#sendUnsubscribe(topic);
    }

    /** Returns the handle by which `settle` names it. */
    request(now: number, message: Request['message'], bytes: number, deadlineMs?: number): number {
        this.advance(now);
        const handle = ++this.#lastHandle;
        const request: Request = { handle, message, bytes, deadlineAt: deadlineMs === undefined ? undefined : this.#now + deadlineMs };
        if (this.#phase === 'stopped') {
            this.#fail(handle, 'closed', 'the client is stopped: call connect() first', { retry: false });
            return handle;
        }
        if (this.#maySend()) {
            this.#sendRequest(request);
        } else if (!this.#waiting.add({ ...request, message: asItIsNow(message) })) {
            const { maxQueued, maxQueuedBytes } = this.options;
            this.#fail(handle, 'queue_full', `more than ${maxQueued} requests or ${maxQueuedBytes} bytes wait for a connection`, { retry: true });
            return handle;
        }
        if (request.deadlineAt !== undefined) this.#agenda.set(`deadline ${handle}`, request.deadlineAt, () => this.#deadline(request));
        return handle;
    }

    /** Ends a call that has no answer yet. */
    cancel(now: number, handle: number, cause?: unknown): void {
        this.advance(now);
        const id = this.#forget(handle);
        if (id === undefined) return;
        if (id !== 'waiting' && this.#maySend()) this.#send({ type: 'cancel', id });
        this.#fail(handle, 'cancelled', 'the call was cancelled', { retry: false, cause });
    }

    // What the token source says.

    tokenGiven(now: number, ask: number, token: Token): void {
        this.advance(now);
        if (ask !== this.#ask) return;
        this.#ask++;
        this.#agenda.drop('connecting');
        if (this.#phase === 'asking') {
            this.#token = token;
            this.#open();
        } else if (this.#maySend()) {
            this.#request({ type: 'refresh', token: token.token }, { type: 'refresh', token });
        }
    }

    tokenFailed(now: number, ask: number, cause: unknown): void {
        this.advance(now);
        if (ask === this.#ask) this.#tokenFailed(`the token source failed: ${String(cause)}`, cause);
    }

    // What the connection reports.

    opened(now: number, connection: number, selected: string): void {
        this.advance(now);
        if (connection !== this.#connection || this.#phase !== 'opening') return;
        if (selected !== subprotocol) {
            this.#actions.push({ do: 'drop' });
            this.#report('bad_subprotocol', `the server selected subprotocol ${JSON.stringify(selected)}, not ${subprotocol}`, { retry: true });
            this.#end({ reason: 'bad_subprotocol', comesBack: true });
            return;
        }
        this.#phase = 'greeting';
        this.#helloAt = this.#now;
        this.#greeted = [...this.#subscriptions.values()];
        const subs = this.#greeted.map(subscriptionMembers);
        const token = this.options.tokenIn === 'hello' ? this.#token?.token : undefined;
        this.#send(token === undefined ? { type: 'hello', subs } : { type: 'hello', token, subs });
    }

    /** A message; undefined stands for a binary one. */
    received(now: number, connection: number, text: string | undefined): void {
        // Before timers that are due as well: the server is not silent when a message waited behind them.
        this.#now = Math.max(this.#now, now);
        if (connection === this.#connection && this.#phase === 'ready') this.#watchSilence();
        this.advance(now);
        if (connection !== this.#connection || (this.#phase !== 'greeting' && this.#phase !== 'ready')) return;
        if (text === undefined) this.#malformed('a binary message');
        else this.#handle(readMessage(text));
    }

    /** The connection has ended, or has not come to be: 1006. */
    ended(now: number, connection: number, code: number, reason: string): void {
        this.advance(now);
        if (connection !== this.#connection || !this.#hasConnection()) return;
        this.#end(this.#endByServer(code, reason));
    }

    // Opening.

    #attempt(): void {
        this.#phase = 'asking';
        this.#tell('state', { state: 'connecting' });
        const { token } = this.options;
        if (token === 'source') {
            this.#askToken();
        } else {
            this.#token = token;
            this.#open();
        }
    }

    #open(): void {
        this.#phase = 'opening';
        const bearer = this.#token !== undefined && this.options.tokenIn === 'subprotocol' ? [`bearer.${this.#token.token}`] : [];
        this.#actions.push({ do: 'connect', connection: ++this.#connection, protocols: [subprotocol, ...bearer] });
        this.#agenda.set('connecting', this.#now + this.options.connectTimeoutMs, () => {
            this.#actions.push({ do: 'drop' });
            this.#end({ reason: 'connect_timeout', comesBack: true });
        });
    }

    #welcome(message: Extract<ServerMessage, { type: 'welcome' }>): void {
        if (this.#phase === 'ready') {
            this.#malformed('a second welcome');
            return;
        }
        this.#agenda.drop('connecting');
        this.#phase = 'ready';
        this.#welcomedAt = this.#now;
        this.#session = message.session;
        this.#pingMs = message.pingMs;
        this.#clock.restart();
        this.#clock.learn(message.now, this.#helloAt, this.#now);
        this.#watchSilence();
        this.#planRefresh();
        this.#tell('state', { state: 'ready' });

        const greeted = this.#greeted;
        const isCurrent = (subscription: Subscription) => this.#subscriptions.get(subscription.topic) === subscription;
        greeted.forEach((subscription, i) => {
            if (isCurrent(subscription)) this.#subscriptionResult(subscription, message.subs[i]);
        });
        for (const subscription of greeted) if (!isCurrent(subscription)) this.#sendUnsubscribe(subscription.topic);
        for (const subscription of this.#subscriptions.values()) if (!greeted.includes(subscription)) this.#sendSubscribe(subscription);
        for (const request of this.#waiting.takeAll()) this.#sendRequest(request);
    }

    #helloRefused(problem: Problem): void {
        this.#reportProblem(problem);
        const renewable = problem.code === 'bad_credentials' && this.options.token === 'source';
        const comesBack = problem.retry || renewable;
        this.#actions.push(comesBack ? { do: 'drop' } : { do: 'close', code: closeCode.normal });
        this.#end({ reason: 'hello_refused', comesBack, afterMs: problem.afterMs });
    }

    // Messages.

    #handle(message: ServerMessage): void {
        switch (message.type) {
            case 'welcome':
                return this.#welcome(message);
            case 'event':
                return this.#event(message.event);
            case 'presence': {
                const subscription = this.#subscriptions.get(message.topic);
                if (subscription?.active === true && subscription.presence) this.#tellSubscriber(subscription, 'presence', message.presence);
                return;
            }
            case 'reply':
                return this.#reply(message.id, message.body);
            case 'error':
                return this.#error(message.id, message.problem);
            case 'bye':
                this.#bye = message.bye;
                return this.#tell('bye', message.bye);
            case 'malformed': {
                const pending = this.#takePending(message.id);
                return pending === undefined ? this.#malformed(message.why) : this.#refused(pending, badAnswer(message.why));
            }
            case 'unknown':
                return;
        }
    }

    #event(event: TopicEvent): void {
        for (const subscription of this.#subscriptions.values()) {
            if (!subscription.active || !covers(subscription.topic, event.topic)) continue;
            const { deliver, gap } = subscription.positions.judge(event);
            if (gap !== undefined) {
                this.#tellSubscriber(subscription, 'gap', gap);
                // One request heals every gap of the subscription that is seen until its answer; after bye, the next hello does.
                if (gap.healing && !subscription.healing && this.#maySend()) {
                    subscription.healing = true;
                    this.#sendSubscribe(subscription);
                }
            }
            if (deliver) this.#tellSubscriber(subscription, 'event', event);
        }
    }

    #reply(id: number | undefined, body: Body): void {
        const pending = this.#takePending(id);
        if (pending === undefined) {
            if (id === undefined || id > this.#lastId) this.#malformed('a reply to nothing');
            return;
        }
        try {
            this.#answered(pending, body);
        } catch (error) {
            if (!(error instanceof Malformed)) throw error;
            this.#refused(pending, badAnswer(error.message));
        }
    }

    /** Throws Malformed. */
    #answered(pending: Pending, body: Body): void {
        switch (pending.type) {
            case 'subscribe':
                return this.#subscriptionResult(pending.subscription, body.any('sub'));
            case 'unsubscribe':
                return;
            case 'request': {
                const { handle, message } = pending.request;
                const ok = message.type === 'publish' ? { epoch: body.text('epoch'), seq: body.whole('seq') } : readAnswer(body);
                return this.#settle(handle, { ok });
            }
            case 'refresh':
                this.#token = pending.token;
                return this.#planRefresh();
            case 'ping':
                return this.#clock.learn(body.whole('now'), pending.askedAt, this.#now);
        }
    }

    #error(id: number | undefined, problem: Problem): void {
        const pending = this.#takePending(id);
        if (pending !== undefined) this.#refused(pending, problem);
        else if (id === undefined && this.#phase === 'greeting') this.#helloRefused(problem);
        else if (id === undefined || id > this.#lastId) this.#reportProblem(problem);
    }

    #refused(pending: Pending, problem: Problem): void {
        switch (pending.type) {
            case 'subscribe':
                return this.#subscriptionRefused(pending.subscription, problem);
            case 'request':
                return this.#settle(pending.request.handle, { error: errorOf(problem) });
            case 'refresh':
                this.#reportProblem(problem);
                return this.#planRefresh();
            case 'unsubscribe':
            case 'ping':
                return this.#reportProblem(problem);
        }
    }

    // Subscriptions.

    #subscriptionResult(subscription: Subscription, value: unknown): void {
        // The application may have ended it meanwhile.
        if (this.#subscriptions.get(subscription.topic) !== subscription) return;
        try {
            const result = readSubscriptionResult(value);
            if (result.topic !== subscription.topic) throw new Malformed(`a result is of ${result.topic}, not of ${subscription.topic}`);
            if ('refused' in result) {
                this.#subscriptionRefused(subscription, { code: result.refused, message: `${result.topic}: ${result.refused}`, retry: false, afterMs: undefined });
                return;
            }
            subscription.positions.confirm(result);
            subscription.active = true;
            subscription.healing = false;
            this.#tellSubscriber(subscription, 'subscribed', { recovered: result.recovered });
        } catch (error) {
            if (!(error instanceof Malformed)) throw error;
            this.#subscriptionRefused(subscription, badAnswer(error.message));
        }
    }

    #subscriptionRefused(subscription: Subscription, problem: Problem): void {
        if (this.#subscriptions.get(subscription.topic) !== subscription) return;
        if (subscription.healing) subscription.positions.release();
        subscription.healing = false;
        this.#tellSubscriber(subscription, 'error', errorOf(problem));
    }

    // Tokens.

    #askToken(): void {
        const ask = ++this.#ask;
        this.#actions.push({ do: 'ask_token', ask });
        const { connectTimeoutMs } = this.options;
        this.#agenda.set('connecting', this.#now + connectTimeoutMs, () => this.#tokenFailed(`the token source has not answered for ${connectTimeoutMs} ms`));
    }

    #tokenFailed(message: string, cause?: unknown): void {
        this.#ask++;
        this.#agenda.drop('connecting');
        this.#report('token_failed', message, { retry: true, cause });
        if (this.#phase === 'ready') this.#planRefresh();
        else this.#end({ reason: 'token_failed', comesBack: true });
    }

    #planRefresh(): void {
        if (this.options.token !== 'source' || this.#token === undefined) return;
        const end = endOf(this.#token);
        const serverNow = this.#clock.at(this.#now);
        if (end === undefined || serverNow === undefined) return;
        const delay = refreshDelay(end - serverNow);
        if (delay !== undefined) this.#agenda.set('refresh', this.#now + delay, () => this.#askToken());
    }

    // Liveness.

    #watchSilence(): void {
        this.#agenda.set('silence', this.#now + this.#pingMs, () => {
            if (this.#maySend()) this.#request({ type: 'ping' }, { type: 'ping', askedAt: this.#now });
            this.#agenda.set('silence', this.#now + answerToPingMs, () => {
                this.#actions.push({ do: 'drop' });
                this.#end({ reason: 'server_silent', comesBack: true });
            });
        });
    }

    // The end of a connection, or of an attempt.

    #endByServer(code: number, closeReason: string): End {
        if (this.#phase === 'opening') return { reason: 'connect_failed', comesBack: true, code };
        const bye = this.#bye;
        const last = bye?.code ?? code;
        const renewable = last !== closeCode.authExpired || this.options.token === 'source';
        const comesBack = (bye?.retry ?? mayComeBack(code)) && renewable;
        const unsaid = code === closeCode.abnormal ? 'connection_lost' : 'closed_by_server';
        const reason = (bye?.reason ?? closeReason) || unsaid;
        return { reason, comesBack, code: last, afterMs: bye === undefined ? delayInReason(closeReason) : bye.afterMs };
    }

    #end(end: End): void {
        const stable = this.#welcomedAt !== undefined && this.#now - this.#welcomedAt >= this.options.stableMs;
        if (stable) this.#backoff.reset();
        for (const timer of ['connecting', 'retry', 'refresh', 'silence']) this.#agenda.drop(timer);
        this.#ask++;
        this.#greeted = [];
        this.#welcomedAt = undefined;
        this.#bye = undefined;
        for (const subscription of this.#subscriptions.values()) subscription.active = subscription.healing = false;
        this.#failPending('connection_lost');
        if (end.comesBack) this.#wait(end);
        else this.#stop(end);
    }

    #wait({ reason, code, afterMs }: End): void {
        this.#phase = 'waiting';
        const delayMs = afterMs === undefined ? this.#backoff.next() : Math.min(afterMs, longestDelayMs);
        this.#agenda.set('retry', this.#now + delayMs, () => this.#attempt());
        this.#tell('state', { state: 'waiting', delayMs, reason, ...(code === undefined ? {} : { code }) });
    }

    #stop({ reason, code = closeCode.normal }: End): void {
        this.#phase = 'stopped';
        for (const { handle } of this.#waiting.takeAll()) this.#failAs(handle, 'closed');
        this.#tell('state', { state: 'stopped' });
        this.#tell('closed', { code, reason });
    }

    #hasConnection(): boolean {
        return this.#phase === 'opening' || this.#phase === 'greeting' || this.#phase === 'ready';
    }

    // Requests.

    #maySend(): boolean {
        return this.#phase === 'ready' && this.#bye === undefined;
    }

    #send(message: Readonly<Record<string, unknown>>): void {
        this.#actions.push({ do: 'send', message });
    }

    #request(message: { readonly type: string } & Readonly<Record<string, unknown>>, pending: Pending): void {
        const id = ++this.#lastId;
        this.#pending.set(id, pending);
        const { type, ...members } = message;
        this.#send({ type, id, ...members });
    }

    #sendSubscribe(subscription: Subscription): void {
        this.#request({ type: 'subscribe', ...subscriptionMembers(subscription) }, { type: 'subscribe', subscription });
    }

    #sendUnsubscribe(topic: string): void {
        this.#request({ type: 'unsubscribe', topic }, { type: 'unsubscribe' });
    }

    #sendRequest(request: Request): void {
        // What is left of the deadline, for the server.
        const left = request.deadlineAt === undefined ? {} : { deadline_ms: Math.max(1, Math.ceil(request.deadlineAt - this.#now)) };
        this.#request({ ...request.message, ...left }, { type: 'request', request });
    }

    #deadline({ handle }: Request): void {
        if (this.#forget(handle) !== undefined) this.#fail(handle, 'deadline_exceeded', 'the call has come to its deadline', { retry: true });
    }

    /** Undefined when it has ended already. */
    #forget(handle: number): number | 'waiting' | undefined {
        this.#agenda.drop(`deadline ${handle}`);
        if (this.#waiting.remove(handle)) return 'waiting';
        for (const [id, pending] of this.#pending) {
            if (pending.type !== 'request' || pending.request.handle !== handle) continue;
            this.#pending.delete(id);
            return id;
        }
        return undefined;
    }

    #takePending(id: number | undefined): Pending | undefined {
        if (id === undefined) return undefined;
        const pending = this.#pending.get(id);
        this.#pending.delete(id);
        return pending;
    }

    #failPending(code: 'connection_lost' | 'closed'): void {
        for (const pending of this.#pending.values()) if (pending.type === 'request') this.#failAs(pending.request.handle, code);
        this.#pending.clear();
    }

    #failAs(handle: number, code: 'connection_lost' | 'closed'): void {
        if (code === 'closed') this.#fail(handle, code, 'the client is stopped', { retry: false });
        else this.#fail(handle, code, 'the connection was lost before the answer: it may have been done or not', { retry: true });
    }

    #fail(handle: number, code: string, message: string, details: ErrorDetails): void {
        this.#settle(handle, { error: new KingboltError(code, message, details) });
    }

    #settle(handle: number, result: Result): void {
        this.#agenda.drop(`deadline ${handle}`);
        this.#actions.push({ do: 'settle', handle, result });
    }

    // What the application is told.

    #tell<Kind extends keyof ClientEvents>(kind: Kind, detail: ClientEvents[Kind]): void {
        this.#actions.push({ do: 'tell', kind, detail } as Action);
    }

    #tellSubscriber<Kind extends keyof SubscriptionEvents>({ handle }: Subscription, kind: Kind, detail: SubscriptionEvents[Kind]): void {
        this.#actions.push({ do: 'tell_subscriber', handle, kind, detail } as Action);
    }

    #report(code: string, message: string, details: ErrorDetails): void {
        this.#tell('error', new KingboltError(code, message, details));
    }

    #reportProblem(problem: Problem): void {
        this.#tell('error', errorOf(problem));
    }

    #malformed(why: string): void {
        this.#report('bad_server_message', why, { retry: false });
    }
}

/** What the application changes in its data later does not change what is sent. */
function asItIsNow(message: Request['message']): Request['message'] {
    return JSON.parse(JSON.stringify(message)) as Request['message'];
}

function subscriptionMembers({ topic, presence, positions }: Subscription): Record<string, unknown> {
    return { topic, ...(presence ? { presence } : {}), ...positions.resume() };
}

function readAnswer(body: Body): { data: unknown; stale: boolean; ageMs: number } {
    return {
        data: body.any('data'),
        stale: body.optional('stale', body.flag) ?? false,
        ageMs: body.optional('age_ms', body.whole) ?? 0,
    };
}

function badAnswer(why: string): Problem {
    return { code: 'bad_server_message', message: why, retry: false, afterMs: undefined };
}

function errorOf({ code, message, retry, afterMs }: Problem): KingboltError {
    return new KingboltError(code, message, { retry, afterMs });
}
