/**
 * Decorrelated jitter: min(cap, uniform from base to 3 × the pause before).
 * M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015.
 */
export class Backoff {
    #previous: number;

    constructor(
        private readonly baseMs: number,
        private readonly capMs: number,
        private readonly random: () => number,
    ) {
        this.#previous = baseMs;
    }

    next(): number {
        const pause = this.baseMs + this.random() * (3 * this.#previous - this.baseMs);
        this.#previous = Math.floor(Math.min(this.capMs, pause));
        return this.#previous;
    }

    reset(): void {
        this.#previous = this.baseMs;
    }
}
