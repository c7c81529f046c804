"""What `/proc` says about this machine's processes: one `Agent` a process, CPU measured between two samples.

Proves: a sampler that survives processes which vanish between two reads. Does not prove: anything about containers' limits;
CPU and memory are the kernel's own account of each process (proc(5), `/proc/<pid>/stat`).
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

STATES = {
    "R": "running",
    "S": "sleeping",
    "D": "waiting",
    "Z": "zombie",
    "T": "stopped",
    "t": "traced",
    "I": "idle",
    "X": "dead",
}


@dataclass(frozen=True)
class Reading:
    """The fields of one `/proc/<pid>/stat` that matter here; times in seconds since boot."""

    pid: int
    name: str
    state: str
    cpu_seconds: float
    started: float
    threads: int
    memory_bytes: int


@dataclass(frozen=True)
class Agent:
    """One process as the engine reports it."""

    id: str
    pid: int
    name: str
    state: str
    cpu_percent: float  # of one core: 250.0 is two and a half cores
    memory_bytes: int  # resident set
    threads: int
    uptime_seconds: float


def parse_stat(line, ticks_per_second, page_size):
    """Reads one line of `/proc/<pid>/stat`. The name stands in parentheses and may itself hold parentheses and spaces."""
    opening, closing = line.index("("), line.rindex(")")
    fields = line[closing + 2 :].split()  # fields[0] is the third field of proc(5), the state
    return Reading(
        pid=int(line[:opening]),
        name=line[opening + 1 : closing],
        state=STATES.get(fields[0], "unknown"),
        cpu_seconds=(int(fields[11]) + int(fields[12])) / ticks_per_second,
        started=int(fields[19]) / ticks_per_second,
        threads=int(fields[17]),
        memory_bytes=int(fields[21]) * page_size,
    )


class Sampler:
    """Keeps one sample of all processes; a new one is taken when the old one is older than `min_interval` seconds.

    Several clients may therefore ask at any rate and all see CPU measured over the same, long enough interval.
    """

    def __init__(self, proc=Path("/proc"), min_interval=0.5, clock=time.monotonic):
        self._proc = Path(proc)
        self._min_interval = min_interval
        self._clock = clock
        self._ticks_per_second = os.sysconf("SC_CLK_TCK")
        self._page_size = os.sysconf("SC_PAGE_SIZE")
        self._sampled_at = None
        self._boot_seconds = 0.0
        self._cpu = {}  # (pid, started) -> cpu_seconds in the last sample; the pair outlives the reuse of a pid
        self._agents = {}

    def agents(self):
        """All agents by id, at most `min_interval` old."""
        now = self._clock()
        if self._sampled_at is None or now - self._sampled_at >= self._min_interval:
            self._sample()
            self._sampled_at = now
        return self._agents

    def top(self, count):
        """The busiest `count`: by CPU in whole percents, then by memory, so that idle processes do not trade places all the time."""
        ranked = sorted(self.agents().values(), key=lambda a: (-round(a.cpu_percent), -a.memory_bytes, a.pid))
        return ranked[:count]

    def _sample(self):
        last_boot_seconds, last_cpu = self._boot_seconds, self._cpu
        self._boot_seconds = float((self._proc / "uptime").read_text().split()[0])
        readings = list(self._readings())
        self._cpu = {(r.pid, r.started): r.cpu_seconds for r in readings}
        self._agents = {}
        for r in readings:
            # Since the last sample or, for a process not seen before, since its start.
            seen_before = (r.pid, r.started) in last_cpu
            since = last_boot_seconds if seen_before else r.started
            spent = r.cpu_seconds - last_cpu.get((r.pid, r.started), 0.0)
            elapsed = max(self._boot_seconds - since, 1 / self._ticks_per_second)
            agent = Agent(
                id=f"proc-{r.pid}",
                pid=r.pid,
                name=r.name,
                state=r.state,
                cpu_percent=round(max(spent, 0.0) / elapsed * 100, 1),
                memory_bytes=r.memory_bytes,
                threads=r.threads,
                uptime_seconds=round(max(self._boot_seconds - r.started, 0.0), 1),
            )
            self._agents[agent.id] = agent

    def _readings(self):
        for entry in os.listdir(self._proc):
            if not entry.isdigit():
                continue
            try:
                stat = (self._proc / entry / "stat").read_text(encoding="utf-8", errors="replace")
                yield parse_stat(stat, self._ticks_per_second, self._page_size)
            except (OSError, ValueError, IndexError):
                continue  # it ended between the listing and the read (ENOENT, ESRCH, or an empty file)
