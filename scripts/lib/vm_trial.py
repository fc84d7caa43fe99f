#!/usr/bin/env python3
"""The first program of a trial inside the machine of scripts/vm: runs the one that the kernel's command line
names (TRIAL=session or TRIAL=cards). scripts/lib/vm_machine.py reads what it prints."""

import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
import vm_guest  # noqa: E402 # the folder is the host's

words = dict(word.split("=", 1) for word in pathlib.Path("/proc/cmdline").read_text().split() if "=" in word)
# User Mode Linux has no clock of its own; certificates want the date.
if "DATE" in words:
    subprocess.run(["date", "-s", "@" + words["DATE"]], check=True, stdout=subprocess.DEVNULL)
if words["TRIAL"] == "session":
    import vm_session as trial
else:
    import vm_cards as trial
print()  # what systemd has told the terminal stands in the same line
trial.main()
print("\nEND", vm_guest.checks, sep="\t")
