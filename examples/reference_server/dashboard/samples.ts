// What a figure has been lately.

/** The last 60 values, one a second; `undefined` where there was none. */
export class Samples {
    static readonly size = 60;
    readonly values: (number | undefined)[] = [];

    add(value: number | undefined): void {
        this.values.push(value);
        if (this.values.length > Samples.size) this.values.shift();
    }

    mean(): number {
        const known = this.values.filter((value) => value !== undefined);
        return known.length === 0 ? 0 : known.reduce((sum, value) => sum + value, 0) / known.length;
    }
}

/** The times that events took to come, of the last minute or of the last 10,000. */
export class Latencies {
    #seen: { readonly at: number; readonly ms: number }[] = [];

    add(at: number, ms: number): void {
        this.#seen.push({ at, ms });
    }

    /** Undefined where there are none. */
    quantiles(now: number, shares: readonly number[]): (number | undefined)[] {
        this.#seen = this.#seen.slice(-10_000).filter(({ at }) => now - at < 60_000);
        const sorted = Float64Array.from(this.#seen, ({ ms }) => ms).sort();
        return shares.map((share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]);
    }
}
