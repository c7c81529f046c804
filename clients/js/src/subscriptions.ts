import { Malformed, readSubscriptionResult, type Presence, type Problem, type TopicEvent } from './messages.js';
import { badAnswer, errorOf, type Orders } from './orders.js';
import { Positions } from './positions.js';
import { covers } from './topic.js';

export interface Subscription {
    /** By which the shell knows it: a topic may be unsubscribed and subscribed again. */
    readonly handle: number;
    readonly topic: string;
    readonly presence: boolean;
    readonly positions: Positions;
    /** The server has confirmed it on this connection. */
    active: boolean;
    /** It has been subscribed again to heal a gap, and there is no answer yet. */
    healing: boolean;
}

/** What the application listens to, in the order of subscribing, and what the server has confirmed of it. */
export class Subscriptions {
    readonly #current = new Map<string, Subscription>();
    /** Those in `hello`, until `welcome`. */
    #greeted: readonly Subscription[] = [];

    constructor(private readonly orders: Orders) {}

    has(topic: string): boolean {
        return this.#current.has(topic);
    }

    add(handle: number, topic: string, presence: boolean): Subscription {
        const subscription = { handle, topic, presence, positions: new Positions(topic), active: false, healing: false };
        this.#current.set(topic, subscription);
        return subscription;
    }

    remove(topic: string): boolean {
        return this.#current.delete(topic);
    }

    /** `subs` of `hello`. */
    greet(): object[] {
        this.#greeted = [...this.#current.values()];
        return this.#greeted.map(subscriptionMembers);
    }

    /** Takes `subs` of `welcome`. Returns what the application has ended and begun since `hello`. */
    welcome(results: readonly unknown[]): { ended: Subscription[]; begun: Subscription[] } {
        const greeted = this.#greeted;
        this.#greeted = [];
        greeted.forEach((subscription, i) => this.result(subscription, results[i]));
        return {
            ended: greeted.filter((subscription) => !this.#isCurrent(subscription)),
            begun: [...this.#current.values()].filter((subscription) => !greeted.includes(subscription)),
        };
    }

    /** The connection has ended. */
    deactivate(): void {
        this.#greeted = [];
        for (const subscription of this.#current.values()) subscription.active = subscription.healing = false;
    }

    result(subscription: Subscription, value: unknown): void {
        if (!this.#isCurrent(subscription)) return;
        try {
            const result = readSubscriptionResult(value);
            if (result.topic !== subscription.topic) throw new Malformed(`a result is of ${result.topic}, not of ${subscription.topic}`);
            if ('refused' in result) {
                this.refused(subscription, { code: result.refused, message: `${result.topic}: ${result.refused}`, retry: false, afterMs: undefined });
                return;
            }
            subscription.positions.confirm(result);
            subscription.active = true;
            subscription.healing = false;
            this.orders.tellSubscriber(subscription.handle, 'subscribed', { recovered: result.recovered });
        } catch (error) {
            if (!(error instanceof Malformed)) throw error;
            this.refused(subscription, badAnswer(error.message));
        }
    }

    /** False: there is none to end. */
    endedByServer(topic: string, problem: Problem): boolean {
        const subscription = this.#current.get(topic);
        if (subscription?.active !== true) return false;
        subscription.active = false;
        this.refused(subscription, problem);
        return true;
    }

    refused(subscription: Subscription, problem: Problem): void {
        if (!this.#isCurrent(subscription)) return;
        if (subscription.healing) subscription.positions.release();
        subscription.healing = false;
        this.orders.tellSubscriber(subscription.handle, 'error', errorOf(problem));
    }

    /** Hands an event on. `heal` subscribes again, to fill a gap, if it can. */
    event(event: TopicEvent, heal: (subscription: Subscription) => boolean): void {
        for (const subscription of this.#current.values()) {
            if (!subscription.active || !covers(subscription.topic, event.topic)) continue;
            const { deliver, gap } = subscription.positions.judge(event);
            if (gap !== undefined) {
                this.orders.tellSubscriber(subscription.handle, 'gap', gap);
                // One request heals every gap of the subscription that is seen until its answer.
                if (gap.healing && !subscription.healing) subscription.healing = heal(subscription);
            }
            if (deliver) this.orders.tellSubscriber(subscription.handle, 'event', event);
        }
    }

    presence(topic: string, presence: Presence): void {
        const subscription = this.#current.get(topic);
        if (subscription?.active === true && subscription.presence) this.orders.tellSubscriber(subscription.handle, 'presence', presence);
    }

    /** The application may have ended it, and begun another of the same topic. */
    #isCurrent(subscription: Subscription): boolean {
        return this.#current.get(subscription.topic) === subscription;
    }
}

/** The members of a subscription, for the server. */
export function subscriptionMembers({ topic, presence, positions }: Subscription): object {
    return { topic, ...(presence ? { presence } : {}), ...positions.resume() };
}
