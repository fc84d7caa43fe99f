#!/usr/bin/env python3
"""meson introspect BUILD --tests | test_programs.py BUILD SUITE...: the programs that the tests of
these suites run, relative to BUILD, one per line."""

import json
import os
import sys

build, suites = os.path.realpath(sys.argv[1]), set(sys.argv[2:])
# A test is also given files that only configuring writes: ninja does not know those.
with open(os.path.join(build, "meson-info", "intro-targets.json"), encoding="utf-8") as listing:
    targets = {os.path.realpath(name) for target in json.load(listing) for name in target["filename"]}
programs = set()
for test in json.load(sys.stdin):
    if suites.isdisjoint(suite.split(":")[-1] for suite in test["suite"]):
        continue
    for word in test["cmd"]:
        if os.path.isabs(word) and os.path.realpath(word) in targets:
            programs.add(os.path.relpath(os.path.realpath(word), build))
print("\n".join(sorted(programs)))
