#!/usr/bin/env python3
"""Write FILE as the C++ function gv::config::example_yaml(): embed.py FILE OUTPUT."""

import sys


def main() -> None:
    source, output = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        text = file.read()
    if ')yaml"' in text:
        sys.exit(f"{source}: holds the end mark of the raw string")
    # Compilers need accept no more than 64 KiB in one literal.
    if len(text.encode()) > 60000:
        sys.exit(f"{source}: too long for one string literal")
    with open(output, "w", encoding="utf-8") as file:
        file.write('#include "daemon/config/example.hpp"\n\n')
        file.write("namespace gv::config {\n\n")
        file.write(f'std::string_view example_yaml() {{\n  return R"yaml({text})yaml";\n}}\n\n')
        file.write("}  // namespace gv::config\n")


main()
