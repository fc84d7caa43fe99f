#!/usr/bin/env python3
"""meson introspect BUILD --tests --targets | test_programs.py BUILD SUITE...: what the tests of these
suites need to be built, relative to BUILD, one per line."""

import json
import os
import sys

build, suites = os.path.realpath(sys.argv[1]), set(sys.argv[2:])
project = json.load(sys.stdin)
files = {target["id"]: target["filename"] for target in project["targets"]}
needed = set()
for test in project["tests"]:
    if suites.isdisjoint(suite.split(":")[-1] for suite in test["suite"]):
        continue
    for target in test["depends"]:
        needed.update(os.path.relpath(os.path.realpath(name), build) for name in files[target])
print("\n".join(sorted(needed)))
