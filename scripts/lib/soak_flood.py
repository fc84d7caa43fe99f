"""soak_flood.py CALLS: calls Interrupt so many times as one client that wants no answer and reads none.

The D-Bus protocol itself, on the session bus: no program that is always there sends so fast.
"""
import os
import socket
import struct
import sys

NO_REPLY, NO_AUTO_START = 1, 2
NAME, PATH = "org.geminivoice.Voice1", "/org/geminivoice/Voice1"


def text(value):
    return struct.pack("<I", len(value)) + value.encode() + b"\0"


def padded(data, size):
    return data + bytes(-len(data) % size)


def call(serial, destination, path, interface, member, flags):
    """A method call without arguments."""
    fields = b""
    for code, kind, value in ((1, "o", path), (2, "s", interface), (3, "s", member), (6, "s", destination)):
        fields = padded(fields, 8) + struct.pack("<BB", code, 1) + kind.encode() + b"\0" + text(value)
    header = struct.pack("<cBBBIII", b"l", 1, flags, 1, 0, serial, len(fields))
    return padded(header + fields, 8)


def main():
    address = os.environ["DBUS_SESSION_BUS_ADDRESS"].removeprefix("unix:path=").split(",")[0]
    with socket.socket(socket.AF_UNIX) as bus:
        bus.connect(address)
        bus.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
        if not bus.recv(200).startswith(b"OK"):
            sys.exit("the bus does not let me in")
        bus.sendall(b"BEGIN\r\n" + call(1, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus", "Hello", 0))
        bus.recv(1)  # from now on it is on the bus
        for serial in range(2, int(sys.argv[1]) + 2):
            bus.sendall(call(serial, NAME, PATH, NAME, "Interrupt", NO_REPLY | NO_AUTO_START))


main()
