#!/usr/bin/env python3
"""vm_sandbox.py WHAT...: what a program may do here, as JSON: {"what": "yes" or why not}. The trials of scripts/vm
run it as a tool of the daemon's, and outside of its unit, and compare."""

import ctypes
import json
import mmap
import os
import pathlib
import resource
import socket
import subprocess
import sys
import tempfile

LIBC = ctypes.CDLL(None, use_errno=True)
SETUID_PROGRAM = "/usr/local/bin/whose"  # a setuid copy of id(1), of root's


def call(function, *arguments) -> str:
    return "yes" if function(*arguments) >= 0 else os.strerror(ctypes.get_errno())


def command(*argv: str, wanted: str | None = None) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode == 0 and wanted in (None, done.stdout.strip()):
        return "yes"
    return f"status {done.returncode}: {(done.stdout + done.stderr).strip()[-120:]}"


def attempt(function) -> str:
    try:
        function()
        return "yes"
    except OSError as error:
        return os.strerror(error.errno)


def make_setuid() -> None:
    with tempfile.NamedTemporaryFile() as file:
        os.chmod(file.name, 0o4755)


def call_as_32_bit() -> str:
    """getpid(2) by the gate of 32-bit programs, in a child: what is forbidden there ends the process."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        code = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov $20, %eax; int $0x80; ret
        address = ctypes.addressof(ctypes.c_char.from_buffer(code))
        pid = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
        os._exit(0 if pid == os.getpid() else 1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return "yes" if status == 0 else f"status {status}"


def own_group() -> pathlib.Path:
    name = pathlib.Path("/proc/self/cgroup").read_text().strip().split("::", 1)[1]
    return pathlib.Path("/sys/fs/cgroup" + name)


def write_and_run() -> None:
    mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


FORBIDDEN = {
    "rights of a setuid program": lambda: command(SETUID_PROGRAM, "-u", wanted="0"),
    "make a setuid program": lambda: attempt(make_setuid),
    "foreign execution domain": lambda: call(LIBC.personality, 8),
    "ask the clock's discipline": lambda: call(LIBC.adjtimex, ctypes.create_string_buffer(512)),
    "dump core": lambda: "yes" if resource.getrlimit(resource.RLIMIT_CORE)[1] != 0 else "no",
    "more than 1024 tasks": lambda: "no" if (own_group() / "pids.max").read_text().strip() == "1024" else "yes",
    "exotic network": lambda: attempt(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()),
    "32-bit system call": call_as_32_bit,
}
ALLOWED = {
    "bus": lambda: command("busctl", "--user", "status"),
    "portals": lambda: command("busctl", "--user", "call", "org.freedesktop.portal.Desktop",
                               "/org/freedesktop/portal/desktop", "org.freedesktop.DBus.Peer", "Ping"),
    "network": lambda: attempt(lambda: socket.create_connection(("127.0.0.1", 8443)).close()),
    "addresses": lambda: attempt(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close()),
    "sound": lambda: command("aplay", "-q", "-d", "1", "-f", "cd", "/dev/zero"),
    "user namespaces": lambda: command("unshare", "--user", "--map-root-user", "id", "-u", wanted="0"),
    "code at run time": lambda: attempt(write_and_run),
    "systemd-run": lambda: command("systemd-run", "--user", "--wait", "--pipe", "-q", "echo", "there", wanted="there"),
}



def compare(inside: dict, outside: dict) -> None:
    """Of the unit's: what is forbidden is so by the unit, and the rest works."""
    def as_it_should(what: str) -> bool:
        if what in FORBIDDEN:
            return inside[what] not in ("yes", outside[what])
        return inside[what] == "yes"

    wrong = [f"{what}: inside {inside[what]}, outside {outside[what]}" for what in inside if not as_it_should(what)]
    if wrong:
        raise ValueError("; ".join(wrong))


if __name__ == "__main__":
    print(json.dumps({what: {**FORBIDDEN, **ALLOWED}[what]() for what in sys.argv[1:]}))
