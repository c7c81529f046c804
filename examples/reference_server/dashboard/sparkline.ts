import { svg } from './dom.js';
import { Samples } from './samples.js';

const width = 120;
const height = 24;
const step = width / (Samples.size - 1);

/** A small curve without axes; the number beside it says how much, and it says whether that rises. For the eye only. */
export class Sparkline {
    readonly #line = svg('path', { class: 'line' });
    readonly #area = svg('path', { class: 'area' });
    readonly element = svg(
        'svg',
        { class: 'spark', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true', focusable: 'false' },
        this.#area,
        this.#line,
    );

    /** `least` is the smallest range of values that fills the height, so that noise does not look like a storm. With `fromZero` it begins at 0. */
    draw({ values }: Samples, { least, fromZero }: { least: number; fromZero: boolean }): void {
        const known = values.filter((value) => value !== undefined);
        let low = fromZero ? 0 : Math.min(...known);
        const range = Math.max(least, Math.max(...known) - low);
        if (!fromZero) low -= (range - (Math.max(...known) - low)) / 2;
        const y = (value: number) => (height - 2 - ((value - low) / range) * (height - 4)).toFixed(1);
        let line = '';
        let area = '';
        let begun: string | undefined; // where the present stretch began; it ends where a value is missing
        let x = '';
        values.forEach((value, i) => {
            if (value === undefined) {
                if (begun !== undefined) area += `L${x} ${height}L${begun} ${height}Z`;
                begun = undefined;
                return;
            }
            x = (width - (values.length - 1 - i) * step).toFixed(1);
            const point = `${x} ${y(value)}`;
            line += `${begun === undefined ? 'M' : 'L'}${point}`;
            area += begun === undefined ? `M${x} ${height}L${point}` : `L${point}`;
            begun ??= x;
        });
        if (begun !== undefined) area += `L${x} ${height}L${begun} ${height}Z`;
        this.#line.setAttribute('d', line);
        this.#area.setAttribute('d', area);
    }
}
