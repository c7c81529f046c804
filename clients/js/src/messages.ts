// The messages of docs/protocol.md that come from the server, checked. What is not as it should be is `malformed`, with the reason;
// unknown members and unknown types are no fault.

/** One topic of a pattern. `epoch` is that of its numbers, where it is another than the pattern's. */
export interface TopicPosition {
    readonly topic: string;
    readonly seq: number;
    readonly epoch?: string;
}

/** The result of a subscription; `refused` has the code of the error. */
export type SubscriptionResult =
    | {
          readonly topic: string;
          readonly epoch: string;
          readonly seq: number | undefined;
          readonly positions: readonly Required<TopicPosition>[] | undefined;
          readonly recovered: boolean | undefined;
          readonly conflated: boolean;
      }
    | { readonly topic: string; readonly refused: string };

/** An event of a topic. `data` is what the publisher sent. */
export interface TopicEvent {
    readonly topic: string;
    readonly event: string;
    readonly epoch: string;
    readonly seq: number;
    /** ms since 1970, by the server's clock. */
    readonly ts: number;
    readonly data: unknown;
}

export interface Member {
    readonly session: string;
    readonly subject?: string;
}

/** Who is there, or who has come and gone since. */
export type Presence = { readonly state: readonly Member[] } | { readonly joined: readonly Member[]; readonly left: readonly string[] };

/** The server's good-bye. */
export interface Bye {
    readonly code: number;
    readonly reason: string;
    readonly retry: boolean;
    readonly afterMs?: number;
}

export interface Problem {
    readonly code: string;
    readonly message: string;
    readonly retry: boolean;
    readonly afterMs: number | undefined;
}

export type ServerMessage =
    | { type: 'welcome'; session: string; now: number; pingMs: number; subs: readonly unknown[] }
    | { type: 'event'; event: TopicEvent }
    | { type: 'presence'; topic: string; presence: Presence }
    | { type: 'reply'; id: number | undefined; body: Body }
    | { type: 'error'; id: number | undefined; problem: Problem; topic: string | undefined }
    | { type: 'bye'; bye: Bye }
    | { type: 'unknown' }
    | { type: 'malformed'; id: number | undefined; why: string };

/** An object of JSON whose members are asked for by type; a wrong one throws Malformed. */
export class Body {
    readonly #members: ReadonlyMap<string, unknown>;

    constructor(
        value: unknown,
        private readonly name: string,
    ) {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Malformed(`${name} is no object`);
        this.#members = new Map(Object.entries(value));
    }

    has(member: string): boolean {
        return this.#members.has(member);
    }

    any(member: string): unknown {
        if (!this.has(member)) throw new Malformed(`${this.name} has no ${member}`);
        return this.#members.get(member);
    }

    text(member: string): string {
        return this.#expect(member, 'string', (value) => typeof value === 'string');
    }

    flag(member: string): boolean {
        return this.#expect(member, 'boolean', (value) => typeof value === 'boolean');
    }

    whole(member: string, least = 0): number {
        return this.#expect(member, `whole number from ${least}`, (value) => Number.isSafeInteger(value) && (value as number) >= least);
    }

    list(member: string): readonly unknown[] {
        return this.#expect(member, 'array', Array.isArray);
    }

    optional<T>(member: string, read: (member: string) => T): T | undefined {
        return this.has(member) ? read.call(this, member) : undefined;
    }

    #expect<T>(member: string, type: string, is: (value: unknown) => boolean): T {
        const value = this.any(member);
        if (!is(value)) throw new Malformed(`${this.name}.${member} is no ${type}`);
        return value as T;
    }
}

export class Malformed extends Error {}

/** Reads a text message. */
export function readMessage(text: string): ServerMessage {
    let value: unknown;
    try {
        value = JSON.parse(text);
    } catch {
        return { type: 'malformed', id: undefined, why: 'a message is not JSON' };
    }
    let id: number | undefined;
    try {
        const body = new Body(value, 'a message');
        const type = body.text('type');
        const named = new Body(value, type);
        if (type === 'reply' || type === 'error') id = named.optional('id', named.whole);
        return read(type, named, id);
    } catch (error) {
        if (error instanceof Malformed) return { type: 'malformed', id, why: error.message };
        throw error;
    }
}

/** Reads the result of a subscription; throws Malformed. */
export function readSubscriptionResult(value: unknown): SubscriptionResult {
    const body = new Body(value, 'the result of a subscription');
    const topic = body.text('topic');
    if (body.has('error')) return { topic, refused: body.text('error') };
    return {
        topic,
        epoch: body.text('epoch'),
        seq: body.optional('seq', body.whole),
        positions: body.optional('positions', body.list)?.map((position) => {
            const entry = new Body(position, 'a position');
            return { topic: entry.text('topic'), seq: entry.whole('seq'), epoch: entry.optional('epoch', entry.text) ?? body.text('epoch') };
        }),
        recovered: body.optional('recovered', body.flag),
        conflated: body.optional('conflated', body.flag) ?? false,
    };
}

function read(type: string, body: Body, id: number | undefined): ServerMessage {
    switch (type) {
        case 'welcome':
            return { type, session: body.text('session'), now: body.whole('now'), pingMs: body.whole('ping_ms', 1), subs: body.list('subs') };
        case 'event':
            return {
                type,
                event: {
                    topic: body.text('topic'),
                    event: body.text('event'),
                    epoch: body.text('epoch'),
                    seq: body.whole('seq', 1),
                    ts: body.whole('ts'),
                    data: body.any('data'),
                },
            };
        case 'presence':
            return { type, topic: body.text('topic'), presence: readPresence(body) };
        case 'reply':
            return { type, id, body };
        case 'error':
            return {
                type,
                id,
                problem: {
                    code: body.text('code'),
                    message: body.text('message'),
                    retry: body.flag('retry'),
                    afterMs: body.optional('after_ms', body.whole),
                },
                topic: body.optional('topic', body.text),
            };
        case 'bye': {
            const afterMs = body.optional('after_ms', body.whole);
            const bye = { code: body.whole('code'), reason: body.text('reason'), retry: body.flag('retry') };
            return { type, bye: afterMs === undefined ? bye : { ...bye, afterMs } };
        }
        default:
            return { type: 'unknown' };
    }
}

function readPresence(body: Body): Presence {
    if (body.has('state')) return { state: body.list('state').map(readMember) };
    if (!body.has('joined') && !body.has('left')) throw new Malformed('presence has neither state nor joined nor left');
    return {
        joined: (body.optional('joined', body.list) ?? []).map(readMember),
        left: (body.optional('left', body.list) ?? []).map((session) => {
            if (typeof session !== 'string') throw new Malformed('presence.left has an entry that is no string');
            return session;
        }),
    };
}

function readMember(value: unknown): Member {
    const body = new Body(value, 'a member');
    const subject = body.optional('subject', body.text);
    const session = body.text('session');
    return subject === undefined ? { session } : { session, subject };
}
