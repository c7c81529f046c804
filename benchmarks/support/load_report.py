"""What a load came to, as one page of HTML that needs nothing else, and as a Markdown table."""

import html

from . import load_chart, tables

STYLE = """
  :root { color-scheme: light dark }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2em auto; padding: 0 1em; color: #1f2328; background: #ffffff }
  table { border-collapse: collapse; margin: 1em 0; font-size: 13px } th, td { padding: 3px 6px; text-align: right; border-bottom: 1px solid #d1d9e0 }
  th:first-child, td:first-child { text-align: left } .failed { color: #bf3989; font-weight: 600 } .small { color: #59636e }
  svg { max-width: 100%; height: auto }
  @media (prefers-color-scheme: dark) {
    body { color: #e6edf3; background: #0d1117 } th, td { border-color: #3d444d } .failed { color: #f778ba } .small { color: #9198a1 }
  }"""

HEAD = ("scenario", "measured", "events", "deliveries", "lost", "disconnects", "p50, ms", "p99, ms", "p99.9, ms", "max, ms", "memory, MiB", "its slope, KiB/min",
        "CPU, %", "passed")


def rows(figures):
    for scenario in figures["scenarios"]:
        totals, latency, seconds = scenario["totals"], scenario["latency_ms"], scenario["seconds_of_it"]
        memory = [kib for kib in seconds["memory_kib"] if kib is not None]
        cpu = [percent for at, percent in zip(seconds["at"], seconds["cpu_percent"]) if at > 0 and percent is not None]
        yield (scenario["name"], load_chart.length_in_words(round(seconds["at"][-1])) if seconds["at"] else "nothing", f"{totals['published']:,}", f"{totals['received']:,}", f"{totals['lost']:,}",
               f"{totals['disconnects']:,}", *(f"{latency[share]:.2f}" for share in ("p50", "p99", "p999", "max")),
               f"{memory[-1] / 1024:.1f}" if memory else "", load_chart.memory_in_words(scenario).removesuffix(" KiB/min") if memory else "",
               f"{sum(cpu) / len(cpu):.1f}" if cpu else "", "yes" if scenario["passed"] else "no")


def markdown(figures):
    lines = ["| " + " | ".join(row) + " |" for row in (HEAD, *rows(figures))]
    return "\n".join([lines[0], "|---" + "|--:" * (len(HEAD) - 1) + "|", *lines[1:]])


def page(figures):
    parts = ["<!doctype html>", '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">', "<title>kingbolt: load</title>",
             f"<style>{STYLE}\n</style></head><body>", "<h1>A hub under load</h1>"]
    if "machine" in figures:
        parts.append(f'<p class="small">{html.escape(tables.machine(figures))}</p>')
    parts += [_table(HEAD, rows(figures))]
    for scenario in figures["scenarios"]:
        parts += _scenario(scenario)
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _table(head, body):
    cells = ["<tr>" + "".join(f"<th>{html.escape(cell)}</th>" for cell in head) + "</tr>"]
    cells += ["<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in body]
    return "<table>" + "\n".join(cells) + "</table>"


def _scenario(scenario):
    yield f"<h2>{html.escape(scenario['name'])}</h2>"
    yield f"<p>{html.escape(scenario['about'])}</p>"
    for complaint in scenario["complaints"]:
        yield f'<p class="failed">{html.escape(complaint)}</p>'
    for reason, count in scenario["reasons"].items():
        yield f"<p>{count:,} × {html.escape(reason)}</p>"
    if scenario["seconds_of_it"]["at"]:
        yield load_chart.one(scenario)
    if scenario["histogram_ms"]:
        yield '<p class="small">Latency in ms that so large a share of the events did not exceed; each nine is as wide as the one before.</p>'
        yield load_chart.distribution(scenario)
    shares = {"p50": "p50", "p90": "p90", "p99": "p99", "p999": "p99.9", "p9999": "p99.99", "max": "max"}
    yield _table(("ms", *shares.values()), [(name, *(f"{scenario[key][share]:.3f}" for share in shares))
                                            for name, key in (("latency, from the time at which an event was due", "latency_ms"), ("of it: the generator came late", "publisher_lag_ms"))])
    load = scenario["load_average"]
    yield (f'<p class="small">{scenario["started"]}, {html.escape(scenario["server"])}; {scenario["clients"]:,} clients, {scenario["idle_clients"]:,} idle, {scenario["topics"]:,} topics, '
           f'{scenario["events_per_second"]:,} events a second of {scenario["bytes"]:,} bytes; {scenario["warm_up_seconds"]} s of warm-up; {scenario["totals"]["reconnects"]:,} left and came back; '
           f"load average before and after: {load[0]:.2f} and {load[1]:.2f}.</p>")
