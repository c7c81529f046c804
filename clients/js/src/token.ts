export interface Token {
    readonly token: string;
    /** When it ends, in ms since 1970 by the server's clock. Left out: the `exp` of a JWT, or unknown. */
    readonly expiresAtMs?: number | undefined;
}

/** Asked before each attempt to connect, and for refreshes. */
export type TokenSource = () => string | Token | Promise<string | Token>;

/** Subprotocols are tokens of RFC 9110 §5.6.2; a browser refuses others with a SyntaxError. */
export function fitsSubprotocol(token: string): boolean {
    return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(token);
}

/** When a token ends, as far as one can see without verifying it; that is the server's business. */
export function endOf(token: Token): number | undefined {
    return token.expiresAtMs ?? expiryOfJwt(token.token);
}

/** How long to wait with the refresh of a token that has `remainingMs` left. Undefined: it is too late, the server will end the session. */
export function refreshDelay(remainingMs: number): number | undefined {
    if (remainingMs < 1_000) return undefined;
    return remainingMs < 10_000 ? remainingMs / 2 : Math.min(0.8 * remainingMs, remainingMs - 5_000);
}

function expiryOfJwt(token: string): number | undefined {
    const claims = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token)?.[1];
    if (claims === undefined) return undefined;
    try {
        // Only `exp` is wanted: that atob gives Latin-1 instead of UTF-8 does not matter.
        const { exp } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))) as { exp?: unknown };
        return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1_000 : undefined;
    } catch {
        return undefined;
    }
}
