#!/usr/bin/env python3
"""verify_packages.py SOURCE BUILD [RPMSPEC]: the packages of the three families say what is true: their
version, what the build needs, and which files it installs."""

import fnmatch
import json
import pathlib
import re
import subprocess
import sys

source = pathlib.Path(sys.argv[1])
build = sys.argv[2]
sys.path.insert(0, str(source / "tests"))
from install_files import EXPECTED  # noqa: E402 # a module of the tests'

# What meson looks for: what RPM and Arch call it. Debian's names are in scripts/lib/packages.sh.
NAMES = {
    "alsa": ("pkgconfig(alsa)", "alsa-lib"),
    "boost": ("boost-devel", "boost-libs"),
    "gdk-pixbuf-2.0": ("pkgconfig(gdk-pixbuf-2.0)", "gdk-pixbuf2"),
    "libcurl": ("pkgconfig(libcurl)", "curl"),
    "libsecret-1": ("pkgconfig(libsecret-1)", "libsecret"),
    "libsystemd": ("pkgconfig(libsystemd)", "systemd-libs"),
    "libwebp": ("pkgconfig(libwebp)", "libwebp"),
    "openssl": ("pkgconfig(openssl)", "openssl"),
    "re2": ("pkgconfig(re2)", "re2"),
    "sdbus-c++": ("pkgconfig(sdbus-c++)", "sdbus-cpp"),
    "speexdsp": ("pkgconfig(speexdsp)", "speexdsp"),
    "pangocairo": ("pkgconfig(pangocairo)", "pango"),
    "sqlite3": ("pkgconfig(sqlite3)", "sqlite"),
    "webrtc-audio-processing": ("pkgconfig(webrtc-audio-processing-1)", "webrtc-audio-processing-1"),
    "webrtc-audio-processing-1": ("pkgconfig(webrtc-audio-processing-1)", "webrtc-audio-processing-1"),
    "yaml-cpp": ("pkgconfig(yaml-cpp)", "yaml-cpp"),
}
# Part of every system that builds, asked only where user units go, or only for benchmarks.
EVERYWHERE = {"threads", "systemd", "benchmark"}
MACROS = {
    "_bindir": "bin",
    "_libexecdir": "libexec",
    "_userunitdir": "lib/systemd/user",
    "_datadir": "share",
    "_docdir": "share/doc",
    "_mandir": "share/man",
    "bash_completions_dir": "share/bash-completion/completions",
    "zsh_completions_dir": "share/zsh/site-functions",
    "fish_completions_dir": "share/fish/vendor_completions.d",
}
wrong = []


def expect(holds, problem):
    if not holds:
        wrong.append(problem)


def introspect(what):
    run = subprocess.run(["meson", "introspect", build, what], capture_output=True, check=True, text=True)
    return json.loads(run.stdout)


def shell(file, words):
    """What bash makes of `words` after it has read `file`, one per line."""
    script = f'startdir={file.parent}; . "{file}" && printf "%s\\n" {words}'
    run = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True)
    return run.stdout.split("\n")[:-1]


def differ(what, given, wanted):
    for name in sorted(wanted - given):
        wrong.append(f"{what} lacks {name}")
    for name in sorted(given - wanted):
        wrong.append(f"{what} has {name}, for which there is no reason")


def versions(version, spec):
    head = (source / "debian/changelog").read_text().split("\n", 1)[0]
    expect(f"({version})" in head, f"debian/changelog: not {version}: {head}")
    package = shell(source / "packaging/arch/PKGBUILD", "$pkgver")
    expect(package == [version], f"PKGBUILD: not {version}: {package}")
    expect(re.search(rf"^Version: +{re.escape(version)}$", spec, re.M), f"gemini-voice.spec: not {version}")
    about = (source / "desktop/org.geminivoice.Voice1.metainfo.xml").read_text()
    expect(f'<release version="{version}"' in about, f"metainfo.xml: no release {version}")


def debian():
    control = (source / "debian/control").read_text()
    text = re.search(r"^Build-Depends:\n((?:[ #].*\n)+)", control, re.M).group(1)
    given = {re.sub(r" <.*>", "", line.strip().rstrip(",")) for line in text.splitlines() if line[0] != "#"}
    wanted = {name.replace("|", " | ") for name in shell(source / "scripts/lib/packages.sh", "$packages_build")}
    # Every Debian build has a compiler, and no other has debhelper.
    differ("debian/control: Build-Depends", given - {"debhelper-compat (= 13)"}, wanted - {"g++"})


def others(spec):
    # From meson 1.6 on the project's own declare_dependency() are in the list, too.
    found = [one for one in introspect("--dependencies") if one.get("type") != "internal"]
    used = {one["name"] for one in found} - EVERYWHERE
    for name in sorted(used - NAMES.keys()):
        wrong.append(f"verify_packages.py: what do RPM and Arch call {name}?")
    used &= NAMES.keys()
    rpm = set(re.findall(r"^BuildRequires: +(.*)$", spec, re.M))
    wanted = {NAMES[name][0] for name in used}
    others_of_rpm = {name for name in rpm - wanted if not name.startswith("pkgconfig(")}
    differ("gemini-voice.spec: BuildRequires", rpm - others_of_rpm, wanted)
    arch = set(shell(source / "packaging/arch/PKGBUILD", '"${depends[@]}"'))
    known = {names[1] for names in NAMES.values()}
    differ("PKGBUILD: depends", arch & known, {NAMES[name][1] for name in used})


def files(spec):
    listed = set()
    for line in spec.split("%files\n", 1)[1].split("\n%changelog", 1)[0].split():
        pattern = re.sub(r"%\{(\w+)\}", lambda macro: MACROS.get(macro.group(1), macro.group(0)), line)
        if pattern.startswith(tuple(MACROS.values())):
            listed.add(pattern + "*" if pattern.endswith("/") else pattern)
    for name in sorted(EXPECTED):
        expect(any(fnmatch.fnmatch(name, pattern) for pattern in listed), f"gemini-voice.spec: %files lacks {name}")
    for pattern in sorted(listed):
        expect(fnmatch.filter(EXPECTED, pattern), f"gemini-voice.spec: %files: nothing is installed as {pattern}")


def main():
    spec_file = source / "packaging/rpm/gemini-voice.spec"
    spec = spec_file.read_text()
    versions(introspect("--projectinfo")["version"], spec)
    debian()
    others(spec)
    files(spec)
    if len(sys.argv) > 3:
        run = subprocess.run([sys.argv[3], "-P", spec_file], capture_output=True, check=False, text=True)
        expect(run.returncode == 0, f"rpmspec: {run.stderr}")
    if wrong:
        sys.exit("\n".join(wrong))


main()
