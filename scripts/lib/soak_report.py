"""soak_report.py WORK PROCESS WARM_UP MINUTES SEED SESSIONS SANITIZED: the report of a soak test, and its verdict.

WORK holds what scripts/soak wrote down: samples (seconds, process, RSS in kB, descriptors, threads;
one line each, taken while no session runs), done (a fault a line), watch (what the daemon told) and
statistics (of every session); and the daemon's log. The daemon with the number PROCESS is judged, from second WARM_UP on.
SANITIZED is 1 where the
daemon is built with AddressSanitizer, which is slower and keeps more.
Exit status 1 if anything grew or the test had too little to bear.
"""
import collections
import json
import os
import sys

# The allocator's own unrest: what a single session more or less leaves behind.
TOLERANCE = {"memory, kB": 1024, "descriptors": 0, "threads": 0}
SANITIZED_TOLERANCE = {**TOLERANCE, "memory, kB": 8 * 1024}
# In a minute, at least.
LEAST = {"sessions": 1, "turns": 20, "connections": 5, "hand-overs": 2.5, "reconnections": 1}
SANITIZED_LEAST = {**LEAST, "turns": 10, "hand-overs": 1.25}
# In a run, at least one: else the watchdog and the decoder had nothing to do.
ONE = ("stalls", "malformed messages")


def lines(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
        return [line.strip() for line in file if line.strip()]


def objects(folder, name):
    for line in lines(folder, name):
        try:
            yield json.loads(line)
        except ValueError:
            pass  # cut off by a kill


def growth(samples, tolerances):
    """What grew; prints a line for each. The least of each half is compared: what a sample has on top
    may be a session that is just gone."""
    half = len(samples) // 2
    grown = []
    for column, (name, tolerance) in enumerate(tolerances.items()):
        early = min(sample[column] for sample in samples[:half])
        late = min(sample[column] for sample in samples[half:])
        most = max(sample[column] for sample in samples)
        print(f"  {name:12} after the warm-up {early:7}   at the end {late:7}   most {most:7}   "
              f"(may grow by {tolerance})")
        if late - early > tolerance:
            grown.append(f"{name} grew by {late - early}")
    return grown


def main():
    folder, process, warm_up, minutes, seed, sessions, sanitized = (
        sys.argv[1], *map(int, sys.argv[2:]))
    statistics = list(objects(folder, "statistics"))
    events = collections.Counter(event.get("event") for event in objects(folder, "watch"))
    total = lambda name: sum(int(entry.get(name, 0)) for entry in statistics)
    counts = {"sessions": sessions, "turns": events["turn_completed"], "connections": total("connects"),
              "hand-overs": total("handovers"), "reconnections": total("reconnects")}
    rest = {"interruptions": total("interruptions"), "stalls": total("stalls"),
            "xruns": total("capture_xruns") + total("playback_xruns"),
            "malformed messages": total("malformed_messages"), "errors told": events["error_occurred"]}
    done = collections.Counter(lines(folder, "done"))
    print(f"soak: report of {minutes} min, seed {seed}")
    print("  " + ", ".join(f"{number} {name}" for name, number in {**counts, **rest}.items()))
    print("  done: " + ", ".join(f"{number} {name}" for name, number in sorted(done.items())))

    samples = [tuple(map(int, line.split())) for line in lines(folder, "samples")]
    print("  memory of each sample, kB: " + " ".join(str(sample[2]) for sample in samples))
    judged = [sample[2:] for sample in samples if sample[1] == process and sample[0] >= warm_up]
    wrong = [f"{counts[name]} {name}, {least * minutes:.0f} are the least"
             for name, least in (SANITIZED_LEAST if sanitized else LEAST).items()
             if counts[name] < least * minutes]
    wrong += [f"no {name}" for name in ONE if rest[name] == 0]
    # Not every change meets a connection that it is about; of three, one does.
    noticed = sum("the way of the connection is gone" in line for line in lines(folder, "daemon.log"))
    if done["change_network"] >= 3 and noticed == 0:
        wrong.append(f"{done['change_network']} changes of the network, and none was noticed")
    if len(judged) < 4:
        wrong.append(f"only {len(judged)} samples after the warm-up of {warm_up} s: let it run for longer")
    else:
        wrong += growth(judged, SANITIZED_TOLERANCE if sanitized else TOLERANCE)
    print("soak: FAILED: " + "; ".join(wrong) if wrong else
          "soak: nothing crashed, nothing got stuck, nothing grew")
    print("soak: not in it: a card that is unplugged, which no sound server can have (the tests on kernel "
          "devices have it)")
    sys.exit(1 if wrong else 0)


main()
