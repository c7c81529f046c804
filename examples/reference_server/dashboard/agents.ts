import type { KingboltClient, TopicEvent } from 'kingbolt-client';

import { arrange, byId, element, setClass, setText } from './dom.js';
import * as format from './format.js';
import { Samples } from './samples.js';
import { Sparkline } from './sparkline.js';

interface Status {
    readonly id: string;
    readonly name: string;
    readonly state: string;
    readonly cpu_percent: number;
    readonly memory_bytes: number;
    readonly stale?: boolean;
    readonly age_ms?: number;
}

type Column = 'name' | 'cpu' | 'memory';

/** By the figures of this moment rows would change places all the time. */
const orders: Record<Column, string> = { name: 'by name', cpu: 'busiest of the last minute first', memory: 'largest first' };

/** A row of the table. */
class Agent {
    readonly #state = element('span', { class: 'state' });
    readonly #badge = element('span', { class: 'badge' });
    readonly #name = element('span', { class: 'name' });
    readonly #cpu = { samples: new Samples(), line: new Sparkline(), text: element('span', { class: 'value' }) };
    readonly #memory = { samples: new Samples(), line: new Sparkline(), text: element('span', { class: 'value' }) };
    readonly row = element(
        'tr',
        {},
        element('th', { scope: 'row' }, this.#name),
        element('td', {}, this.#state, this.#badge),
        element('td', { class: 'metric' }, element('div', {}, this.#cpu.line.element, this.#cpu.text)),
        element('td', { class: 'metric' }, element('div', {}, this.#memory.line.element, this.#memory.text)),
    );
    #status: Status;
    #measured: number;
    #stale = false;

    constructor(status: Status, measured: number) {
        this.#status = status;
        this.#measured = measured;
        this.#name.after(element('span', { class: 'id' }, status.id));
        this.row.dataset.agent = status.id;
        this.update(status, measured);
    }

    update(status: Status, measured: number): void {
        this.#status = status;
        this.#measured = measured;
        this.#stale = status.stale === true;
        setText(this.#name, status.name);
        this.#name.title = status.name;
        setText(this.#state, status.state);
        setText(this.#cpu.text, `${status.cpu_percent.toFixed(1)} %`);
        setText(this.#memory.text, format.bytes(status.memory_bytes));
    }

    /** Nobody knows how it is now. */
    doubt(): void {
        this.#stale = true;
    }

    showAge(now: number): void {
        setClass(this.row, this.#stale ? 'stale' : '');
        setText(this.#badge, this.#stale ? `stale ${format.span(now - this.#measured)}` : '');
    }

    sample(isKnown: boolean): void {
        const known = isKnown && !this.#stale;
        this.#cpu.samples.add(known ? this.#status.cpu_percent : undefined);
        this.#memory.samples.add(known ? this.#status.memory_bytes : undefined);
        this.#cpu.line.draw(this.#cpu.samples, { least: 10, fromZero: true });
        this.#memory.line.draw(this.#memory.samples, { least: this.#status.memory_bytes / 10 + 1, fromZero: false });
    }

    /** Names from A, figures from the largest. */
    compare(other: Agent, column: Column): number {
        if (column === 'cpu') return other.#cpu.samples.mean() - this.#cpu.samples.mean();
        if (column === 'memory') return other.#status.memory_bytes - this.#status.memory_bytes;
        return this.#status.name.localeCompare(other.#status.name, 'en');
    }
}

/** The table of agents, each with a minute of its past. */
export class Agents {
    readonly #agents = new Map<string, Agent>();
    readonly #body = byId('agents-body');
    readonly #count = byId('agents-count');
    readonly #order = byId('agents-order');
    #sorted: Column = 'cpu';
    #sortDue = 0;

    constructor(private readonly client: KingboltClient) {
        for (const button of document.querySelectorAll<HTMLButtonElement>('#agents thead button'))
            button.addEventListener('click', () => {
                this.#sorted = button.dataset.column as Column;
                for (const header of document.querySelectorAll('#agents thead th[aria-sort]')) header.setAttribute('aria-sort', 'none');
                button.closest('th')?.setAttribute('aria-sort', this.#sorted === 'name' ? 'ascending' : 'descending');
                setText(this.#order, orders[this.#sorted]);
                this.#sort();
            });
    }

    on(event: TopicEvent): void {
        if (event.event === 'gone') this.#remove((event.data as { id: string }).id);
        else if (event.event === 'status') this.#show(event.data as Status, event.ts);
    }

    /** Something was missed: who is not in the list is not there any more. */
    async renew(): Promise<void> {
        try {
            const { data } = await this.client.call<Status[]>('agents.list');
            const listed = new Set(data.map(({ id }) => id));
            for (const id of this.#agents.keys()) if (!listed.has(id)) this.#remove(id);
        } catch {
            for (const agent of this.#agents.values()) agent.doubt();
        }
    }

    /** Every quarter of a second. */
    showAges(now: number): void {
        for (const agent of this.#agents.values()) agent.showAge(now);
    }

    /** Every second. */
    sample(isKnown: boolean): void {
        for (const agent of this.#agents.values()) agent.sample(isKnown);
        // Rarely: rows that change places all the time cannot be read.
        if (--this.#sortDue <= 0) this.#sort();
        setText(this.#count, format.count(this.#agents.size));
    }

    #show(status: Status, ts: number): void {
        const measured = ts - (status.age_ms ?? 0);
        const known = this.#agents.get(status.id);
        if (known !== undefined) return known.update(status, measured);
        const agent = new Agent(status, measured);
        this.#agents.set(status.id, agent);
        this.#body.append(agent.row);
        this.#sortDue = Math.min(this.#sortDue, 1);
    }

    #remove(id: string): void {
        this.#agents.get(id)?.row.remove();
        this.#agents.delete(id);
    }

    #sort(): void {
        this.#sortDue = 5;
        const order = [...this.#agents.values()].sort((a, b) => a.compare(b, this.#sorted));
        arrange(this.#body, order.map(({ row }) => row));
    }
}
