#!/usr/bin/env python3
"""bench_report.py FOLDER [--virtual] [--into FILE]: makes of FOLDER/samples.jsonl a table with ratios,
results.json and plots in the same folder; --into puts the table between the marks in FILE. --virtual:
the latencies were measured in virtual time."""

import argparse
import datetime
import json
import pathlib
import platform
import statistics
import subprocess

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "gemini-voice"  # the same figures, the same file
from matplotlib import pyplot  # noqa: E402 (after the choice of what draws)

OURS = "gemini-voiced queued"
THEIRS = "live_test.py, 512 frames"
FLOOR = "arecord and aplay, 20 ms periods"
METRICS = {
    "mic_to_wire": "sound at the microphone → at the service",
    "wire_to_speaker": "first sound of an answer → at the speaker",
    "own_mic_to_wire": "on the sound server: captured → at the socket, 99 of 100",
    "own_wire_to_device": "on the sound server: first sound of an answer read → taken by the device",
    "interrupted_to_silence": "`interrupted` → silence at the speaker",
    "leak": "heard of a cancelled turn after that",
    "handover_gap": "last sound on one connection → first on the next, 150 ms of it the stand-in’s set-up",
    "cpu": "processor time per second of conversation",
    "wake_ups": "wake-ups per second of conversation",
    "system_calls": "system calls per second of conversation",
    "resident": "resident memory",
    "proportional": "proportional memory",
    "growth": "memory grown from the fifth minute to the thirtieth",
    "start_to_setup": "start → `setup` at the service",
    "exec_to_ready": "program started → READY",
    "idle_wake_ups": "wake-ups per second, idle",
    "idle_resident": "resident memory, idle",
}
MARKS = ("<!-- bench: begin -->", "<!-- bench: end -->")


def load(file):
    metrics = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        sample = json.loads(line)
        metric = metrics.setdefault(sample["metric"], {"unit": sample["unit"], "who": {}})
        metric["who"].setdefault(sample["who"], []).extend(sample["values"])
    return metrics


def number(value):
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def cell(values, spread):
    if not values:
        return ""
    middle = number(statistics.median(values))
    if not spread or len(values) == 1:
        return middle
    return f"{middle} ({number(min(values))}–{number(max(values))})"


def ratio(of, to):
    if not of or not to or statistics.median(to) <= 0:
        return ""
    return f"{statistics.median(of) / statistics.median(to):.2f}"


def table(metrics, where, spread):
    who = [name for metric in metrics.values() for name in metric["who"]]
    who = sorted(set(who), key=lambda name: (not name.startswith("gemini-voiced"), who.index(name)))
    lines = [f"Medians{' (least–most)' if spread else ''}. {where}.", ""]
    lines.append("| | " + " | ".join(who) + " | first ÷ tutorial's | first ÷ floor |")
    lines.append("|---|" + "---:|" * (len(who) + 2))
    for key, title in METRICS.items():
        if key not in metrics:
            continue
        values = metrics[key]["who"]
        ours = values.get(OURS)
        cells = [cell(values.get(name), spread) for name in who]
        cells += [ratio(ours, values.get(THEIRS)), ratio(ours, values.get(FLOOR))]
        lines.append(f"| {title}, {metrics[key]['unit']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def plot_latencies(metrics, folder):
    """How many of all were at most so late: flat curves would hide each other in a histogram."""
    keys = [key for key in ("mic_to_wire", "wire_to_speaker", "start_to_setup") if key in metrics]
    figure, axes = pyplot.subplots(1, len(keys), figsize=(10, 3.2), sharey=True, squeeze=False)
    styles = ("-", "--", "-.", ":", (0, (5, 1)))
    for axis, key in zip(axes[0], keys):
        for style, (name, values) in zip(styles, metrics[key]["who"].items()):
            shares = [100 * (rank + 1) / len(values) for rank in range(len(values))]
            axis.step(sorted(values), shares, where="post", label=name, linestyle=style)
        axis.set_title(METRICS[key], fontsize=9)
        axis.set_xlabel("ms")
    axes[0][0].set_ylabel("% of all")
    axes[0][0].legend(fontsize=6)
    figure.tight_layout()
    figure.savefig(folder / "latencies.svg", metadata={"Date": None})


def plot_costs(metrics, folder):
    keys = [key for key in ("cpu", "wake_ups", "resident") if key in metrics]
    figure, axes = pyplot.subplots(1, len(keys), figsize=(10, 3.2), sharey=True, squeeze=False)
    for axis, key in zip(axes[0], keys):
        names = list(metrics[key]["who"])
        axis.barh(names, [statistics.median(metrics[key]["who"][name]) for name in names])
        axis.set_title(METRICS[key], fontsize=9)
        axis.set_xlabel(metrics[key]["unit"])
        axis.tick_params(labelsize=7)
    axes[0][0].invert_yaxis()
    figure.tight_layout()
    figure.savefig(folder / "costs.svg", metadata={"Date": None})


def plot_memory(metrics, folder):
    if "memory_over_time" not in metrics:
        return
    figure, axis = pyplot.subplots(figsize=(10, 2.6))
    for name, values in metrics["memory_over_time"]["who"].items():
        axis.plot([minute for minute, _ in enumerate(values)], values, label=name)
    axis.set_xlabel("minutes of conversation")
    axis.set_ylabel("MiB resident")
    axis.set_ylim(bottom=0)
    axis.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(folder / "memory.svg", metadata={"Date": None})


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--virtual", action="store_true")
    parser.add_argument("--into", type=pathlib.Path)
    options = parser.parse_args()
    metrics = load(options.folder / "samples.jsonl")
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    about = {
        "date": datetime.date.today().isoformat(),
        "commit": commit.stdout.strip(),
        "processor": processor(),
        "kernel": platform.release(),
        "latencies": "virtual time on kernel devices" if options.virtual else "a sound server",
    }
    where = "; ".join(
        (
            f"Latencies: {about['latencies']}",
            "costs: a headless PulseAudio, one run, turn by turn",
            f"{about['processor']}, {about['date']}, commit {about['commit']}",
        )
    )
    if options.into:
        text = table(metrics, where, spread=False)
        before, _, rest = options.into.read_text(encoding="utf-8").partition(MARKS[0])
        _, _, after = rest.partition(MARKS[1])
        options.into.write_text(f"{before}{MARKS[0]}\n{text}{MARKS[1]}{after}", encoding="utf-8")
        return
    (options.folder / "results.json").write_text(
        json.dumps({**about, "metrics": metrics}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    text = table(metrics, where, spread=True)
    (options.folder / "table.md").write_text(text, encoding="utf-8")
    plot_latencies(metrics, options.folder)
    plot_costs(metrics, options.folder)
    plot_memory(metrics, options.folder)
    print(text)


if __name__ == "__main__":
    main()
