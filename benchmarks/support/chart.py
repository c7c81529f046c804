"""The ratios to the limit as grouped bars."""

import html
import math

from . import servers, svg as drawing, tables

WIDTH, COLUMNS, GAP, MARGIN = 880, 2, 40, 20
NAMES_WIDTH, NUMBERS_WIDTH = 140, 44
BAR, STEP, TITLE, TOP, GROUP_GAP = 11, 16, 24, 44, 14

STYLE = drawing.style(".ours { fill: #0a58ca } .other { fill: #8c959f } .limit { stroke: #1f2328 }",
                      ".ours { fill: #58a6ff } .other { fill: #6e7681 } .limit { stroke: #e6edf3 }")


def svg(figures):
    """Of the rows marked for it. A bar starts at the limit, and its length is the logarithm of the ratio."""
    rows = [row for row in figures["summary"] if row["chart"] and row["relative"]]
    shown = [name for name in figures["servers"] if name != servers.LIMIT]
    ratios = [row["servers"][name]["ratio"] for row in rows for name in shown]
    group_width = (WIDTH - 2 * MARGIN - GAP * (COLUMNS - 1)) / COLUMNS
    group_height = TITLE + STEP * len(shown) + GROUP_GAP
    scale = (group_width - NAMES_WIDTH - NUMBERS_WIDTH) / math.log(max([2, *ratios]))
    height = TOP + group_height * math.ceil(len(rows) / COLUMNS) + MARGIN

    parts = [f'<text x="{MARGIN}" y="26" class="small">Processor time of the server per message, as a ratio to the kernel\'s limit: shorter is better. '
             "Logarithmic scale.</text>"]
    for index, row in enumerate(rows):
        left = MARGIN + (index % COLUMNS) * (group_width + GAP)
        top = TOP + index // COLUMNS * group_height
        parts += _group(row, shown, left, top, scale)
    return drawing.document(WIDTH, height, "Processor time of the server as a ratio to the kernel's limit, by scenario and server", STYLE, parts)


def _group(row, shown, left, top, scale):
    limit = left + NAMES_WIDTH
    yield f'<text x="{limit:.0f}" y="{top + 14:.0f}" class="title">{html.escape(row["label"])}</text>'
    for place, name in enumerate(shown):
        ratio = row["servers"][name]["ratio"]
        # Below the limit is noise, or a better idea than the limit's: to the left. The shortest bar can still be seen.
        end = limit + math.log(ratio) * scale
        x, width = min(limit, end), max(abs(end - limit), 1.5)
        y = top + TITLE + place * STEP
        kind = "ours" if name in servers.KINGBOLT else "other"
        yield f'<text x="{limit - 8:.0f}" y="{y + 10}" text-anchor="end">{html.escape(name)}</text>'
        yield f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}" class="{kind}"/>'
        yield f'<text x="{max(end, limit) + 5:.0f}" y="{y + 10}" class="small">{tables.number(ratio)}</text>'
    yield f'<line x1="{limit:.1f}" x2="{limit:.1f}" y1="{top + TITLE - 3}" y2="{top + TITLE + STEP * len(shown) - 2}" class="limit"/>'
