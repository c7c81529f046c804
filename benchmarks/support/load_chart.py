"""A load over time, scenario by scenario: latency, the server's memory, processor time; and latencies by how rare they are."""

import html
import math

from . import svg as drawing

WIDTH, MARGIN, GAP, HEAD = 880, 10, 18, 46
AXIS, TITLE, PLOT, FOOT = 44, 40, 120, 26
ROW = TITLE + PLOT + FOOT + 14
COLUMN = (WIDTH - 2 * MARGIN - 2 * GAP) / 3
MOST_POINTS = 200

STYLE = drawing.style(
    ".line { fill: none; stroke-width: 1.4 } .frame { stroke: #8c959f } .limit { stroke: #bf3989; stroke-dasharray: 5 4 } .warm-up { fill: #eff1f3 }\n"
    "    .a { stroke: #0a58ca } .b { stroke: #9a6700 } .c { stroke: #8c959f } .fit { stroke: #bf3989; stroke-width: 1 }",
    ".frame { stroke: #6e7681 } .limit { stroke: #f778ba } .warm-up { fill: #21262d }\n"
    "      .a { stroke: #58a6ff } .b { stroke: #d29922 } .c { stroke: #6e7681 } .fit { stroke: #f778ba }")


def svg(figures):
    """All scenarios, one below the other."""
    scenarios = figures["scenarios"]
    parts = [*_key(MARGIN, 18)]
    for place, scenario in enumerate(scenarios):
        parts += _row(scenario, HEAD - 16 + place * ROW)
    return drawing.document(WIDTH, HEAD - 16 + len(scenarios) * ROW, "Latency, memory and processor time of a hub under load", STYLE, parts)


def one(scenario):
    return drawing.document(WIDTH, HEAD - 16 + ROW, f"Latency, memory and processor time: {scenario['name']}", STYLE, [*_key(MARGIN, 18), *_row(scenario, HEAD - 16)])


def distribution(scenario):
    """Latency over the share of events that took no longer, drawn so that each nine takes as much room as the last."""
    buckets = scenario["histogram_ms"]
    total = sum(count for _, count in buckets)
    nines = max(1, math.ceil(math.log10(total)))
    points, below = [], 0
    for ms, count in buckets:
        points.append((min(nines, math.log10(total / (total - below))), ms))
        below += count
    points.append((nines, buckets[-1][0]))
    plot = _Plot(MARGIN, 8 - TITLE, "", (0, nines), _decades([ms for _, ms in points]), logarithmic=True, width=WIDTH - 2 * MARGIN)
    parts = [*plot.frame(), plot.curve(points, "a")]
    for nine in range(nines + 1):
        share = 100 * (1 - 10 ** -nine)
        parts.append(f'<text x="{plot.x(nine):.1f}" y="{plot.bottom + 15}" text-anchor="{"end" if nine == nines else "middle"}" class="small">'
                     f'{"best" if nine == 0 else f"{share:.{max(0, nine - 2)}f} %"}</text>')
    return drawing.document(WIDTH, 8 + PLOT + FOOT, f"Latency by share of events: {scenario['name']}", STYLE, parts)


def memory_in_words(scenario):
    line = scenario.get("memory_line")
    if not line:
        return "memory not measured"
    slope = round(line["kib_per_minute"], 1) + 0.0  # no -0.0
    return f"{slope:.1f} ± {line['standard_error']:.1f} KiB/min"


def length_in_words(seconds):
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _key(left, y):
    words = (("a", "p50, memory, the server's CPU"), ("b", "p99"), ("c", "slowest of a second, the generator's CPU"), ("limit", "limit, line fitted to memory"))
    for kind, text in words:
        yield f'<line x1="{left}" x2="{left + 18}" y1="{y - 4}" y2="{y - 4}" class="{kind}" stroke-width="2"/>'
        yield f'<text x="{left + 24}" y="{y}" class="small">{text}</text>'
        left += 46 + 6.2 * len(text)


def _row(scenario, top):
    seconds = scenario["seconds_of_it"]
    at = seconds["at"]
    span = (min(at) - 1, max(at))
    latency = scenario["latency_ms"]
    yield f'<text x="{MARGIN}" y="{top + 14}" class="title">{html.escape(scenario["name"])}</text>'
    about = f"{scenario['about']} · " if scenario["about"] else ""
    words = f"{length_in_words(round(max(at)))}; {'passed' if scenario['passed'] else 'FAILED'}"
    yield f'<text x="{WIDTH - MARGIN}" y="{top + 14}" text-anchor="end" class="small">{html.escape(about)}{words}</text>'

    title = f"latency, ms: p50 {latency['p50']:.2f}, p99 {latency['p99']:.2f}"
    columns = {name: _thin(at, seconds[name], max) for name in ("max_ms", "p99_ms", "p50_ms")}
    limit = scenario["limits"]["p99_ms"]
    plot = _Plot(MARGIN, top, title, span, _decades([ms for points in columns.values() for _, ms in points if ms is not None] + [limit]), logarithmic=True)
    yield from plot.frame()
    yield from (plot.curve(columns[name], kind) for name, kind in (("max_ms", "c"), ("p99_ms", "b"), ("p50_ms", "a")))
    yield plot.level(limit)
    yield from plot.times(span)

    memory = [kib / 1024 if kib is not None else None for kib in seconds["memory_kib"]]
    plot = _Plot(MARGIN + COLUMN + GAP, top, f"memory, MiB: {memory_in_words(scenario)}", span, (0, _above(memory)))
    yield from plot.frame()
    yield plot.curve(_thin(at, memory, max), "a")
    if line := scenario.get("memory_line"):
        def fitted(second):
            return (line["kib_at_start"] + line["kib_per_minute"] * second / 60) / 1024
        yield plot.curve([(second, fitted(second)) for second in (0, max(at))], "fit")
    yield from plot.times(span)

    cpu, own = seconds["cpu_percent"], seconds["own_cpu_percent"]
    after = [percent for second, percent in zip(at, cpu) if second > 0 and percent is not None]
    mean = f"server {sum(after) / len(after):.1f} %" if after else "server not measured"
    plot = _Plot(MARGIN + 2 * (COLUMN + GAP), top, f"CPU, % of a core: {mean}", span, (0, _above([*cpu, *own])))
    yield from plot.frame()
    yield plot.curve(_thin(at, own, _mean), "c")
    yield plot.curve(_thin(at, cpu, _mean), "a")
    yield from plot.times(span)


class _Plot:
    def __init__(self, left, top, title, across, up, logarithmic=False, width=COLUMN):
        self.left, self.right = left + AXIS, left + width
        self.top, self.bottom = top + TITLE, top + TITLE + PLOT
        self.title, self.across, self.up, self.logarithmic = title, across, up, logarithmic

    def x(self, value):
        first, last = self.across
        return self.left + (value - first) / (last - first) * (self.right - self.left)

    def y(self, value):
        low, high = self.up
        share = math.log(max(value, low) / low) / math.log(high / low) if self.logarithmic else (value - low) / (high - low)
        return self.bottom - share * (self.bottom - self.top)

    def frame(self):
        low, high = self.up
        if self.title:
            yield f'<text x="{self.left}" y="{self.top - 8}" class="small">{html.escape(self.title)}</text>'
        if self.across[0] < 0:
            yield f'<rect x="{self.left:.1f}" y="{self.top}" width="{self.x(0) - self.left:.1f}" height="{PLOT}" class="warm-up"/>'
        ticks = [10.0 ** power for power in range(round(math.log10(low)), round(math.log10(high)) + 1)] if self.logarithmic else [low, high / 2, high]
        for tick in ticks:
            yield f'<text x="{self.left - 6:.1f}" y="{self.y(tick) + 4:.1f}" text-anchor="end" class="small">{tick:g}</text>'
        yield f'<path d="M{self.left:.1f} {self.top}V{self.bottom}H{self.right:.1f}" class="frame" fill="none"/>'

    def curve(self, points, kind):
        """With a gap where there is nothing."""
        path, pen_is_down = [], False
        for across, up in points:
            if up is not None:
                path.append(f"{'L' if pen_is_down else 'M'}{self.x(across):.1f} {self.y(up):.1f}")
            pen_is_down = up is not None
        return f'<path d="{"".join(path)}" class="line {kind}"/>'

    def level(self, value):
        return f'<line x1="{self.left:.1f}" x2="{self.right:.1f}" y1="{self.y(value):.1f}" y2="{self.y(value):.1f}" class="limit"/>'

    def times(self, span):
        for second, anchor in ((0, "middle" if span[0] < 0 else "start"), (span[1], "end")):
            yield f'<text x="{self.x(second):.1f}" y="{self.bottom + 15}" text-anchor="{anchor}" class="small">{length_in_words(round(second)) if second else "0"}</text>'


def _mean(values):
    return sum(values) / len(values)


def _thin(at, values, of_several):
    """At most so many points as can be told apart; none for a stretch without a value."""
    each = max(1, math.ceil(len(at) / MOST_POINTS))
    points = []
    for first in range(0, len(at), each):
        there = [value for value in values[first:first + each] if value is not None]
        points.append((at[min(first + each, len(at)) - 1], of_several(there) if there else None))
    return points


def _decades(values):
    low, high = max(min(values), 1e-3), max(values)
    return 10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high * 1.001))


def _above(values):
    """A round number above all of them."""
    most = max((value for value in values if value is not None), default=1) * 1.1 or 1
    step = 10.0 ** math.floor(math.log10(most))
    return next(step * factor for factor in (1, 2, 4, 6, 8, 10) if step * factor >= most)
