#!/usr/bin/env python3
"""verify_unit.py SYSTEMD_ANALYZE UNIT HARDENING BINDIR: the unit, and with it the drop-in for those who
use no tools, are as they were decided on, give their reasons, and are what systemd understands.

systemd-analyze insists that the programs exist, and --root= does not work together with --user. So a copy of the
unit is verified in which BINDIR, and nothing else, is a folder with programs of the same names.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

PROGRAMS = ("gemini-voiced", "gemini-voicectl")
LINES = (
    # A daemon that crashed or lost its bus comes back, however long that takes.
    "Restart=on-failure",
    "StartLimitIntervalSec=0",
    # What a tool eats costs its call.
    "OOMPolicy=continue",
    # Neither key nor conversation on the disk.
    "LimitCORE=0",
    "NoNewPrivileges=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "SystemCallArchitectures=native",
    "SystemCallErrorNumber=EPERM",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
)
# By any of these, tools would miss what ordinary programs need, or the unit would not start everywhere.
NOT_IN_THE_UNIT = ("MemoryDenyWriteExecute", "RestrictNamespaces", "PrivateUsers", "PrivateTmp", "PrivateDevices",
                   "ProtectHome", "ProtectSystem", "CapabilityBoundingSet", "RestrictRealtime")
# What they say for themselves.
EVIDENT = ("Description", "Documentation")
# systemd-analyze's figure, from 0 to 10, in tenths: of the unit, and with the drop-in. It rates a user's
# unit as if it ran as root, with every capability; 252 and 257 differ by a tenth or two.
MOST_EXPOSED, MOST_EXPOSED_HARDENED = 80, 35


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


def reasons(name: str, text: str) -> None:
    """Every directive has a comment right above it."""
    above = ""
    for line in text.splitlines():
        directive = re.match(r"(\w+)=", line)
        if directive and directive.group(1) not in EVIDENT and not above.startswith("# "):
            sys.exit(f"{name}: {line} has no reason above it")
        above = line


def exposure(analyze: str, text: str, most: int, folder: pathlib.Path) -> None:
    copy = folder / "rated.service"
    copy.write_text(text)
    run = subprocess.run(
        [analyze, "--user", "security", "--offline=true", "--no-pager", f"--threshold={most}", str(copy)],
        env=dict(os.environ, XDG_RUNTIME_DIR=str(folder)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    figure = (run.stdout + run.stderr).strip().split("\n")[-1]
    print(figure)
    if run.returncode != 0:
        sys.exit(f"at most {most / 10} was decided on (systemd-analyze --user security lists what weighs): {figure}")


def main() -> None:
    analyze, unit_path, hardening_path, bindir = sys.argv[1:]
    unit, hardening = pathlib.Path(unit_path), pathlib.Path(hardening_path)
    text = unit.read_text()
    reasons(unit.name, text)
    reasons(hardening.name, hardening.read_text())
    for key in NOT_IN_THE_UNIT:
        if re.search(rf"^{key}=", text, re.M):
            sys.exit(f"{unit}: {key} holds for tools, too: it is in {hardening.name}, if anywhere")
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
        if not verify(analyze, unit, text.replace("LimitCORE=", "LmitCORE="), folder):
            sys.exit("systemd-analyze let a misspelt key pass")
        # As systemd reads it, the drop-in's sections come after the unit's.
        hardened = text + hardening.read_text()
        for whole in (text, hardened):
            said = verify(analyze, unit, whole, folder)
            if said:
                sys.exit(said)
        exposure(analyze, text, MOST_EXPOSED, folder)
        exposure(analyze, hardened, MOST_EXPOSED_HARDENED, folder)


main()
