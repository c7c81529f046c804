// Numbers and times as people read them. Each has about the same width whatever its value, so that nothing jumps.

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(count: number): string {
    let unit = 0;
    let value = count;
    for (; value >= 1000 && unit < units.length - 1; ++unit) value /= 1024;
    return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

/** A length of time, rounded down: `7 s`, `3 min`, `2 h 05 min`, `4 d 3 h`. */
export function span(ms: number): string {
    const s = Math.floor(Math.max(0, ms) / 1000);
    if (s < 60) return `${s} s`;
    const min = Math.floor(s / 60);
    if (min < 60) return `${min} min`;
    const h = Math.floor(min / 60);
    if (h < 24) return `${h} h ${String(min % 60).padStart(2, '0')} min`;
    return `${Math.floor(h / 24)} d ${h % 24} h`;
}

/** A short time: `0.4 ms`, `12 ms`, `1.3 s`. */
export function latency(ms: number): string {
    if (ms < 10) return `${ms.toFixed(1)} ms`;
    return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export function count(n: number): string {
    return n.toLocaleString('en');
}

export function clockTime(ms: number): string {
    return new Date(ms).toLocaleTimeString('en-GB');
}

/** `half_open` is `half-open`, `client_gone` is `client gone`. */
export function words(name: string): string {
    return name === 'half_open' ? 'half-open' : name.replaceAll('_', ' ');
}
