#!/usr/bin/env python3
"""vm_machine.py LOG MONITOR SECONDS COMMAND...: runs a machine of scripts/vm, which is a program like any other,
prints its checks as lines of a table, and last "COUNTS passed failed". LOG gets all that its console says.

What the trial inside wants from outside (a cable pulled) it prints as "HOST command when"; that goes to QEMU's
monitor, the socket MONITOR, or - where there is none; where `when` is not empty, only after a line that ends so. A
machine that takes longer than SECONDS is switched off.
"""

import atexit
import pathlib
import signal
import socket
import subprocess
import sys
import threading

WIDTH = 40


def tell(monitor: str, command: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
        wire.connect(monitor)
        wire.sendall(command.encode() + b"\n")
        wire.shutdown(socket.SHUT_WR)
        while wire.recv(4096):  # until it is done
            pass


def main() -> None:
    log_path, monitor, seconds, *command = sys.argv[1:]
    passed = failed = 0
    made = None
    later: dict[str, str] = {}
    machine = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    limit = threading.Timer(float(seconds), machine.kill)
    limit.daemon = True
    limit.start()
    # Nobody leaves one running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    atexit.register(machine.kill)
    with pathlib.Path(log_path).open("w") as log:
        for raw in machine.stdout:
            line = raw.decode(errors="replace").rstrip("\r\n")
            print(line, file=log, flush=True)
            for when in [text for text in later if line.endswith(text)]:
                tell(monitor, later.pop(when))
            kind, *parts = line.split("\t")
            if kind == "CHECK":
                verdict, took, name, said = parts
                passed, failed = passed + (verdict == "ok"), failed + (verdict != "ok")
                print(f"  {name:<{WIDTH}}{verdict:<7}{float(took):6.1f} s   {said}", flush=True)
            elif kind == "FIGURE":
                print(f"  {parts[0]}", flush=True)
            elif kind == "HOST" and parts[1]:
                later[parts[1]] = parts[0]
            elif kind == "HOST":
                tell(monitor, parts[0])
            elif kind == "END":
                made = int(parts[0])
    machine.wait()
    limit.cancel()
    if made is None:
        failed += 1
        print(f"  {'the trial comes to its end':<{WIDTH}}FAILED            after {seconds} s at most ({log_path})")
    elif made != passed + failed:
        print(f"  {'every check is in this table':<{WIDTH}}FAILED            {made} were made, {passed + failed} are ({log_path})")
        failed += 1
    print("COUNTS", passed, failed)


main()
