// The shared table through the core alone: every order that it asks for is compared.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Core } from '../dist/core.js';
import { validated, type ClientOptions } from '../dist/options.js';
import { camelCase, eventEntry, inTableForm, numbers, resultEntry, run, scenarios, type Driver, type Entry, type Json, type Scenario } from './scenario.js';
import { NoSocket } from './virtual.js';

class CoreDriver implements Driver {
    readonly network: Entry[] = [];
    readonly application: Entry[] = [];
    readonly #core: Core;
    readonly #callDeadlineMs: number;
    readonly #topics = new Map<number, string>();
    readonly #names = new Map<number, string>();
    #now = 0;
    #connection = 0;
    #ask = 0;

    constructor(scenario: Scenario) {
        const { liveness, token, ...rest } = scenario.options ?? {};
        assert.ok(liveness === undefined || liveness === 'browser');
        const options = Object.fromEntries(Object.entries(rest).map(([name, value]) => [camelCase(name), value])) as ClientOptions;
        if (token === 'source') options.token = () => '';
        else if (token !== undefined) options.token = (token as { fixed: string }).fixed;
        const { core, shell } = validated('ws://127.0.0.1/', { ...options, webSocket: NoSocket, random: numbers(scenario) });
        this.#core = new Core(core);
        this.#callDeadlineMs = shell.callDeadlineMs;
    }

    app(step: { [member: string]: Json }): void {
        const topic = step['topic'] as string;
        switch (step['app']) {
            case 'connect':
                return this.#core.connect(this.#now);
            case 'close':
                return this.#core.close(this.#now);
            case 'subscribe':
                this.#topics.set(this.#core.subscribe(this.#now, topic, step['presence'] === true), topic);
                return;
            case 'unsubscribe':
                return this.#core.unsubscribe(this.#now, topic);
            case 'publish': {
                const { event, data } = step as { event: string; data: Json };
                const bytes = topic.length + event.length + JSON.stringify(data).length;
                const members = JSON.stringify({ topic, event, data }).slice(1, -1);
                this.#names.set(this.#core.request(this.#now, { type: 'publish', members, bytes }), step['as'] as string);
                return;
            }
            case 'call': {
                const method = step['method'] as string;
                const params = 'params' in step ? { params: step['params'] } : {};
                const bytes = method.length + ('params' in step ? JSON.stringify(step['params']).length : 0);
                const members = JSON.stringify({ method, ...params }).slice(1, -1);
                const deadline = (step['deadline_ms'] as number | undefined) ?? this.#callDeadlineMs;
                this.#names.set(this.#core.request(this.#now, { type: 'call', members, bytes }, deadline), step['as'] as string);
                return;
            }
            case 'cancel':
                for (const [handle, name] of this.#names) if (name === step['of']) this.#core.cancel(this.#now, handle);
                return;
            case 'token':
                if ('error' in step) return this.#core.tokenFailed(this.#now, this.#ask, step['error']);
                return this.#core.tokenGiven(this.#now, this.#ask, { token: step['value'] as string, expiresAtMs: step['expires_at_ms'] as number | undefined });
            default:
                assert.fail(`no such step: ${JSON.stringify(step)}`);
        }
    }

    server(step: { [member: string]: Json }): void {
        if ('server_message' in step) return this.#core.received(this.#now, this.#connection, JSON.stringify(step['server_message']));
        if ('server_text' in step) return this.#core.received(this.#now, this.#connection, step['server_text'] as string);
        switch (step['server']) {
            case 'open':
                return this.#core.opened(this.#now, this.#connection, (step['protocol'] as string | undefined) ?? 'kingbolt.v1.json');
            case 'refuse':
            case 'lost':
                return this.#core.ended(this.#now, this.#connection, 1006, '');
            case 'close':
                return this.#core.ended(this.#now, this.#connection, step['code'] as number, step['reason'] as string);
            case 'binary':
                return this.#core.received(this.#now, this.#connection, undefined);
            default:
                assert.fail(`no such step: ${JSON.stringify(step)}`);
        }
    }

    advance(ms: number): void {
        const end = this.#now + ms;
        for (let due; (due = this.#core.nextDue) !== undefined && due <= end; ) {
            this.#now = due;
            this.#core.advance(due);
        }
        this.#now = end;
        this.#core.advance(end);
    }

    async settle(): Promise<void> {
        for (const action of this.#core.takeActions()) {
            switch (action.do) {
                case 'ask_token':
                    this.#ask = action.ask;
                    this.network.push({ expect: 'token' });
                    break;
                case 'connect':
                    this.#connection = action.connection;
                    this.network.push({ expect: 'connect', protocols: [...action.protocols] });
                    break;
                case 'send':
                    this.network.push({ expect_send: JSON.parse(action.text) as Json });
                    break;
                case 'close':
                    this.network.push({ expect: 'close', code: action.code });
                    break;
                case 'drop':
                    this.network.push({ expect: 'drop' });
                    break;
                case 'tell':
                    this.application.push(eventEntry(action.kind, action.detail));
                    break;
                case 'tell_subscriber':
                    this.application.push(eventEntry(action.kind, action.detail, this.#topics.get(action.handle)));
                    break;
                case 'settle': {
                    const { result } = action;
                    const outcome = 'ok' in result ? { ok: inTableForm(result.ok as object) } : result;
                    this.application.push(resultEntry(this.#names.get(action.handle) ?? '?', outcome));
                    break;
                }
            }
        }
    }
}

for (const scenario of scenarios) test(`Core: ${scenario.name}`, () => run(scenario, new CoreDriver(scenario)));
