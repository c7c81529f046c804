"""What the measuring scripts share: a server to start and watch, the machine to describe, results to write."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import signal
import subprocess

BENCHMARKS = pathlib.Path(__file__).resolve().parent.parent
PROJECT = BENCHMARKS.parent


def arguments(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=PROJECT / "build/release/bin", help="where the built programs are (default: build/release/bin)")
    parser.add_argument("--out", type=pathlib.Path, help="write the raw figures to this JSON file")
    return parser


def on_core(core):
    """Keeps a child process on one core, where there are two to choose from: what it costs then depends on less."""
    return lambda: os.sched_setaffinity(0, {core}) if len(os.sched_getaffinity(0)) > core else None


class Server:
    """A server program on a port of its own choice; ends with the `with` block."""

    def __init__(self, command, mode, *options):
        words = [*command, "0", mode, *options]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, preexec_fn=on_core(0))
        self.port = self._read("port")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    @property
    def pid(self):
        return self.process.pid

    def resident(self):
        """Bytes in memory, those of files apart."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"^RssAnon:\s*(\d+) kB$", status, re.MULTILINE).group(1)) * 1024

    def allocated(self):
        """Bytes allocated and not freed. Only of servers that answer SIGUSR1, which ends all others."""
        self.process.send_signal(signal.SIGUSR1)
        return self._read("allocated")

    def cpu_ns(self):
        """The processor time of all threads up to now."""
        return sum(int(thread.read_text().split()[0]) for thread in pathlib.Path(f"/proc/{self.pid}/task").glob("*/schedstat"))

    def _read(self, what):
        name, _, value = self.process.stdout.readline().partition(" ")
        if name != what:
            raise RuntimeError(f"the server ended, or said {name!r} instead of {what!r}")
        return int(value)


class Idle:
    """Connections that say nothing but pongs, until the `with` block ends."""

    def __init__(self, programs, port, connections):
        command = [str(programs / "load"), "idle", str(port), str(connections)]
        self.clients = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=on_core(1))
        if self.clients.stdout.readline() != "connected\n":
            raise RuntimeError("the clients could not connect")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.clients.stdin.close()
        self.clients.wait()
        self.clients.stdout.close()


def version():
    text = (PROJECT / "include/kingbolt/version.hpp").read_text()
    return ".".join(re.search(rf"KINGBOLT_VERSION_{part} (\d+)", text).group(1) for part in ("MAJOR", "MINOR", "PATCH"))


def machine(programs):
    """What the figures depend on, and nothing that names the machine."""
    def first(pattern, text):
        found = re.search(pattern, text, re.MULTILINE)
        return found.group(1).strip() if found else "unknown"

    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
    meminfo = pathlib.Path("/proc/meminfo").read_text()
    comment = subprocess.run(["readelf", "-p", ".comment", programs / "fanout_server"], capture_output=True, text=True, check=False).stdout
    return {
        "kingbolt": version(),
        "date": datetime.date.today().isoformat(),
        "cpu": first(r"^model name\s*: (.*)$", cpuinfo),
        "cores": os.cpu_count(),
        "virtual": "hypervisor" in first(r"^flags\s*: (.*)$", cpuinfo).split(),
        "memory_gib": round(int(first(r"^MemTotal:\s*(\d+)", meminfo)) / 2**20, 1),
        "kernel": f"{platform.system()} {platform.release().split('-')[0]}",
        "compiler": first(r"(GCC: .*|clang version \S+)", comment),
    }


def load_average():
    return round(os.getloadavg()[0], 2)


def write(path, figures, indent=1):
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=indent) + "\n")
    print(f"raw figures: {path}")
