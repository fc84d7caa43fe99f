#!/usr/bin/env python3
"""Have systemd-analyze verify the unit: verify_unit.py SYSTEMD_ANALYZE UNIT BINDIR.

It insists that the programs exist, and --root= does not work together with --user. So a copy of the
unit is verified in which BINDIR, and nothing else, is a folder with programs of the same names.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAMS = ("gemini-voiced", "gemini-voicectl")
# A daemon that crashed or lost its bus comes back, however long that takes.
LINES = ("Restart=on-failure", "StartLimitIntervalSec=0")


def verify(analyze: str, unit: pathlib.Path, text: str, folder: pathlib.Path) -> str:
    copy = folder / unit.name
    copy.write_text(text)
    run = subprocess.run(
        [analyze, "--user", "--recursive-errors=no", "verify", str(copy)],
        env=dict(os.environ, XDG_RUNTIME_DIR=str(folder), SYSTEMD_LOG_LEVEL="warning"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = run.stdout + run.stderr
    return said or ("" if run.returncode == 0 else f"exit status {run.returncode}")


def main() -> None:
    analyze, unit_path, bindir = sys.argv[1:]
    unit = pathlib.Path(unit_path)
    text = unit.read_text()
    for program in PROGRAMS:
        if f"={bindir}/{program}" not in text:
            sys.exit(f"{unit}: does not run {bindir}/{program}")
    for line in LINES:
        if line not in text.splitlines():
            sys.exit(f"{unit}: does not say {line}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for program in PROGRAMS:
            (folder / program).write_text("#!/bin/sh\n")
            (folder / program).chmod(0o755)
        text = text.replace(f"={bindir}/", f"={folder}/")
        # Does it look at all? A misspelt key must be told.
        if not verify(analyze, unit, text.replace("UMask=", "UMsk="), folder):
            sys.exit("systemd-analyze let a misspelt key pass")
        said = verify(analyze, unit, text, folder)
        if said:
            sys.exit(said)


main()
