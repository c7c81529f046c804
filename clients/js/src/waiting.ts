/** A publication or a call. */
export interface Request {
    /** By which the application knows it. */
    readonly handle: number;
    readonly type: 'publish' | 'call';
    /** As JSON, without braces: what the application changes in its data later is not sent. */
    readonly members: string;
    readonly bytes: number;
    /** Of a call. */
    readonly deadlineAt: number | undefined;
}

/** Requests that wait for a connection, in the order in which they were made, bounded in number and bytes. */
export class Waiting {
    readonly #requests = new Map<number, Request>();
    #bytes = 0;

    constructor(
        private readonly maxRequests: number,
        private readonly maxBytes: number,
    ) {}

    /** False when it does not fit. */
    add(request: Request): boolean {
        if (this.#requests.size >= this.maxRequests || this.#bytes + request.bytes > this.maxBytes) return false;
        this.#requests.set(request.handle, request);
        this.#bytes += request.bytes;
        return true;
    }

    remove(handle: number): boolean {
        const request = this.#requests.get(handle);
        if (request === undefined) return false;
        this.#requests.delete(handle);
        this.#bytes -= request.bytes;
        return true;
    }

    takeAll(): Request[] {
        const all = [...this.#requests.values()];
        this.#requests.clear();
        this.#bytes = 0;
        return all;
    }
}
