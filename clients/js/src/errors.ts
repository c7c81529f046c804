/** Bad input to the client: which option, its value, its range, and what to do. */
export class InvalidOption extends Error {
    override readonly name = 'InvalidOption';

    constructor(
        readonly option: string,
        readonly value: string,
        readonly range: string,
        readonly cure: string,
    ) {
        super(`${option} = ${value} is out of range (${range}): ${cure}`);
    }
}

export interface ErrorDetails {
    readonly retry: boolean;
    readonly afterMs?: number | undefined;
    readonly cause?: unknown;
}

/**
 * What came of a call, a publication, a subscription or a connection. `code` is one of the protocol's, or of the client's own:
 * `connection_lost`, `queue_full`, `deadline_exceeded`, `cancelled`, `closed`, `token_failed`, `bad_server_message`, `bad_subprotocol`.
 */
export class KingboltError extends Error {
    override readonly name = 'KingboltError';
    /** Whether the same may succeed later. After `connection_lost` nobody knows whether it has succeeded already. */
    readonly retry: boolean;
    /** When, in ms, if the server said so. */
    readonly afterMs: number | undefined;

    constructor(
        readonly code: string,
        message: string,
        details: ErrorDetails,
    ) {
        super(message, details.cause === undefined ? undefined : { cause: details.cause });
        this.retry = details.retry;
        this.afterMs = details.afterMs;
    }
}
