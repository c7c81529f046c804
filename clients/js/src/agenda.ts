/** What is to happen when. Time is what the caller says it is. */
export class Agenda {
    readonly #entries = new Map<string, { at: number; run: () => void }>();

    /** Replaces what has the same name. */
    set(name: string, at: number, run: () => void): void {
        this.#entries.delete(name);
        this.#entries.set(name, { at, run });
    }

    drop(name: string): void {
        this.#entries.delete(name);
    }

    /** When the next one is due. */
    next(): number | undefined {
        return this.#earliest()?.at;
    }

    /** Takes the next one that is due, to be run by the caller. Equal times: in the order of setting. */
    takeDue(now: number): (() => void) | undefined {
        const first = this.#earliest();
        if (first === undefined || first.at > now) return undefined;
        this.#entries.delete(first.name);
        return first.run;
    }

    #earliest(): { name: string; at: number; run: () => void } | undefined {
        let first: { name: string; at: number; run: () => void } | undefined;
        for (const [name, entry] of this.#entries) if (first === undefined || entry.at < first.at) first = { name, ...entry };
        return first;
    }
}
