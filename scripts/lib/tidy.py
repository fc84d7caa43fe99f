#!/usr/bin/env python3
"""tidy.py BUILD FOLDER...: clang-tidy on every source in these folders that BUILD compiles.

A file that was clean is not looked at again until it, a header of the project that it includes, its
compile command or .clang-tidy changes; what is known to be clean is remembered outside the
repository. Prints the findings; exit status 1 if there are any.
"""

import concurrent.futures
import hashlib
import json
import os
import subprocess
import sys

top = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
build = os.path.realpath(sys.argv[1])
cache = os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "gemini-voice", "tidy"
)


def dependencies():
    """Object file -> the project's own files that it was made from, as ninja knows them."""
    found, current = {}, None
    listing = subprocess.run(
        ["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True, check=True
    ).stdout
    for line in listing.splitlines():
        if line.startswith("    "):
            path = os.path.realpath(os.path.join(build, line.strip()))
            if path.startswith(top + os.sep):
                found[current].append(path)
        elif ":" in line:
            current = line.split(":")[0]
            found[current] = []
    return found


def key(entry, files):
    digest = hashlib.sha256(entry["command"].replace(top, "").encode())
    for path in [os.path.join(top, ".clang-tidy"), *sorted(files)]:
        with open(path, "rb") as content:
            digest.update(path[len(top):].encode() + content.read())
    return digest.hexdigest()


def check(entry, known):
    mark = os.path.join(cache, key(entry, known.get(entry["output"], [entry["file"]])))
    if os.path.exists(mark):
        return 0, ""
    run = subprocess.run(
        # The path-sensitive analyzer takes longer than all other checks; editors run it.
        ["clang-tidy", "-quiet", "--checks=-clang-analyzer-*", "-p", build, entry["file"]],
        capture_output=True,
        text=True,
    )
    if run.returncode == 0:
        with open(mark, "w", encoding="ascii"):
            pass
    # stdout has the findings; stderr counts those of the system's headers, unless nothing else is said.
    return run.returncode, run.stdout or run.stderr


def main():
    os.makedirs(cache, exist_ok=True)
    known = dependencies()
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as commands:
        entries = json.load(commands)
    for entry in entries:
        entry["file"] = os.path.realpath(os.path.join(entry["directory"], entry["file"]))
    folders = tuple(os.path.join(top, folder) + os.sep for folder in sys.argv[2:])
    entries = [entry for entry in entries if entry["file"].startswith(folders)]
    bad = 0
    seen = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for status, output in pool.map(lambda e: check(e, known), entries):
            if status:
                bad += 1
                if output not in seen:  # a header's finding comes with every file that includes it
                    print(output)
                seen.add(output)
    print(f"{len(entries)} files, {bad} with findings")
    return 1 if bad else 0


sys.exit(main())
