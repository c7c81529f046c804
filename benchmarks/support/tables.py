"""The figures of a measurement as Markdown tables: what the scripts print and what results/README.md shows."""

import statistics

from . import servers


def number(value):
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"


def _table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def compare(figures):
    """Ratios to the limit, and the limit itself; below, what has no limit to be related to."""
    names = figures["servers"]
    others = [name for name in names if name != servers.LIMIT]

    def cells(row, columns, key):
        return [number(row["servers"][name][key]) if name in row["servers"] else "" for name in columns]

    relative = [[row["label"], *cells(row, others, "ratio"), f"{number(row['limit'])} {row['unit']}"] for row in figures["summary"] if row["relative"]]
    plain = [[f"{row['label']}, {row['unit']}", *cells(row, names, "median")] for row in figures["summary"] if not row["relative"]]
    parts = [_table(["ratio to the limit", *others, "limit"], relative)] * bool(relative) + [_table(["", *names], plain)] * bool(plain)
    return "\n\n".join(parts)


def keep_alive(figures):
    rows = []
    runs = figures["keep_alive"]
    for scenario in dict.fromkeys(run["scenario"] for run in runs):
        mine = [run for run in runs if run["scenario"] == scenario]
        each = [statistics.median(run[key] for run in mine) for key in ("ns_per_decision", "ns_per_answer", "ns_per_arrival")]
        ticks = [statistics.median(run["tick_us"][key] for run in mine) for key in ("p50", "p99", "max")]
        rows.append([f"{scenario}, {mine[0]['sessions']:,} sessions", *(f"{ns:.0f}" for ns in each), *(f"{tick:.0f}" for tick in ticks)])
    return _table(["scenario", "ns a decision", "ns an answer", "ns an arrival", "tick p50, µs", "tick p99, µs", "longest tick, µs"], rows)


def engine(figures):
    return _operations(figures["engine"])


def breaker(figures):
    return _operations(figures["breaker"])


def channels(figures):
    fanout = [[row["label"], *(number(statistics.median(row["cpu_us"][name])) for name in row["cpu_us"]), *(number(ratio) for ratio in row["ratio"].values())]
              for row in figures["fanout"]]
    recovery = [[name, *(number(us) for us in median.values())] for name, median in figures["recovery"]["median"].items()]
    return "\n\n".join((
        _table(["CPU of the server for each delivery, µs", *figures["fanout"][0]["cpu_us"], *(f"ratio to {name}" for name in figures["fanout"][0]["ratio"])], fanout),
        _table(["live delivery, 1,000/s × 100", "p50, µs", "p99, µs", "p99.9, µs"], recovery), _operations(figures["operations"])))


def metrics(figures):
    cells, ratio = figures["fanout"]["cells"], figures["fanout"]["ratio"]
    rows = [[row["label"], *(number(statistics.median(row["cpu_us"][name])) for name in row["cpu_us"]), *(f"{ratio:.3f}" for ratio in row["ratio"].values())]
            for row in cells]
    rows.append(["all of these", *[""] * len(cells[0]["cpu_us"]), *(f"{value:.3f}" for value in ratio.values())])
    return "\n\n".join((_table(["CPU of the server for each delivery, µs", *cells[0]["cpu_us"], *(f"ratio, {name}" for name in ratio)], rows),
                        _operations(figures["operations"])))


def jwt(figures):
    return _operations(figures["jwt"])


def admission(figures):
    rows = []
    runs = figures["admission"]
    for scenario in dict.fromkeys(run["scenario"] for run in runs):
        mine = [run for run in runs if run["scenario"] == scenario]
        each = [statistics.median(run["ns_per_decision"][key] for run in mine) for key in ("least", "p50", "p99")]
        growth = max(run["resident_growth_bytes"] for run in mine)
        rows.append([scenario, *(f"{ns:.0f}" for ns in each), f"{mine[0]['table_bytes'] / 1024:,.0f}", f"{growth / 1024:,.0f}"])
    return _table(["10,000,000 addresses", "ns a decision, least", "p50", "p99", "table, KiB", "growth, KiB"], rows)


def _operations(runs):
    return _table(["operation", "ns"], [_operation(run) for run in runs])


def _operation(run):
    return [f"`{run['name']}`, {'an' if run['per'] == 'item' else 'a'} {run['per']}", f"{run['median_ns']:.1f}"]


def codec(figures):
    return _table(["operation", "ns", "GB/s"],
                  [[*_operation(run), f"{run['gb_per_second']:.1f}" if "gb_per_second" in run else ""] for run in figures["codec"]])


def memory(figures):
    rows = [[run["scenario"], f"{run['allocated_bytes_each']:.0f}", f"{run['resident_bytes_each']:.0f}" if "resident_bytes_each" in run else ""]
            for run in figures["hub"]]
    for name, server in figures["summary"].items():
        rows.append([f"whole server, {name}, a connection", f"{server['allocated']:.0f}", f"{server['resident']:.0f}"])
        if "allocated_later" in server:
            rows.append([f"whole server, {name}, a connection that has been pinged", f"{server['allocated_later']:.0f}", f"{server['resident_later']:.0f}"])
    return _table(["", "allocated, bytes each", "resident, bytes each"], rows)


def attack(rows):
    return _table(["attack", "in a second", "answers", "p99 before, ms", "p99 during, ms", "max during, ms",
                   "CPU before / during / after, %", "RSS before / peak / after, MiB", "bound, MiB", "passed"], rows)


def machine(figures):
    of = figures["machine"]
    text = (f"kingbolt {of['kingbolt']}, {of['date']}; {of['cpu']}, {of['cores']} cores{', virtual' if of['virtual'] else ''}, "
            f"{of['memory_gib']} GiB; {of['kernel']}; {of['compiler']}")
    if "load_average" in figures:
        text += "; load average before and after: " + " and ".join(str(load) for load in figures["load_average"])
    return text + "."


def day(figures):
    return _table(["run", "real time, s", "processor time, s"],
                  [[str(number + 1), f"{run['real_seconds']:.1f}", f"{run['cpu_seconds']:.1f}"] for number, run in enumerate(figures["runs"])])


def page(figures):
    """results/README.md, from the raw figures of all measurements by name."""
    sections = ["# Figures", "Written by `benchmarks/record` from the raw figures beside this file; the method is in [../README.md](../README.md)."]

    def section(title, text, name, *parts):
        sections.extend([f"## {title}", text, *(part(figures[name]) for part in parts), f"*{machine(figures[name])}*"])

    section("kingbolt, all policies on, and other servers",
            "The limit is a bare epoll loop that does nothing but send. Ratios of processor time are per delivery, echo or handshake; p50, p99 and "
            f"p99.9 are latencies from the time at which a message was due. Medians over {figures['compare']['rounds']} rounds of "
            f"{figures['compare']['milliseconds']} ms; with 3 of 250 ms, as `--quick` has, the rows p99 and p99.9 are noise.\n\n![Ratios to the limit](compare.svg)",
            "compare", compare)
    section("Keep-alive, the engine's parts, the codec, the circuit breaker",
            "The bars for the engine with 1,000,000 sessions are 50 ns a decision (a ping, a miss, a farewell) and 1,000 µs for the longest tick. `engine` is the timer wheel and the "
            "policy, `hub` the whole hub over a transport without sockets. The bar for ASCII as UTF-8 is 4 GB/s; those for a breaker 5 ns for a permit and its success, or a rejection, on one thread, 50 ns on several, and 15 ns for the limiter, with the time given.", "micro", keep_alive, engine, codec, breaker)
    section("Who comes in",
            "Admission: each address is new, and decides in batches of 10,000; the bar is 100 ns a decision with the caches emptied, and memory that does not grow. Tokens: "
            "a whole verification, from the text of the token to the identity; keys of 2,048 bits for RSA, P-256, Ed25519.", "security", admission, jwt)
    section("Channels",
            "Events of the JSON protocol beside messages without an envelope, as long as the event's `data` or as the whole event; the bar is 1.05. Live delivery while once a second "
            "1,000 clients ask for 128 events each at the same time; the bar is twice the p99 without them. `read_publish` and `route_publish` are of a publication of 256 bytes, the bar is 1 µs; `recover` "
            "is a client that has missed 128 events.", "channels", channels)
    section("Metrics",
            "The hub with all policies, counted for Prometheus and not; `without, again` is the same server as `without`, and shows what is noise. The bar is 1.02. `publish` is as "
            "`publish_exact` and `publish_burst` above, an item a delivery; `write_page` is a scrape, "
            f"`observe_duration` what a turn, a tick or a pong adds. Medians over {figures['metrics']['rounds']} rounds of {figures['metrics']['milliseconds']} ms.", "metrics", metrics)
    section("Memory",
            "The bar for the hub's own memory is 1,024 bytes per idle session. `session` and `pair` (a session's subscription to a topic) are the "
            f"hub alone; the whole servers have {figures['memory']['connections']:,} idle connections over real sockets.", "memory", memory)
    section("A day", "24 hours of virtual time, 1,000 connections, default keep-alive, churn and faults: the test `simulation_day`. The bar is 60 s of real time.", "day", day)
    return "\n\n".join(sections) + "\n"
