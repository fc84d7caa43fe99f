#!/usr/bin/env python3
"""Write C++20-clean copies of the websocketpp headers that GCC 12 refuses.

usage: wspp_headers.py INCLUDEDIR OUTDIR

websocketpp 0.8.2 declares constructors and destructors with a template-id (`basic<c, n>(...)`),
which C++20 forbids (CWG 2237). Only declarations are touched; where the distribution has fixed the
headers the copies are identical to them.
"""
import pathlib
import re
import sys

HEADERS = {
    "websocketpp/logger/basic.hpp": r"^(\s*~?basic)<concurrency,names>\(",
    "websocketpp/endpoint.hpp": r"^(\s*~?endpoint)<connection,config>\(",
    "websocketpp/roles/server_endpoint.hpp": r"^(\s*~?server)<config>\(",
}


def main() -> None:
    include, out = map(pathlib.Path, sys.argv[1:3])
    for name, pattern in HEADERS.items():
        text = (include / name).read_text(encoding="utf-8")
        fixed = re.sub(pattern, r"\1(", text, flags=re.MULTILINE)
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_text(encoding="utf-8") != fixed:
            target.write_text(fixed, encoding="utf-8")


main()
