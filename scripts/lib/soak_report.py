"""Judges a soak test: argv are the samples (seconds, RSS in kB, descriptors, threads; one line each, taken
while no session runs) and the number of seconds that count as warm-up. Exit status 1 if anything grew."""
import statistics
import sys

# The allocator's own unrest: what a single session more or less leaves behind.
RSS_NOISE_KB = 1024


def main():
    path, warm_up = sys.argv[1], float(sys.argv[2])
    samples = [tuple(map(float, line.split())) for line in open(path, encoding="utf-8")]
    warm = [sample for sample in samples if sample[0] >= warm_up]
    if len(warm) < 4:
        sys.exit(f"soak: only {len(warm)} samples after the warm-up: let it run for longer")
    half = len(warm) // 2
    grown = False
    for column, name, noise in ((1, "memory, kB", RSS_NOISE_KB), (2, "descriptors", 0), (3, "threads", 0)):
        # The least of each half: what a sample has on top may be a session that is just gone.
        early = min(sample[column] for sample in warm[:half])
        late = min(sample[column] for sample in warm[half:])
        worst = max(sample[column] for sample in samples)
        grew = late - early > noise
        grown = grown or grew
        print(f"{name:14} first half {early:9.0f}   second half {late:9.0f}   "
              f"median {statistics.median(sample[column] for sample in warm):9.0f}   most {worst:9.0f}"
              f"{'   GREW' if grew else ''}")
    sys.exit(1 if grown else 0)


main()
