#!/usr/bin/env python3
"""What the manual pages and the installed JSON Schema are made of, besides their own words:

  manual.py verbs VERBS PAGE                 VERBS: what `gemini-voicectl --json help` prints
  manual.py keys SCHEMA CONFIG.YAML PAGE     SCHEMA: what `gemini-voicectl config schema` prints
  manual.py interface XML PAGE
  manual.py page PAGE
  manual.py schema SCHEMA CONFIG.YAML

All but the last print PAGE, which is in scdoc's form, with the list of verbs, keys or members in the place
of @LIST@. The last one prints the schema with the comments of config.yaml as descriptions.
"""

import argparse
import json
import re
import sys
import xml.etree.ElementTree as xml


def escaped(text):
    """As scdoc takes it."""
    text = re.sub(r"([\\*_`\[\]#])", r"\\\1", text).replace("…", "...")
    return re.sub(r"^([-.|:])", r"\\\1", text)


def entry(name, more, texts):
    """An item of a list with its paragraphs."""
    head = f"*{escaped(name)}* {escaped(more)}".rstrip()
    return "\n".join([head, *(f"\t{escaped(text)}\n" for text in texts if text)])


# The command line.


def verbs(lines):
    for verb in map(json.loads, lines):
        summary, _, rest = verb["help"].partition("\n")
        yield entry(verb["verb"], verb["synopsis"], [summary, rest.replace("\n", " ")])


# The configuration: the keys and what they take are the loader's, the words are config.yaml's.

NAMED = {"profiles", "tools.commands", "tools.mcp_servers", "usage.prices"}
KEY = re.compile(r"^(?P<indent> *)(?P<key>[A-Za-z_][\w-]*):(?: +(?P<value>.*))?$")


def shown(line):
    """A line of config.yaml as a user would uncomment it: a # without exactly one blank after it goes."""
    bare = line.lstrip(" ")
    if bare.startswith("#") and not re.match(r"# (?! )|#$", bare):
        return line.replace("#", "", 1)
    return line


def documented(lines):
    """(dotted key with NAME for names, what stands behind it, its comment) of each key."""
    open_keys, comment = [], []
    text_indent = None
    for line in map(shown, lines):
        indent = len(line) - len(line.lstrip(" "))
        if text_indent is not None and (not line.strip() or indent > text_indent):
            continue  # a text over several lines, or a list
        text_indent = None
        bare = line.strip()
        if not bare:
            comment = []
        elif bare.startswith("#"):
            comment.append(bare.lstrip("#").strip())
        elif found := KEY.match(line):
            del open_keys[indent // 2 :]
            above = ".".join(open_keys)
            name = "NAME" if above in NAMED else found["key"]
            open_keys += [""] * (indent // 2 - len(open_keys)) + [name]
            value = (found["value"] or "").strip()
            yield ".".join(open_keys), value, " ".join(comment)
            comment = []
            if value.startswith("|") or open_keys[-1] in ("parameters", "argv"):
                text_indent = indent


def inside(schema, path):
    """The schema of a dotted key."""
    for part in path.split("."):
        schema = schema["additionalProperties"] if part == "NAME" else schema["properties"][part]
    return schema


def leaves(schema, path=""):
    """(dotted key, its schema) of all keys that hold a value."""
    for name, below in schema.get("properties", {}).items():
        here = f"{path}{name}"
        if isinstance(below.get("additionalProperties"), dict):
            yield from leaves(below["additionalProperties"], f"{here}.NAME.")
        elif "properties" in below:
            yield from leaves(below, f"{here}.")
        else:
            yield here, below


def takes(schema):
    """What a value looks like, in words."""
    if "anyOf" in schema:
        return " or ".join(takes(one) for one in schema["anyOf"])
    if "enum" in schema:
        words = [word for word in schema["enum"] if isinstance(word, str)]
        return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
    if schema.get("type") == "array":
        return "a list"
    if schema.get("type") == "string" and "pattern" in schema:
        return f"a duration, {schema['$comment']}"
    if schema.get("type") in ("integer", "number"):
        whole = "a whole number" if schema["type"] == "integer" else "a number"
        return f"{whole} from {schema['minimum']:g} to {schema['maximum']:g}"
    if schema.get("type") == "boolean":
        return "true or false"
    return "a mapping" if schema.get("type") == "object" else "a text"


def above(path):
    """The mappings that a key stands in, from the outermost."""
    parts = path.split(".")
    return [".".join(parts[:i]) for i in range(1, len(parts))]


def keys(schema, said):
    told = set()
    for path, leaf in leaves(schema):
        for mapping in above(path):
            if mapping not in told and said.get(mapping, ("", ""))[1]:
                yield entry(mapping, "", [said[mapping][1]])
            told.add(mapping)
        value, words = said.get(path, ("", ""))
        plain = value and value != "[]" and not value.startswith(("|", "{", '"'))
        default = f"; default: {value}" if plain and not path.startswith(("profiles.", "tools.")) else ""
        yield entry(path, "", [takes(leaf) + default, words])


def read_config(schema_name, config_name):
    with open(schema_name, encoding="utf-8") as file:
        schema = json.load(file)
    with open(config_name, encoding="utf-8") as file:
        said = {}
        for path, value, words in documented(file.read().splitlines()):
            if path not in said or (words and not said[path][1]):
                said[path] = (value, words)
    return schema, said


def described(schema, said):
    for path, (_, words) in said.items():
        if words:
            inside(schema, path)["description"] = words
    return schema


# The interface.


def paragraphs(comment):
    """The paragraphs of a comment; a line that begins with @ begins one; tables stay as they are."""
    found = []
    for line in comment.strip().splitlines():
        bare = line.strip()
        if not bare:
            found.append("")
        elif bare.startswith("@") or not found or not found[-1] or re.match(r"^ {6,}\w+.* \(\w+\) {2,}", line):
            found.append(re.sub(r" {2,}", ": ", bare))
        else:
            found[-1] += " " + bare
    return [text for text in found if text]


def signature(member):
    """NAME (in → out), with names and types."""
    sides = {"in": [], "out": []}
    for arg in member.findall("arg"):
        sides[arg.get("direction", "out")].append(f"{arg.get('type')} {arg.get('name')}")
    given, back = (", ".join(sides[side]) for side in ("in", "out"))
    if member.tag == "signal":
        return f"({back})"
    if member.tag == "property":
        return member.get("type")
    return f"({given})" + (f" -> ({back})" if back else "")


def interface(source):
    parser = xml.XMLParser(target=xml.TreeBuilder(insert_comments=True))
    sections = {"method": [], "signal": [], "property": []}
    comment = None
    for member in xml.parse(source, parser).getroot().find("interface"):
        if member.tag is xml.Comment:
            comment = member.text
        elif comment is None:
            sys.exit(f"{source}: {member.get('name')} has no comment")
        else:
            # "Start: open ..." stands under its name here.
            texts = paragraphs(comment.strip().removeprefix(member.get("name") + ": "))
            texts = [re.sub(r"(^|\s)@(?=\w)", r"\1", text) for text in texts]
            sections[member.tag].append(entry(member.get("name"), signature(member), texts))
            comment = None
    titles = {"method": "METHODS", "signal": "SIGNALS", "property": "PROPERTIES"}
    for tag, entries in sections.items():
        yield f"# {titles[tag]}\n"
        yield from entries


def listed(what, source, more):
    if what == "verbs":
        with open(source, encoding="utf-8") as file:
            return list(verbs(file))
    if what == "keys":
        return keys(*read_config(source, *more))
    return interface(source)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--datadir", default="/usr/share")
    parser.add_argument("what", choices=["verbs", "keys", "interface", "page", "schema"])
    parser.add_argument("sources", nargs="+")
    given = parser.parse_args()
    if given.what == "schema":
        print(json.dumps(described(*read_config(*given.sources)), indent=1, ensure_ascii=False))
        return
    *sources, page = given.sources
    items = listed(given.what, sources[0], sources[1:]) if sources else []
    with open(page, encoding="utf-8") as file:
        text = file.read().replace("@datadir@", given.datadir).replace("@LIST@", "\n".join(items))
    print(text, end="")


main()
