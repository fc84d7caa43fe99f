#!/usr/bin/env python3
"""install_files.py BUILD: `meson install` puts exactly these files where a distribution expects them,
and what refers to another of them names its place."""

import json
import os
import subprocess
import sys
import tempfile

EXPECTED = {
    "bin/gemini-voiced",
    "bin/gemini-voicectl",
    "libexec/gemini-voice/gemini-voice-letters",
    "libexec/gemini-voice/gemini-voice-mcp-bridge",
    "libexec/gemini-voice/gemini-voice-picture",
    "libexec/gemini-voice/gemini-voice-secret",
    "libexec/gemini-voice/gemini-voice-probe",
    "lib/systemd/user/gemini-voiced.service",
    "share/applications/org.geminivoice.Voice1.desktop",
    "share/bash-completion/completions/gemini-voicectl",
    "share/dbus-1/interfaces/org.geminivoice.Voice1.xml",
    "share/dbus-1/services/org.geminivoice.Voice1.service",
    "share/doc/gemini-voice/config.yaml.example",
    "share/gemini-voice/gemini-voiced.schema.json",
    "share/man/man1/gemini-voicectl.1",
    "share/man/man5/gemini-voiced.yaml.5",
    "share/man/man7/org.geminivoice.Voice1.7",
    "share/man/man8/gemini-voiced.8",
    "share/fish/vendor_completions.d/gemini-voicectl.fish",
    "share/zsh/site-functions/_gemini-voicectl",
    "share/doc/gemini-voice/hardening.conf.example",
    "share/metainfo/org.geminivoice.Voice1.metainfo.xml",
}


def main():
    build = sys.argv[1]
    options = subprocess.run(
        ["meson", "introspect", build, "--buildoptions"], capture_output=True, check=True, text=True
    ).stdout
    prefix = next(o["value"] for o in json.loads(options) if o["name"] == "prefix")
    with tempfile.TemporaryDirectory() as destination:
        subprocess.run(
            ["meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", destination],
            check=True,
        )
        root = destination + prefix
        found = {
            os.path.relpath(os.path.join(folder, name), root)
            for folder, _, names in os.walk(destination)
            for name in names
        }
        assert found == EXPECTED, f"missing: {EXPECTED - found}; not expected: {found - EXPECTED}"
        for name in sorted(found):
            mode = os.stat(os.path.join(root, name)).st_mode & 0o777
            assert mode == (0o755 if name.startswith(("bin/", "libexec/")) else 0o644), f"{name}: mode {mode:o}"
        with open(os.path.join(root, "lib/systemd/user/gemini-voiced.service"), encoding="utf-8") as unit:
            assert f"\nExecStart={prefix}/bin/gemini-voiced\n" in unit.read()
        service = "share/dbus-1/services/org.geminivoice.Voice1.service"
        with open(os.path.join(root, service), encoding="utf-8") as activation:
            assert "\nSystemdService=gemini-voiced.service\n" in activation.read()


if __name__ == "__main__":
    main()
