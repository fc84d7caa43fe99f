#!/usr/bin/env python3
"""asio_too_new.py SOURCE: with an Asio that has no io_service any more, which websocketpp needs, meson ends
with an error that says what to do, and not a thousand lines into the build."""

import os
import pathlib
import subprocess
import sys
import tempfile

with tempfile.TemporaryDirectory() as work:
    version = pathlib.Path(work, "include/asio/version.hpp")
    version.parent.mkdir(parents=True)
    version.write_text("#define ASIO_VERSION 103300\n")
    setup = ["meson", "setup", work + "/build", sys.argv[1], f"-Dcpp_args=-I{work}/include", "-Dtests=false"]
    run = subprocess.run(setup, capture_output=True, check=False, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})

wanted = "Install Asio 1.22 to 1.32 (Debian 12 or 13: libasio-dev)."
if run.returncode == 0 or wanted not in run.stdout:
    print(run.stdout[-2000:], run.stderr[-2000:])
    sys.exit(f"asio_too_new.py: meson ended with {run.returncode} and without: {wanted}")
