"""What is measured of every server: one cell each."""

from typing import NamedTuple

# The figure, what the row says of it, its unit.
CPU = (("cpu_us", "CPU", "µs"),)
CPU_AND_LATENCY = CPU + (("p50", "p50", "µs"), ("p99", "p99", "µs"), ("p999", "p99.9", "µs"))
IDLE = (("bytes", "memory", "B"), ("cpu_us_per_second", "CPU a second", "µs"))


class Cell(NamedTuple):
    scenarios: tuple  # by which --scenarios finds it
    label: str
    mode: str  # of the server
    load: tuple  # the load generator's scenario, and its arguments after MILLISECONDS
    figures: tuple = CPU
    longer: int = 1  # so many times the usual length
    rounds: int = 1000  # more are not worth their time
    quick: bool = False  # part of --quick
    chart: bool = False
    relative: bool = True  # to the limit; otherwise the figures are shown as they are
    publishes: int = 0  # messages a second by a thread of the server's own, which kingbolt's have
    compressed: bool = False  # by the servers that can
    shards: int = 0  # hubs on so many threads, which kingbolt's native server has
    limit: str = ""  # the cell whose limit applies, where it is not its own


def _fanout():
    shown = ((100, 64), (1000, 512))
    for mode, in_a_row in (("single", 1), ("burst", 32)):
        for subscribers in (10, 100, 1000):
            for size in (64, 512):
                grows = ("growth",) if (mode, size) == ("single", 64) else ()
                quick = (subscribers, size) in shown or (mode, subscribers, size) == ("single", 1000, 64)
                yield Cell((mode, *grows), f"{mode}, {subscribers:,} × {size} B", "fanout", ("fanout", subscribers, size, in_a_row), quick=quick, chart=(subscribers, size) in shown)
    yield Cell(("growth",), "single, 10,000 × 64 B", "fanout", ("fanout", 10_000, 64, 1), longer=3, rounds=3)


def _rate():
    for per_second, subscribers in ((1000, 10), (1000, 100), (100, 1000), (1000, 1)):
        yield Cell(("rate",), f"{per_second:,}/s × {subscribers:,}", "fanout", ("rate", subscribers, 64, per_second), CPU_AND_LATENCY, longer=3,
                   quick=(per_second, subscribers) in ((1000, 100), (1000, 1)))
    yield Cell(("thread",), "1,000/s × 100, from another thread", "fanout", ("listen", 100), CPU_AND_LATENCY, longer=3, quick=True,
               publishes=1000, limit="1,000/s × 100")


def _echo():
    for connections, in_flight in ((1, 1), (1, 16), (100, 1), (100, 16)):
        shown = connections == 100
        yield Cell(("echo",), f"echo, {connections} × {in_flight}", "echo", ("echo", connections, in_flight, 64), quick=shown, chart=shown)


def _deflate():
    whole = "event of 1 KiB × 1,000"
    yield Cell(("deflate",), whole, "fanout", ("events", 1000, 1024, 1), quick=True)
    yield Cell(("deflate",), whole + ", compressed", "fanout", ("deflated", 1000, 1024, 1), quick=True, compressed=True, limit=whole)


def _shards():
    for mode, in_a_row in (("single", 1), ("burst", 32)):
        yield Cell(("shards",), f"{mode}, 1,000 × 64 B, 2 shards", "fanout", ("fanout", 1000, 64, in_a_row), quick=in_a_row == 1, shards=2,
                   limit=f"{mode}, 1,000 × 64 B")


CELLS = (
    *_fanout(),
    *_rate(),
    *_echo(),
    *_deflate(),
    *_shards(),
    Cell(("handshakes",), "handshake and close", "echo", ("handshakes", 32), quick=True),
    Cell(("idle",), "10,000 idle, each connection", "fanout", ("idle", 10_000), IDLE, rounds=2, quick=True, relative=False),
)
NAMES = tuple(dict.fromkeys(name for cell in CELLS for name in cell.scenarios))
