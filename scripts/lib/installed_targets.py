#!/usr/bin/env python3
"""meson introspect BUILD --targets | installed_targets.py BUILD: what is built and installed, relative
to BUILD, one per line."""

import json
import os
import sys

build = os.path.realpath(sys.argv[1])
targets = [target for target in json.load(sys.stdin) if target["installed"]]
names = {os.path.relpath(os.path.realpath(name), build) for target in targets for name in target["filename"]}
print("\n".join(sorted(names)))
