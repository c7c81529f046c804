/** Handlers of named events. */
export class Emitter<Events> {
    readonly #handlers = new Map<keyof Events, Set<(detail: never) => void>>();

    /** Returns a function that ends it. */
    on<Kind extends keyof Events>(kind: Kind, handler: (detail: Events[Kind]) => void): () => void {
        let handlers = this.#handlers.get(kind);
        if (handlers === undefined) this.#handlers.set(kind, (handlers = new Set()));
        handlers.add(handler);
        return () => handlers.delete(handler);
    }

    /** A handler that throws does not keep the others from hearing it; its error is unhandled, as it is where nobody catches. */
    emit<Kind extends keyof Events>(kind: Kind, detail: Events[Kind]): void {
        for (const handler of [...(this.#handlers.get(kind) ?? [])] as ((detail: Events[Kind]) => void)[]) {
            try {
                handler(detail);
            } catch (error) {
                queueMicrotask(() => {
                    throw error;
                });
            }
        }
    }
}
