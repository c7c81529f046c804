"""Runs a program of Google Benchmark; its figures, medians over the repetitions."""

import json
import statistics
import subprocess
import sys

from . import measure


def run(programs, name, repetitions, one_core=True):
    done = subprocess.run([programs / name, f"--benchmark_repetitions={repetitions}", "--benchmark_format=json", "--benchmark_min_time=0.2"],
                          capture_output=True, text=True, timeout=900, check=True, preexec_fn=measure.on_core(0) if one_core else None)
    runs = [one for one in json.loads(done.stdout)["benchmarks"] if one["run_type"] == "iteration"]
    figures = []
    for name in dict.fromkeys(one["run_name"] for one in runs):
        mine = [one for one in runs if one["run_name"] == name]
        if any(one.get("error_occurred") for one in mine):
            sys.exit(f"{name}: {mine[0]['error_message']}")
        # An item is a delivery of a publication, or a message that is read.
        per_item = "items_per_second" in mine[0]
        each = [1e9 / one["items_per_second"] if per_item else one["cpu_time"] for one in mine]
        figure = {"name": name, "ns": [round(ns, 2) for ns in each], "median_ns": round(statistics.median(each), 2), "per": "item" if per_item else "call"}
        if "bytes_per_second" in mine[0]:
            figure["gb_per_second"] = round(statistics.median(one["bytes_per_second"] for one in mine) / 1e9, 2)
        figures.append(figure)
    return figures
