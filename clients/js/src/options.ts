import { InvalidOption } from './errors.js';
import { fitsSubprotocol, type Token, type TokenSource } from './token.js';

/** The part of a WebSocket that the client uses: a browser's, Node's, or that of npm's `ws`. */
export interface Socket {
    readonly protocol: string;
    onopen: ((event: never) => void) | null;
    onmessage: ((event: never) => void) | null;
    onerror: ((event: never) => void) | null;
    onclose: ((event: never) => void) | null;
    send(data: string): void;
    close(code?: number, reason?: string): void;
}

export type SocketConstructor = new (url: string, protocols: string[]) => Socket;

/** Time, for tests that do not wait. */
export interface Clock {
    /** In ms; never goes back. */
    now(): number;
    setTimeout(run: () => void, ms: number): unknown;
    clearTimeout(timer: never): void;
}

export interface ClientOptions {
    /** A constant, or a function that is asked before each attempt and for refreshes. Default: none. */
    token?: string | TokenSource;
    /** `subprotocol` (default): `bearer.<token>` in the upgrade request. `hello`: in the first message. */
    tokenIn?: 'subprotocol' | 'hello';
    /** Default: the global one. Node 20 has none: pass that of npm's `ws`. */
    webSocket?: SocketConstructor;
    /** Shortest pause before another attempt: 1 to 3,600,000, default 500. */
    baseMs?: number;
    /** Longest pause that the client chooses itself: baseMs to 86,400,000, default 30,000. */
    capMs?: number;
    /** How long a connection must last for the pauses to begin anew: 0 to 86,400,000, default 60,000. */
    stableMs?: number;
    /** How long to wait for a token, and then for `welcome`: 1 to 300,000, default 10,000. */
    connectTimeoutMs?: number;
    /** Deadline of calls that name none: 1 to 300,000, default 30,000. */
    callDeadlineMs?: number;
    /** Publications and calls that may wait for a connection: 0 to 1,000,000, default 1,000. */
    maxQueued?: number;
    /** Their bytes: 0 to 1 GiB, default 1 MiB. */
    maxQueuedBytes?: number;
    clock?: Clock;
    /** From 0 to 1, for the pauses. Default: Math.random. */
    random?: () => number;
}

/** `ClientOptions` after validation, without what only the shell needs. */
export interface CoreOptions {
    readonly token: 'source' | Token | undefined;
    readonly tokenIn: 'subprotocol' | 'hello';
    readonly baseMs: number;
    readonly capMs: number;
    readonly stableMs: number;
    readonly connectTimeoutMs: number;
    readonly maxQueued: number;
    readonly maxQueuedBytes: number;
    readonly random: () => number;
}

export interface ShellOptions {
    readonly url: string;
    readonly source: TokenSource | undefined;
    readonly webSocket: SocketConstructor;
    readonly callDeadlineMs: number;
    readonly clock: Clock;
}

export const longestDeadlineMs = 300_000;
const dayMs = 86_400_000;

const names: ReadonlySet<string> = new Set<keyof ClientOptions>([
    'token', 'tokenIn', 'webSocket', 'baseMs', 'capMs', 'stableMs', 'connectTimeoutMs', 'callDeadlineMs', 'maxQueued', 'maxQueuedBytes', 'clock', 'random',
]);

const systemClock: Clock = {
    now: () => performance.now(),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer),
};

/** Throws InvalidOption. */
export function validated(url: string | URL, options: ClientOptions): { core: CoreOptions; shell: ShellOptions } {
    for (const name of Object.keys(options))
        if (!names.has(name)) throw new InvalidOption(name, show(options[name as keyof ClientOptions]), `one of ${[...names].join(', ')}`, 'correct the name');
    const { token, tokenIn = 'subprotocol', clock = systemClock, random = Math.random } = options;
    if (tokenIn !== 'subprotocol' && tokenIn !== 'hello') throw new InvalidOption('tokenIn', show(tokenIn), "'subprotocol' or 'hello'", "leave it out, or use 'hello'");
    if (token !== undefined && typeof token !== 'function') checkToken(token, tokenIn);
    if (typeof random !== 'function') throw new InvalidOption('random', show(random), 'a function', 'leave it out');
    const baseMs = whole('baseMs', options.baseMs ?? 500, 1, 3_600_000, 'use 500');
    return {
        core: {
            token: typeof token === 'function' ? 'source' : token === undefined ? undefined : { token },
            tokenIn,
            baseMs,
            capMs: whole('capMs', options.capMs ?? Math.max(30_000, baseMs), baseMs, dayMs, 'use 30000, or baseMs if that is longer'),
            stableMs: whole('stableMs', options.stableMs ?? 60_000, 0, dayMs, 'use 60000'),
            connectTimeoutMs: whole('connectTimeoutMs', options.connectTimeoutMs ?? 10_000, 1, 300_000, 'use 10000'),
            maxQueued: whole('maxQueued', options.maxQueued ?? 1_000, 0, 1_000_000, 'use 1000'),
            maxQueuedBytes: whole('maxQueuedBytes', options.maxQueuedBytes ?? 2 ** 20, 0, 2 ** 30, 'use 1048576'),
            random,
        },
        shell: {
            url: checkedUrl(url),
            source: typeof token === 'function' ? token : undefined,
            webSocket: options.webSocket ?? globalWebSocket(),
            callDeadlineMs: whole('callDeadlineMs', options.callDeadlineMs ?? 30_000, 1, longestDeadlineMs, 'use 30000'),
            clock,
        },
    };
}

/** Throws InvalidOption. */
export function checkToken(token: unknown, tokenIn: 'subprotocol' | 'hello'): void {
    // Not shown: it is a secret.
    if (typeof token !== 'string' || token === '') throw new InvalidOption('token', typeof token, 'a text that is not empty', 'pass a token, or a function that returns one');
    if (tokenIn === 'subprotocol' && !fitsSubprotocol(token))
        throw new InvalidOption('token', 'a text with other characters', 'characters that a subprotocol may have, as those of a JWT', "use tokenIn: 'hello'");
}

/** Throws InvalidOption. */
export function whole(option: string, value: unknown, least: number, most: number, cure: string): number {
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most)
        throw new InvalidOption(option, show(value), `a whole number from ${least} to ${most}`, cure);
    return value as number;
}

function checkedUrl(url: string | URL): string {
    const range = 'an absolute URL of ws: or wss:, without a fragment';
    let parsed: URL;
    try {
        parsed = new URL(url);
    } catch {
        throw new InvalidOption('url', show(String(url)), range, 'use one such as wss://example.org/hub');
    }
    if ((parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:') || parsed.hash !== '')
        throw new InvalidOption('url', show(parsed.href), range, 'use one such as wss://example.org/hub');
    return parsed.href;
}

function globalWebSocket(): SocketConstructor {
    const { WebSocket } = globalThis as { WebSocket?: SocketConstructor };
    if (WebSocket === undefined)
        throw new InvalidOption('webSocket', 'undefined', 'a constructor', "this platform has no global WebSocket: npm install ws, and pass webSocket: WebSocket of 'ws'");
    return WebSocket;
}

function show(value: unknown): string {
    return typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value));
}
