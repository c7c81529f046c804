import { byId, element, setText } from './dom.js';
import * as format from './format.js';
import { Latencies, Samples } from './samples.js';
import { Sparkline } from './sparkline.js';

/** Of an event `figures`, what is shown. */
export interface Figures {
    readonly uptime_ms: number;
    readonly rss_bytes: number;
    readonly hub: { readonly open_sessions: number; readonly bytes_out: number; readonly loop_lag_ms: number };
}

/** One figure with a minute of its past. */
class Tile {
    readonly #value = element('dd', {}, '–');
    readonly #note = element('dd', { class: 'note' });
    readonly #samples = new Samples();
    readonly #line = new Sparkline();
    readonly element = element('div', { class: 'tile' }, element('dt', {}), this.#value, this.#note, this.#line.element);

    constructor(
        name: string,
        label: string,
        private readonly scale: { least: number; fromZero: boolean },
    ) {
        this.element.dataset.tile = name;
        setText(this.element.children[0] as Element, label);
    }

    show(value: number | undefined, text: string, note: string): void {
        this.#samples.add(value);
        this.#line.draw(this.#samples, this.scale);
        setText(this.#value, text);
        setText(this.#note, note);
    }
}

/** The row of figures on top. */
export class Tiles {
    readonly #events = new Tile('events', 'Events', { least: 10, fromZero: true });
    readonly #p50 = new Tile('p50', 'Delivery, p50', { least: 2, fromZero: true });
    readonly #p99 = new Tile('p99', 'Delivery, p99', { least: 2, fromZero: true });
    readonly #clients = new Tile('connections', 'Connections', { least: 4, fromZero: true });
    readonly #sent = new Tile('sent', 'Sent to clients', { least: 1000, fromZero: true });
    readonly #memory = new Tile('memory', 'Server memory', { least: 2 ** 21, fromZero: false });
    readonly #latencies = new Latencies();
    #heard = 0;
    #figures: Figures | undefined;
    #sentBefore: number | undefined;

    constructor() {
        const tiles = [this.#events, this.#p50, this.#p99, this.#clients, this.#sent, this.#memory];
        byId('tiles').append(...tiles.map((tile) => tile.element));
    }

    /** An event has come; `tookMs` is undefined where it was an old one. */
    onEvent(at: number, tookMs: number | undefined): void {
        ++this.#heard;
        if (tookMs !== undefined) this.#latencies.add(at, tookMs);
    }

    onFigures(figures: Figures): void {
        this.#figures = figures;
    }

    /** Every second; what was not heard is not known. */
    sample(at: number): void {
        const figures = this.#figures;
        this.#figures = undefined;
        this.#events.show(this.#heard, `${format.count(this.#heard)} /s`, 'heard by this page');
        this.#heard = 0;
        const [p50, p99] = this.#latencies.quantiles(at, [0.5, 0.99]);
        this.#p50.show(p50, p50 === undefined ? '–' : format.latency(p50), 'of the last minute');
        this.#p99.show(p99, p99 === undefined ? '–' : format.latency(p99), 'of the last minute');
        if (figures === undefined) return;
        const { hub, rss_bytes, uptime_ms } = figures;
        this.#clients.show(hub.open_sessions, format.count(hub.open_sessions), `loop lag ${format.count(hub.loop_lag_ms)} ms`);
        // A new server counts from 0.
        const sent = this.#sentBefore === undefined || hub.bytes_out < this.#sentBefore ? undefined : hub.bytes_out - this.#sentBefore;
        this.#sentBefore = hub.bytes_out;
        this.#sent.show(sent, sent === undefined ? '–' : `${format.bytes(sent)}/s`, 'all connections');
        this.#memory.show(rss_bytes, format.bytes(rss_bytes), `up for ${format.span(uptime_ms)}`);
    }
}
