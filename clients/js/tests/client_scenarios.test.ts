// The shared table through the whole client, with a socket and a clock that are the test's. Promises settle later than handlers are called,
// so results are compared in a queue of their own; their order among events is core_scenarios.test.ts's to check.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KingboltClient, type ClientOptions, type KingboltError, type Subscription, type Token } from '../dist/index.js';
import { camelCase, eventEntry, numbers, resultEntry, run, scenarios, type Driver, type Entry, type Json, type Scenario } from './scenario.js';
import { FakeSocket, microtasks, VirtualClock } from './virtual.js';

class ClientDriver implements Driver {
    readonly network: Entry[] = [];
    readonly application: Entry[] = [];
    readonly clock = new VirtualClock();
    readonly #client: KingboltClient;
    readonly #subscriptions = new Map<string, Subscription>();
    readonly #calls = new Map<string, AbortController>();
    #socket: FakeSocket | undefined;
    #answer: { resolve(token: Token): void; reject(error: unknown): void } | undefined;

    constructor(scenario: Scenario) {
        const { network, application } = this;
        const { liveness: _, token, ...rest } = scenario.options ?? {};
        const options = Object.fromEntries(Object.entries(rest).map(([name, value]) => [camelCase(name), value])) as ClientOptions;
        if (token === 'source') {
            options.token = () => {
                network.push({ expect: 'token' });
                return new Promise((resolve, reject) => (this.#answer = { resolve, reject }));
            };
        } else if (token !== undefined) {
            options.token = (token as { fixed: string }).fixed;
        }
        const keep = (socket: FakeSocket) => (this.#socket = socket);
        class Recorded extends FakeSocket {
            constructor(url: string, protocols: string[]) {
                super(url, protocols, {
                    sent: (message) => network.push({ expect_send: message as Json }),
                    closed: (code) => network.push(code === undefined ? { expect: 'drop' } : { expect: 'close', code }),
                });
                network.push({ expect: 'connect', protocols });
                keep(this);
            }
        }
        this.#client = new KingboltClient('ws://server.example/', { ...options, webSocket: Recorded, clock: this.clock, random: numbers(scenario) });
        for (const kind of ['state', 'closed', 'bye', 'error'] as const) this.#client.on(kind, (detail) => application.push(eventEntry(kind, detail)));
    }

    app(step: { [member: string]: Json }): void {
        const topic = step['topic'] as string;
        switch (step['app']) {
            case 'connect':
                return this.#client.connect();
            case 'close':
                return this.#client.close();
            case 'subscribe': {
                const subscription = this.#client.subscribe(topic, { presence: step['presence'] === true });
                this.#subscriptions.set(topic, subscription);
                for (const kind of ['event', 'subscribed', 'gap', 'presence', 'error'] as const)
                    subscription.on(kind, (detail) => this.application.push(eventEntry(kind, detail, topic)));
                return;
            }
            case 'unsubscribe':
                return this.#subscriptions.get(topic)?.unsubscribe();
            case 'publish':
                return this.#expectResult(step['as'] as string, this.#client.publish(topic, step['event'] as string, step['data']));
            case 'call': {
                const abort = new AbortController();
                this.#calls.set(step['as'] as string, abort);
                const options = { signal: abort.signal, ...('deadline_ms' in step ? { deadlineMs: step['deadline_ms'] as number } : {}) };
                return this.#expectResult(step['as'] as string, this.#client.call(step['method'] as string, step['params'], options));
            }
            case 'cancel':
                return this.#calls.get(step['of'] as string)?.abort();
            case 'token':
                if ('error' in step) this.#answer?.reject(step['error']);
                else this.#answer?.resolve({ token: step['value'] as string, expiresAtMs: step['expires_at_ms'] as number | undefined });
                return;
            default:
                assert.fail(`no such step: ${JSON.stringify(step)}`);
        }
    }

    server(step: { [member: string]: Json }): void {
        const socket = this.#socket;
        assert.ok(socket !== undefined);
        if ('server_message' in step) return socket.happens('message', { data: JSON.stringify(step['server_message']) });
        if ('server_text' in step) return socket.happens('message', { data: step['server_text'] });
        switch (step['server']) {
            case 'open':
                return socket.happens('open', { protocol: (step['protocol'] as string | undefined) ?? 'kingbolt.v1.json' });
            case 'refuse':
            case 'lost':
                return socket.happens('close', { code: 1006, reason: '' });
            case 'close':
                return socket.happens('close', { code: step['code'] as number, reason: step['reason'] as string });
            case 'binary':
                return socket.happens('message', { data: new Uint8Array([1]) });
            default:
                assert.fail(`no such step: ${JSON.stringify(step)}`);
        }
    }

    advance(ms: number): Promise<void> {
        return this.clock.advance(ms);
    }

    async settle(): Promise<void> {
        await microtasks();
        const isResult = (entry: Entry) => 'expect_result' in entry;
        this.application.splice(0, Infinity, ...this.application.filter(isResult), ...this.application.filter((entry) => !isResult(entry)));
    }

    #expectResult(name: string, result: Promise<object>): void {
        result.then(
            (ok) => this.application.push(resultEntry(name, { ok })),
            (error: KingboltError) => this.application.push(resultEntry(name, { error })),
        );
    }
}

/** Results first among what is expected after a step that happens, as `settle` puts them. */
function resultsFirst(scenario: Scenario): Scenario {
    const steps: Scenario['steps'] = [];
    let from = 0;
    for (const step of scenario.steps) {
        if (!('expect' in step || 'expect_send' in step || 'expect_event' in step || 'expect_result' in step)) from = steps.length + 1;
        if ('expect_result' in step) steps.splice(from++, 0, step);
        else steps.push(step);
    }
    return { ...scenario, steps };
}

for (const scenario of scenarios) {
    test(`Client: ${scenario.name}`, async () => {
        const driver = new ClientDriver(scenario);
        await run(resultsFirst(scenario), driver);
        const stopped = scenario.steps.at(-1)?.['advance_ms'] === 1_000_000;
        if (stopped) assert.equal(driver.clock.pending, 0, 'a timer is left');
    });
}
