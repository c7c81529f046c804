// Runs tests/clients/scenarios.json; tests/clients/README.md says the format. What is driven is a `Driver`.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export type Json = null | boolean | number | string | Json[] | { [member: string]: Json };
type Members = { [member: string]: Json };

export interface Scenario {
    readonly name: string;
    readonly options?: Members;
    readonly random?: number[];
    readonly steps: Members[];
}

/** What the client did: an entry of the step's form. */
export type Entry = Members;

/** A client under test, in virtual time. */
export interface Driver {
    /** Entries to the network: `expect`, `expect_send`. */
    readonly network: Entry[];
    /** Entries to the application: `expect_event`, `expect_result`. */
    readonly application: Entry[];
    app(step: Members): void;
    server(step: Members): void;
    advance(ms: number): void | Promise<void>;
    /** Until everything that follows has happened. */
    settle(): Promise<void>;
}

const table = new URL('../../../tests/clients/scenarios.json', import.meta.url);

/** The scenarios for clients that do not see pings. */
export const scenarios = (JSON.parse(readFileSync(table, 'utf8')) as Scenario[]).filter(({ options }) => options?.['liveness'] !== 'pings');

export async function run(scenario: Scenario, driver: Driver): Promise<void> {
    for (const [i, step] of scenario.steps.entries()) {
        const where = `step ${i + 1}, ${JSON.stringify(step)}`;
        if ('expect' in step || 'expect_send' in step) {
            expect(driver.network, step, where);
        } else if ('expect_event' in step || 'expect_result' in step) {
            expect(driver.application, step, where);
        } else {
            assertQuiet(driver, `before ${where}`);
            if ('app' in step) driver.app(step);
            else if ('advance_ms' in step) await driver.advance(step['advance_ms'] as number);
            else if ('server' in step || 'server_message' in step || 'server_text' in step) driver.server(step);
            else assert.fail(`${where} is of no known kind`);
            await driver.settle();
        }
    }
    assertQuiet(driver, 'at the end');
}

function expect(queue: Entry[], step: Members, where: string): void {
    const entry = queue.shift();
    assert.ok(entry !== undefined, `${where}: the client did nothing`);
    if ('expect_event' in step) {
        const told = entry['expect_event'] as Members | undefined;
        assert.deepEqual(pick(told ?? entry, step['expect_event'] as Members), step['expect_event'], `${where}: was ${JSON.stringify(entry)}`);
    } else if (typeof step['expect'] === 'string') {
        assert.deepEqual(pick(entry, step), step, `${where}: was ${JSON.stringify(entry)}`);
    } else {
        assert.deepEqual(entry, step, `${where}: was ${JSON.stringify(entry)}`);
    }
}

function pick(from: Members, like: Members): Members {
    return Object.fromEntries(Object.keys(like).flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));
}

function assertQuiet(driver: Driver, where: string): void {
    assert.deepEqual([...driver.network, ...driver.application], [], `${where}: the client did what was not expected`);
}

/** Members in snake_case, as the table has them; those that are undefined are left out. */
export function inTableForm(value: object): Members {
    const entries = Object.entries(value).filter(([, member]) => member !== undefined);
    return Object.fromEntries(entries.map(([name, member]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), member as Json]));
}

export function eventEntry(kind: string, detail: object, subscription?: string): Entry {
    if (subscription === undefined) return { expect_event: { kind, ...inTableForm(detail) } };
    return { expect_event: { kind: kind === 'error' ? 'subscription_error' : kind, subscription, ...inTableForm(detail) } };
}

export function resultEntry(name: string, outcome: { ok: object } | { error: { code: string; retry: boolean; afterMs: number | undefined } }): Entry {
    if ('ok' in outcome) return { expect_result: name, ok: inTableForm(outcome.ok) };
    const { code, retry, afterMs } = outcome.error;
    return { expect_result: name, error: inTableForm({ code, retry, afterMs }) };
}

/** The `random` of a scenario: the last number repeats. */
export function numbers(scenario: Scenario): () => number {
    const left = [...(scenario.random ?? [0])];
    return () => (left.length > 1 ? left.shift() : left[0]) as number;
}

/** Option of the table to option of the client. */
export function camelCase(name: string): string {
    return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
