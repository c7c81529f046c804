// Where one subscription stands in each topic that it covers: docs/protocol.md, "Sequences, epochs, recovery".

import { Malformed, type SubscriptionResult, type TopicEvent, type TopicPosition } from './messages.js';
import { isPattern } from './topic.js';

interface Place {
    /** Undefined in a topic that began after the result, until its first event. */
    epoch: string | undefined;
    /** The client's position. */
    seq: number;
    /** The last number handed on since the result. Below `seq` while a retained value may come. */
    delivered: number;
    /** A gap is being healed: what comes now comes again. */
    held: boolean;
    /** The position at which a gap was healed last. */
    healedAt: number | undefined;
}

export interface Gap {
    readonly topic: string;
    readonly epoch: string;
    /** The first and the last number that is missing. */
    readonly from: number;
    readonly to: number;
    /** Whether the client asks the server for what is missing. If not, it stays missing. */
    readonly healing: boolean;
}

export interface Verdict {
    readonly deliver: boolean;
    readonly gap?: Gap;
}

export type Resume = { epoch: string; seq: number } | { epoch: string; positions: TopicPosition[] } | Record<string, never>;

type Confirmed = Exclude<SubscriptionResult, { refused: string }>;

const ignore: Verdict = { deliver: false };
const deliver: Verdict = { deliver: true };

export class Positions {
    #patternEpoch: string | undefined;
    #places = new Map<string, Place>();
    #conflated = false;

    constructor(private readonly topic: string) {}

    /** The members of a subscription that say from where to go on. */
    resume(): Resume {
        if (this.#patternEpoch !== undefined) {
            const known = [...this.#places]
                .filter(([, place]) => place.seq > 0)
                .map(([topic, { seq, epoch }]) => ({ topic, seq, ...(epoch === undefined || epoch === this.#patternEpoch ? {} : { epoch }) }));
            return { epoch: this.#patternEpoch, positions: known.sort((a, b) => (a.topic < b.topic ? -1 : 1)) };
        }
        const place = this.#places.get(this.topic);
        return place?.epoch === undefined ? {} : { epoch: place.epoch, seq: place.seq };
    }

    /** Takes a result. Throws Malformed when it does not say where the client stands, and changes nothing then. */
    confirm(result: Confirmed): void {
        const start = this.#start(result);
        this.#conflated = result.conflated;
        if (result.recovered === true && (this.#patternEpoch !== undefined || this.#places.size > 0)) {
            // What follows moves the position, event by event: a connection that is lost meanwhile loses nothing.
            this.release();
            for (const topic of this.#places.keys()) if (!start.has(topic)) this.#places.delete(topic);
        } else {
            this.#places = start;
        }
        if (isPattern(this.topic)) this.#patternEpoch = result.epoch;
    }

    /** There will be no answer to a healing: the next gap at the same position is passed over. */
    release(): void {
        for (const place of this.#places.values()) place.held = false;
    }

    /** What to do with an event that the subscription covers. Moves the position when it is to be delivered. */
    judge(event: TopicEvent): Verdict {
        const place = this.#place(event.topic);
        if (place.held) return ignore;
        if (place.epoch !== event.epoch) {
            if (place.epoch !== undefined) Object.assign(place, begin());
            place.epoch = event.epoch;
        }
        if (event.seq <= place.delivered) return ignore;
        if (event.seq <= place.seq) {
            place.delivered = event.seq;
            return deliver;
        }
        const missing = { topic: event.topic, epoch: event.epoch, from: place.seq + 1, to: event.seq - 1 };
        const gap = missing.from <= missing.to && !this.#conflated;
        if (gap && place.healedAt !== place.seq) {
            place.healedAt = place.seq;
            place.held = true;
            return { deliver: false, gap: { ...missing, healing: true } };
        }
        place.seq = place.delivered = event.seq;
        return gap ? { deliver: true, gap: { ...missing, healing: false } } : deliver;
    }

    #place(topic: string): Place {
        let place = this.#places.get(topic);
        if (place === undefined) this.#places.set(topic, (place = begin()));
        return place;
    }

    #start(result: Confirmed): Map<string, Place> {
        if (isPattern(this.topic)) {
            if (result.positions === undefined) throw new Malformed('the result of a pattern has no positions');
            return new Map(result.positions.map(({ topic, seq, epoch }) => [topic, { ...begin(), epoch, seq }]));
        }
        if (result.seq === undefined) throw new Malformed('the result of a topic has no seq');
        return new Map([[this.topic, { ...begin(), epoch: result.epoch, seq: result.seq }]]);
    }
}

function begin(): Place {
    return { epoch: undefined, seq: 0, delivered: 0, held: false, healedAt: undefined };
}
