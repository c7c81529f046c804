import { InvalidOption } from './errors.js';

const longestTopic = 255;
const bytes = new TextEncoder();

export function sizeInBytes(text: string): number {
    return bytes.encode(text).length;
}

export function isPattern(topic: string): boolean {
    return topic === '*' || topic.endsWith('.*');
}

/** `*` stands for one or more levels. */
export function covers(subscription: string, topic: string): boolean {
    return isPattern(subscription) ? topic.startsWith(subscription.slice(0, -1)) : subscription === topic;
}

/** Throws InvalidOption unless one may publish to it. */
export function checkTopic(topic: string): void {
    check(topic, topic, 'name one topic, such as chat.lobby');
}

/** Throws InvalidOption unless one may subscribe to it. */
export function checkSubscribable(topic: string): void {
    check(topic, topic === '*' ? 'all' : topic.replace(/\.\*$/, ''), 'name a topic such as agents.7, or a pattern such as agents.*');
}

function check(whole: string, levels: string, cure: string): void {
    if (typeof whole !== 'string' || levels === '' || /[\x00-\x1f\x7f*]/.test(levels) || sizeInBytes(whole) > longestTopic)
        throw new InvalidOption('topic', JSON.stringify(whole) ?? String(whole), '1 to 255 bytes, no control characters, * only as a whole last level', cure);
}
