#!/usr/bin/env python3
"""config_schema.py GEMINI-VOICED SCHEMA SOURCE: what the loader takes the JSON Schema takes, too, and what
the schema can know to be wrong both refuse. Over the example, the corpus of the fuzz target, and samples."""

import copy
import json
import pathlib
import subprocess
import sys
import tempfile

import jsonschema
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

# Of each: what both refuse.
BAD = [
    "nonsense: 1",
    "api: {key: x}",
    "api: [a]",
    "audio: {period: 20}",
    "audio: {period: 20 ms}",
    "audio: {echo: loud}",
    "audio: {high_pass: maybe}",
    "audio: {capture: {device: []}}",
    "profiles: {a b: {}}",
    "profiles: {a: {tools: x}}",
    "profiles: {a: {vad: {silence: long}}}",
    "tools: {commands: {1a: {}}}",
    "tools: {commands: {a: {description: d, argv: [x], approval: sometimes}}}",
    "tools: {commands: {a: {description: d, argv: [x], output_limit: 1}}}",
    "tools: {mcp_servers: {a: {url: https://x, argv: y}}}",
    "usage: {daily_budget: much}",
    "usage: {prices: {a: {text_in: -1}}}",
    "hooks: {never: [a]}",
    "notifications: sometimes",
    "just text",
]
GOOD = [
    "",
    "profiles:",
    "audio: {capture: {device: a}, playback: {device: [a, b]}}",
    "session: {max_duration: none}",
    "usage: {daily_budget: 2.5}",
    "notifications: true",
    "profiles: {a: {language: no, description: 5}}",
]


def main():
    daemon, schema_file, source = sys.argv[1:]
    check = jsonschema.Draft202012Validator(json.loads(pathlib.Path(schema_file).read_text()))
    check.check_schema(check.schema)
    yaml = YAML(typ="safe", pure=True)  # YAML 1.2, as editors read it

    def loads(text):
        with tempfile.NamedTemporaryFile("wb") as file:
            file.write(text)
            file.flush()
            command = [daemon, "--check-config", "--config", file.name]
            return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def read(text):
        try:
            return yaml.load(copy.copy(text))
        except (YAMLError, ValueError, UnicodeDecodeError):
            return None

    for text in GOOD:
        assert loads(text.encode()), f"the loader refuses: {text}"
        problems = [problem.message for problem in check.iter_errors(read(text))]
        assert not problems, f"{text}: {problems}"
    for text in BAD:
        assert not loads(text.encode()), f"the loader takes: {text}"
        assert not check.is_valid(read(text)), f"the schema takes: {text}"

    files = [pathlib.Path(source, "config/config.yaml")]
    files += sorted(pathlib.Path(source, "tests/fuzz/corpus/config").glob("*"))
    taken = 0
    for file in files:
        text = file.read_bytes()
        if loads(text) and (value := read(text)) is not None:
            taken += 1
            problems = [f"{problem.json_path}: {problem.message}" for problem in check.iter_errors(value)]
            assert not problems, f"{file}: {problems}"
    assert taken > 5, taken
    print(f"{taken} files that load fit the schema")


main()
