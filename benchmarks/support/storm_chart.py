"""How many clients come back in each half second after a restart."""

import html

from . import svg as drawing

WIDTH, LEFT, RIGHT, TOP, PLOT, GAP, BOTTOM = 880, 52, 20, 40, 150, 62, 30
BIN = 0.5

STYLE = drawing.style(".bar { fill: #0a58ca } .limit { stroke: #bf3989; stroke-dasharray: 5 4 } .axis { stroke: #8c959f }",
                      ".bar { fill: #58a6ff } .limit { stroke: #f778ba } .axis { stroke: #6e7681 }")


def svg(figures):
    storms, per_second = figures["storms"], figures["accepts_per_second"]
    longest = max(storm["all_back_s"] for storm in storms.values())
    bins = int(longest / BIN) + 1
    most = per_second * BIN + figures["burst"]
    height = TOP + len(storms) * (PLOT + GAP) - GAP + BOTTOM + 20
    parts = [f'<text x="{LEFT}" y="22" class="small">Clients accepted in each half second after the restart; dashed: the accept rate of {per_second} a second, beside which there is a burst of {figures["burst"]}.</text>']
    for place, (name, storm) in enumerate(storms.items()):
        parts += _plot(name, storm, TOP + place * (PLOT + GAP), bins, most, per_second)
    return drawing.document(WIDTH, height, f"When {figures['clients']:,} clients come back after a restart of their server", STYLE, parts)


def _plot(name, storm, top, bins, most, per_second):
    counts = [0] * bins
    for at in storm["back_s"]:
        counts[int(max(at, 0) / BIN)] += 1
    step = (WIDTH - LEFT - RIGHT) / bins
    bottom = top + 20 + PLOT - 20
    scale = (PLOT - 20) / max(most, *counts)
    words = {"drained": "After a drain: each was told when to come", "killed": "After a kill: each has its own back-off"}[name]
    yield f'<text x="{LEFT}" y="{top + 12}" class="title">{html.escape(words)}</text>'
    yield f'<text x="{WIDTH - RIGHT}" y="{top + 12}" text-anchor="end" class="small">all back after {storm["all_back_s"]:.1f} s, {storm["turned_away"]} attempts turned away</text>'
    for index, count in enumerate(counts):
        if count:
            yield f'<rect x="{LEFT + index * step + 0.5:.1f}" y="{bottom - count * scale:.1f}" width="{max(step - 1, 1):.1f}" height="{count * scale:.1f}" class="bar"/>'
    y = bottom - per_second * BIN * scale
    yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="limit"/>'
    yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}" class="axis"/>'
    yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" class="small">{per_second * BIN:.0f}</text>'
    yield f'<text x="{LEFT - 6}" y="{bottom + 4}" text-anchor="end" class="small">0</text>'
    every = next(seconds for seconds in (1, 2, 5, 10, 20) if bins * BIN / seconds <= 16)
    for second in range(0, int(bins * BIN) + 1, every):
        yield f'<text x="{LEFT + second / BIN * step:.1f}" y="{bottom + 16}" text-anchor="middle" class="small">{second} s</text>'
