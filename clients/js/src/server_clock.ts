/** The server's clock, estimated by what it says in answers: half the round trip after the question. The shortest round trip is the most exact. */
export class ServerClock {
    #offset: number | undefined;
    #roundTrip = Infinity;

    /** A new connection may lead to another server. */
    restart(): void {
        this.#roundTrip = Infinity;
    }

    learn(serverNow: number, askedAt: number, now: number): void {
        const roundTrip = now - askedAt;
        if (roundTrip > this.#roundTrip) return;
        this.#roundTrip = roundTrip;
        this.#offset = serverNow - (askedAt + roundTrip / 2);
    }

    /** In ms since 1970; undefined before the first `welcome`. */
    at(now: number): number | undefined {
        return this.#offset === undefined ? undefined : now + this.#offset;
    }
}
