#!/usr/bin/env python3
"""instructions.py PROGRAM KEY [--write]: how many instructions a step of each hot path takes, beside
the baseline in instructions.json.

PROGRAM is hot_paths. KEY names the compiler and its options, which the counts depend on: each has a
baseline of its own. Exit status 1: a path takes over 5 % more; 77: skipped, there is no baseline
or no valgrind. --write makes what is counted the baseline.
"""

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys

TOLERANCE = 0.05
STEPS = 100
BASELINE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "instructions.json")
WRITE = "  meson test -C build/check instructions --test-args=--write"

# Libraries choose their code by the processor: here all take the plain one. Valgrind shows programs a
# processor of its own, but that has AVX2 and the like only where the real one has them. Nothing else
# comes from the caller, such as how malloc fills memory.
LEFT_OUT = "AVX AVX2 BMI1 BMI2 ERMS FMA FMA4 FSRM LZCNT MOVBE POPCNT SSE4_1 SSE4_2 SSSE3"
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=" + ",".join("-" + name for name in LEFT_OUT.split()),
    "OPENSSL_ia32cap": "0:0",
}


def skip(why):
    print(why)
    sys.exit(77)


def count(program, path):
    """Instructions of one step."""
    counter = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    counter += ["--toggle-collect=count_steps"]  # not how the program begins and ends
    command = [*counter, program, path, str(STEPS)]
    run = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    collected = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or not collected or collected[1] == "0":
        raise RuntimeError(f"{path} could not be counted:\n{run.stdout}{run.stderr}")
    return round(int(collected[1]) / STEPS)


def count_all(program):
    names = subprocess.run([program], capture_output=True, text=True, check=True).stdout.split()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(names, pool.map(lambda name: count(program, name), names)))


def compare(baseline, counted):
    """Prints a line for each path; returns what to say of those that changed too much."""
    worse, better = [], []
    print(f"{'instructions a step':20} {'baseline':>9} {'now':>9}")
    for path, now in counted.items():
        before = baseline.get(path)
        if before is None:
            print(f"{path:20} {'none':>9} {now:9}")
            worse.append(f"{path} has no baseline")
            continue
        change = now / before - 1
        print(f"{path:20} {before:9} {now:9} {change:+8.1%}")
        if change > TOLERANCE:
            worse.append(f"{path} takes {now} instructions instead of {before} ({change:+.1%})")
        elif change < -TOLERANCE:
            better.append(path)
    for path in baseline.keys() - counted.keys():
        worse.append(f"{path} has a baseline, and is counted no more")
    return worse, better


def main():
    program, key = sys.argv[1:3]
    if not shutil.which("valgrind"):
        skip("There is no valgrind. On Debian: apt install valgrind")
    with open(BASELINE, encoding="utf-8") as file:
        baselines = json.load(file)
    if "--write" in sys.argv[3:]:
        baselines[key] = count_all(program)
        with open(BASELINE, "w", encoding="utf-8") as file:
            file.write(json.dumps(baselines, indent=2) + "\n")
        print(f"The baseline for {key} is now in {BASELINE}")
        return 0
    if key not in baselines:
        skip(f"There is no baseline for {key}. To write one:\n{WRITE}")
    worse, better = compare(baselines[key], count_all(program))
    if better:
        print(f"\nOver {TOLERANCE:.0%} better: {', '.join(better)}. A new baseline keeps it so:\n{WRITE}")
    if not worse:
        return 0
    print("\n" + "\n".join(worse))
    print(f"Up to {TOLERANCE:.0%} more is let pass. Mend it; or, where it is meant, write a new baseline and")
    print(f"say why in the commit:\n{WRITE}")
    return 1


sys.exit(main())
