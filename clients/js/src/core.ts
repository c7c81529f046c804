// The client as a state machine without a socket, a timer or a promise: it is fed with what happens and when, and says what to do.
// tests/clients/scenarios.json is its specification.

import { Agenda } from './agenda.js';
import type { Action, State } from './actions.js';
import { Backoff } from './backoff.js';
import { closeCode, longestDelayMs } from './close_code.js';
import { endByServer, type End } from './ending.js';
import { Malformed, readMessage, type Body, type Bye, type Problem, type ServerMessage } from './messages.js';
import type { CoreOptions } from './options.js';
import { badAnswer, Orders } from './orders.js';
import { PendingAnswers, type Pending } from './pending.js';
import { Requests } from './requests.js';
import { ServerClock } from './server_clock.js';
import { subscriptionMembers, Subscriptions, type Subscription } from './subscriptions.js';
import { endOf, refreshDelay, type Token } from './token.js';
import type { Request } from './waiting.js';

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

export class Core {
    #now = 0;
    #phase: Phase = 'stopped';
    readonly #orders = new Orders();
    readonly #agenda = new Agenda();
    readonly #backoff: Backoff;
    readonly #clock = new ServerClock();

    /** Numbers the connections, so that what an abandoned one reports is not taken for the present one's. */
    #connection = 0;
    /** Numbers the questions to the token source, likewise. */
    #ask = 0;
    #token: Token | undefined;
    #helloAt = 0;
    #welcomedAt: number | undefined;
    #session: string | undefined;
    #pingMs = 0;
    /** The server has said good-bye: nothing is sent any more. */
    #bye: Bye | undefined;

    readonly #subscriptions = new Subscriptions(this.#orders);
    readonly #pending = new PendingAnswers<Subscription>();
    readonly #requests: Requests;
    #lastHandle = 0;

    constructor(private readonly options: CoreOptions) {
        this.#backoff = new Backoff(options.baseMs, options.capMs, options.random);
        this.#requests = new Requests(options, this.#agenda, this.#orders, this.#pending);
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

    syncClock(now: number): void {
        this.advance(now);
        if (this.#maySend()) this.#ping();
    }

    takeActions(): Action[] {
        return this.#orders.take();
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
        if (this.#hasConnection()) this.#orders.push({ do: 'close', code: closeCode.normal });
        this.#requests.failSent('closed');
        this.#end({ reason: 'closed_by_application', comesBack: false });
    }

    isSubscribed(topic: string): boolean {
        return this.#subscriptions.has(topic);
    }

    /** Returns the handle by which `tell_subscriber` names it. */
    subscribe(now: number, topic: string, presence: boolean): number {
        this.advance(now);
        const handle = ++this.#lastHandle;
        const subscription = this.#subscriptions.add(handle, topic, presence);
        if (this.#maySend()) this.#sendSubscribe(subscription);
        return handle;
    }

    unsubscribe(now: number, topic: string): void {
        this.advance(now);
        if (this.#subscriptions.remove(topic) && this.#maySend()) this.#sendUnsubscribe(topic);
    }

    /** Returns the handle by which `settle` names it. */
    request(now: number, wish: Pick<Request, 'type' | 'members' | 'bytes'>, deadlineMs?: number): number {
        this.advance(now);
        const handle = ++this.#lastHandle;
        const request: Request = { handle, ...wish, deadlineAt: deadlineMs === undefined ? undefined : this.#now + deadlineMs };
        if (this.#phase === 'stopped') {
            this.#requests.fail(handle, 'closed', 'the client is stopped: call connect() first', { retry: false });
            return handle;
        }
        this.#requests.watchDeadline(request);
        if (this.#maySend()) this.#sendRequest(request);
        else this.#requests.wait(request);
        return handle;
    }

    /** Ends a call that has no answer yet. */
    cancel(now: number, handle: number, cause?: unknown): void {
        this.advance(now);
        const id = this.#requests.abandon(handle);
        if (id === undefined) return;
        if (id !== 'waiting' && this.#maySend()) this.#send({ type: 'cancel', id });
        this.#requests.fail(handle, 'cancelled', 'the call was cancelled', { retry: false, cause });
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
            this.#orders.push({ do: 'drop' });
            this.#orders.report('bad_subprotocol', `the server selected subprotocol ${JSON.stringify(selected)}, not ${subprotocol}`, { retry: true });
            this.#end({ reason: 'bad_subprotocol', comesBack: true });
            return;
        }
        this.#phase = 'greeting';
        this.#helloAt = this.#now;
        const subs = this.#subscriptions.greet();
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
        if (this.#phase === 'opening') this.#end({ reason: 'connect_failed', comesBack: true, code });
        else this.#end(endByServer(code, reason, this.#bye, this.options.token === 'source'));
    }

    // Opening.

    #attempt(): void {
        this.#phase = 'asking';
        this.#orders.tell('state', { state: 'connecting' });
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
        this.#orders.push({ do: 'connect', connection: ++this.#connection, protocols: [subprotocol, ...bearer] });
        this.#agenda.set('connecting', this.#now + this.options.connectTimeoutMs, () => {
            this.#orders.push({ do: 'drop' });
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
        this.#orders.tell('state', { state: 'ready' });

        const { ended, begun } = this.#subscriptions.welcome(message.subs);
        if (!this.#maySend()) return;
        for (const { topic } of ended) this.#sendUnsubscribe(topic);
        for (const subscription of begun) this.#sendSubscribe(subscription);
        for (const request of this.#requests.takeWaiting()) this.#sendRequest(request);
    }

    #helloRefused(problem: Problem): void {
        this.#orders.reportProblem(problem);
        const renewable = problem.code === 'bad_credentials' && this.options.token === 'source';
        const comesBack = problem.retry || renewable;
        this.#orders.push(comesBack ? { do: 'drop' } : { do: 'close', code: closeCode.normal });
        this.#end({ reason: 'hello_refused', comesBack, afterMs: problem.afterMs });
    }

    // Messages.

    #handle(message: ServerMessage): void {
        switch (message.type) {
            case 'welcome':
                return this.#welcome(message);
            case 'event':
                return this.#subscriptions.event(message.event, (subscription) => this.#heal(subscription));
            case 'presence':
                return this.#subscriptions.presence(message.topic, message.presence);
            case 'reply':
                return this.#reply(message.id, message.body);
            case 'error':
                return this.#error(message);
            case 'bye':
                this.#bye = message.bye;
                return this.#orders.tell('bye', message.bye);
            case 'malformed': {
                const pending = this.#pending.take(message.id);
                return pending === undefined ? this.#malformed(message.why) : this.#refused(pending, badAnswer(message.why));
            }
            case 'unknown':
                return;
        }
    }

    /** After bye the next hello does it. */
    #heal(subscription: Subscription): boolean {
        if (!this.#maySend()) return false;
        this.#sendSubscribe(subscription);
        return true;
    }

    #reply(id: number | undefined, body: Body): void {
        const pending = this.#pending.take(id);
        if (pending === undefined) {
            if (id === undefined || !this.#pending.knows(id)) this.#malformed('a reply to nothing');
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
    #answered(pending: Pending<Subscription>, body: Body): void {
        switch (pending.type) {
            case 'subscribe':
                return this.#subscriptions.result(pending.subscription, body.any('sub'));
            case 'unsubscribe':
                return;
            case 'request':
                return this.#requests.answered(pending.request, body);
            case 'refresh':
                this.#token = pending.token;
                return this.#planRefresh();
            case 'ping':
                return this.#clock.learn(body.whole('now'), pending.askedAt, this.#now);
        }
    }

    #error({ id, problem, topic }: Extract<ServerMessage, { type: 'error' }>): void {
        const pending = this.#pending.take(id);
        if (pending !== undefined) return this.#refused(pending, problem);
        if (id === undefined && this.#phase === 'greeting') return this.#helloRefused(problem);
        if (id === undefined && topic !== undefined && this.#subscriptions.endedByServer(topic, problem)) return;
        if (id === undefined || !this.#pending.knows(id)) this.#orders.reportProblem(problem);
    }

    #refused(pending: Pending<Subscription>, problem: Problem): void {
        switch (pending.type) {
            case 'subscribe':
                return this.#subscriptions.refused(pending.subscription, problem);
            case 'request':
                return this.#requests.refused(pending.request.handle, problem);
            case 'refresh':
                this.#orders.reportProblem(problem);
                return this.#planRefresh();
            case 'unsubscribe':
            case 'ping':
                return this.#orders.reportProblem(problem);
        }
    }

    // Tokens.

    #askToken(): void {
        const ask = ++this.#ask;
        this.#orders.push({ do: 'ask_token', ask });
        const { connectTimeoutMs } = this.options;
        this.#agenda.set('connecting', this.#now + connectTimeoutMs, () => this.#tokenFailed(`the token source has not answered for ${connectTimeoutMs} ms`));
    }

    #tokenFailed(message: string, cause?: unknown): void {
        this.#ask++;
        this.#agenda.drop('connecting');
        this.#orders.report('token_failed', message, { retry: true, cause });
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
            if (this.#maySend()) this.#ping();
            this.#agenda.set('silence', this.#now + answerToPingMs, () => {
                this.#orders.push({ do: 'drop' });
                this.#end({ reason: 'server_silent', comesBack: true });
            });
        });
    }

    #ping(): void {
        this.#request({ type: 'ping' }, { type: 'ping', askedAt: this.#now });
    }

    // The end of a connection, or of an attempt.

    #end(end: End): void {
        const stable = this.#welcomedAt !== undefined && this.#now - this.#welcomedAt >= this.options.stableMs;
        if (stable) this.#backoff.reset();
        for (const timer of ['connecting', 'retry', 'refresh', 'silence']) this.#agenda.drop(timer);
        this.#ask++;
        this.#welcomedAt = undefined;
        this.#bye = undefined;
        this.#subscriptions.deactivate();
        this.#requests.failSent('connection_lost');
        if (end.comesBack) this.#wait(end);
        else this.#stop(end);
    }

    #wait({ reason, code, afterMs }: End): void {
        this.#phase = 'waiting';
        const delayMs = afterMs === undefined ? this.#backoff.next() : Math.min(afterMs, longestDelayMs);
        this.#agenda.set('retry', this.#now + delayMs, () => this.#attempt());
        this.#orders.tell('state', { state: 'waiting', delayMs, reason, ...(code === undefined ? {} : { code }) });
    }

    #stop({ reason, code = closeCode.normal }: End): void {
        this.#phase = 'stopped';
        this.#requests.failWaiting();
        this.#orders.tell('state', { state: 'stopped' });
        this.#orders.tell('closed', { code, reason });
    }

    #hasConnection(): boolean {
        return this.#phase === 'opening' || this.#phase === 'greeting' || this.#phase === 'ready';
    }

    // Sending.

    #maySend(): boolean {
        return this.#phase === 'ready' && this.#bye === undefined;
    }

    #send(message: Readonly<Record<string, unknown>>): void {
        this.#sendText(JSON.stringify(message));
    }

    #sendText(text: string): void {
        this.#orders.push({ do: 'send', text });
    }

    #request(message: { readonly type: string } & Readonly<Record<string, unknown>>, pending: Pending<Subscription>): void {
        const id = this.#pending.add(pending);
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
        const { type, members, deadlineAt } = request;
        const id = this.#pending.add({ type: 'request', request });
        // What is left of the deadline, for the server.
        const left = deadlineAt === undefined ? '' : `,"deadline_ms":${Math.max(1, Math.ceil(deadlineAt - this.#now))}`;
        this.#sendText(`{"type":"${type}","id":${id},${members}${left}}`);
    }

    #malformed(why: string): void {
        this.#orders.report('bad_server_message', why, { retry: false });
    }
}
