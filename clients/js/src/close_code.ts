// docs/close-codes.md, from the client's side.

export const closeCode = {
    normal: 1000,
    abnormal: 1006,
    authExpired: 4010,
} as const;

/** A server that asks for more is obeyed up to a day: longer delays overflow timers, which then fire at once. */
export const longestDelayMs = 86_400_000;

const returning: ReadonlySet<number> = new Set([1001, 1006, 1011, 1012, 1013]);

export function mayComeBack(code: number): boolean {
    return returning.has(code) || (code >= 4000 && code < 4500);
}

/** The delay in a reason such as `server_drain after_ms=350`. */
export function delayInReason(reason: string): number | undefined {
    const digits = /(?:^| )after_ms=(\d+)$/.exec(reason)?.[1];
    return digits === undefined ? undefined : Math.min(Number(digits), longestDelayMs);
}
