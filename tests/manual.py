#!/usr/bin/env python3
"""manual.py BUILD SOURCE: the manual pages, `--help`, the tables of the code and the installed schema agree,
and the pages are well-formed."""

import json
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as xml


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Page:
    def __init__(self, build, name):
        self.file = build / "scripts" / name
        # As a reader sees it, in lines that are long enough for every name.
        self.text = output("mandoc", "-Tutf8", "-Owidth=200", self.file)
        self.text = re.sub(r".\x08", "", self.text).replace("\u2010", "-")

    def entries(self, section):
        """What stands at the left of an indented list."""
        lines = self.text.splitlines()
        begin = lines.index(section) + 1
        end = next((i for i in range(begin, len(lines)) if re.match(r"[A-Z]", lines[i])), len(lines))
        indent = min(len(line) - len(line.lstrip()) for line in lines[begin:end] if line.strip())
        return [line.strip() for line in lines[begin:end] if re.match(rf" {{{indent}}}\S", line)]

    def check(self):
        found = subprocess.run(["mandoc", "-Tlint", "-Werror", self.file], capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout


def main():
    build, source = map(pathlib.Path, sys.argv[1:])
    ctl, daemon = build / "ctl/gemini-voicectl", build / "daemon/gemini-voiced"
    names = ["gemini-voicectl.1", "gemini-voiced.8", "gemini-voiced.yaml.5", "org.geminivoice.Voice1.7"]
    pages = {name: Page(build, name) for name in names}
    for page in pages.values():
        page.check()
        assert "@LIST@" not in page.text and "@datadir@" not in page.text, page.file

    verbs = [json.loads(line) for line in output(ctl, "--json", "help").splitlines()]
    assert len(verbs) > 20
    summary = output(ctl, "--help")
    told = pages["gemini-voicectl.1"].entries("VERBS")
    for verb in verbs:
        line = f"{verb['verb']} {verb['synopsis']}".strip()
        assert line.replace("…", "...") in told, f"gemini-voicectl(1) lacks: {line}"
        assert re.search(rf"^  {re.escape(line)}( |$)", summary, re.M), f"--help lacks: {line}"
        for option in verb["options"]:
            everything = verb["synopsis"] + verb["help"]
            spellings = [name for name in (option["name"], option["short"]) if name]
            assert any(name in everything for name in spellings), f"{verb['verb']} says nothing of {spellings}"
            assert option["name"] in output(ctl, "help", verb["verb"]) or option["short"], verb
    assert len(told) == len(verbs), set(told) - {f"{verb['verb']} {verb['synopsis']}" for verb in verbs}
    for option in re.findall(r"^  (?:-\w, )?(--[\w-]+)", summary, re.M):
        assert option in pages["gemini-voicectl.1"].text, f"gemini-voicectl(1) lacks {option}"
    codes = pages["gemini-voicectl.1"].entries("EXIT STATUS")
    assert codes == [str(code) for code in range(9)], codes

    options = set(re.findall(r"^  (--[\w-]+)", output(daemon, "--help"), re.M))
    told = {entry.split()[0] for entry in pages["gemini-voiced.8"].entries("OPTIONS")}
    assert options == told, options ^ told

    schema = json.loads((build / "scripts/gemini-voiced.schema.json").read_text())
    told = pages["gemini-voiced.yaml.5"].entries("KEYS")

    def keys(below, path=""):
        for name, inner in below.get("properties", {}).items():
            named = inner.get("additionalProperties")
            if isinstance(named, dict):
                yield from keys(named, f"{path}{name}.NAME.")
            elif "properties" in inner:
                yield from keys(inner, f"{path}{name}.")
            else:
                yield path + name

    every = list(keys(schema))
    assert len(every) > 80
    assert not (missing := set(every) - set(told)), f"gemini-voiced.yaml(5) lacks {missing}"

    interface = xml.parse(source / "dbus/org.geminivoice.Voice1.xml").getroot().find("interface")
    for tag, section in (("method", "METHODS"), ("signal", "SIGNALS"), ("property", "PROPERTIES")):
        told = [entry.split()[0] for entry in pages["org.geminivoice.Voice1.7"].entries(section)]
        assert told == [member.get("name") for member in interface.findall(tag)], (section, told)


main()
