// The parameters of commands in the configuration, and where they stand in a command line.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/config/dump.hpp"
#include "daemon/config/placeholders.hpp"
#include "tests/unit/tools_config.hpp"

using namespace tools_config;
using gv::config::Config;
using gv::config::load;

TEST_CASE("parameters: by name, or as a JSON Schema") {
  const auto json = [](const std::string& parameters) {
    return good(command("", "[say, \"{a}\"]", parameters)).tools.commands.at("x").parameters.json();
  };
  const std::string named = json("{a: {type: integer, minimum: 0}}");
  CHECK(named ==
        R"({"type":"object","properties":{"a":{"type":"integer","minimum":0}},"required":["a"]})");
  CHECK(json(named) == named);
  CHECK(json("{type: object, properties: {a: {type: integer, minimum: 0}}, required: [a]}") ==
        named);
  CHECK(json("{a: {type: integer, required: false}}") ==
        R"({"type":"object","properties":{"a":{"type":"integer"}}})");
  // A parameter may be called type; a text behind it cannot be one.
  CHECK(good(command("", "[say, \"{type}\"]", "{type: {type: integer}}"))
            .tools.commands.at("x")
            .parameters.names() == std::vector<std::string>{"type"});
  CHECK(good("tools: {commands: {x: {description: a, argv: [a], parameters: {}}}}")
            .tools.commands.at("x")
            .parameters.json()
            .empty());
}

TEST_CASE("a number is one where it is not in quotes") {
  const auto choices = [](const std::string& list) {
    return good(command("", "[say, \"{a}\"]", "{a: {type: " + list + "}}"))
        .tools.commands.at("x")
        .parameters.json();
  };
  CHECK(choices("string, enum: [\"40\", 'true', on, 007, 1.2.3, 0x10, .5, \"\", 1e999, !!str 5]")
            .find(R"(["40","true","on","007","1.2.3","0x10",".5","","1e999","5"])") !=
        std::string::npos);
  CHECK(choices("number, enum: [40, -1, 0, 1.5, 1e2]").find("[40,-1,0,1.5E0,1E2]") !=
        std::string::npos);
  CHECK(choices("boolean, enum: [true, false]").find("[true,false]") != std::string::npos);
  CHECK(of_parameters("{a: {type: integer, minimum: \"40\"}}") ==
        in_front("6:48", "commands.x.parameters.a.minimum: must be a number"));
}

TEST_CASE("mistakes in parameters, at the place of each") {
  const std::string at = "commands.x.parameters";
  CHECK(of_parameters("{a: {type: integer, minimun: 1}}") ==
        in_front("6:39", at + ".a.minimun: unknown key (did you mean minimum?)"));
  CHECK(of_parameters("{a: {type: integr}, b: {type: string, maxLength: -1}}") ==
        in_front("6:30", at + ".a.type: \"integr\" is no type; write string, number, integer, "
                              "boolean, array, object or null (did you mean integer?)") +
            in_front("6:68", at + ".b.maxLength: must be a whole number, not below 0"));
  CHECK(of_parameters("{a: integer}") ==
        in_front("6:23", at + ".a: must hold keys of its own, e.g. type and description"));
  CHECK(of_parameters("{a: {description: b}}") ==
        in_front("6:23", at +
                             ".a: has no type; write type: string, number, integer, boolean, array "
                             "or object"));
  CHECK(of_parameters("{a: {type: string, required: no}}") ==
        in_front("6:48", at + ".a.required: \"no\" is not true or false (did you mean false?)"));
  CHECK(of_parameters("{a b: {type: string}}") ==
        in_front("6:20", at + ".a b: \"a b\" is not a usable name: a letter or _, then letters, "
                              "digits, _ and -, at most 63"));
  CHECK(of_parameters("{a: {type: string, enum: [x, 5]}}") ==
        in_front("6:48", at + ".a.enum: does not fit what is described here; it: expected a text"));
  CHECK(of_parameters("{type: object, properties: {a: {type: strin}}, required: [b]}") ==
        in_front("6:57", at + ".properties.a.type: \"strin\" is no type; write string, number, "
                              "integer, boolean, array, object or null (did you mean string?)"));
  CHECK(of_parameters("{type: object, properties: {aa: {type: string}}, required: [ab]}") ==
        in_front("6:79", at + ".required: there is no \"ab\" among the properties (did you mean "
                              "aa?)"));
  CHECK(of_parameters("{type: string}") ==
        in_front("6:26", at + ".type: the whole must have the type object: it describes the "
                              "arguments"));
  CHECK(of_parameters("{a: {type: string}, a: {type: string}}") ==
        in_front("6:39", at + ".a: duplicate key, first given in line 6"));
  CHECK(of_parameters("{a: {type: string, type: string}}") ==
        in_front("6:38", at + ".a.type: duplicate key, first given in line 6"));
  CHECK(of_parameters("{a: {type: string, description: \"\\x01\"}}") ==
        in_front("6:51", at + ".a.description: holds a control character"));
  CHECK(of_parameters("[a]") ==
        in_front("6:19", at + ": must hold keys of its own, indented by two spaces below it"));
  CHECK(of_parameters("") ==
        in_front("6:7", at + ": nothing stands below it; indent its keys by two spaces, or remove "
                             "the line"));
  CHECK(of_parameters(std::string(20, '[') + std::string(20, ']')).starts_with("f:6:19: "));
  const auto nested = [](int levels) {
    std::string inside = "{type: string}";
    for (int i = 0; i < levels; ++i)
      inside = "{type: array, items: " + inside + "}";
    return command("", "[say, \"{a}\"]", "{a: " + inside + "}");
  };
  // What is shown has two levels more than what was written, and must load again.
  const Config deep = good(nested(21));
  CHECK(load(gv::config::dump(deep), "f").config == deep);
  CHECK(said(nested(22)) == in_front("6:19", at + ": nested too deeply"));
}

TEST_CASE("placeholders name parameters, and parameters stand somewhere") {
  const std::string at = "commands.x.argv: ";
  CHECK(of_argv("[say, \"{txt}\", \"{text}\"]") ==
        in_front("5:19", at + "there is no parameter \"txt\" (did you mean text?)"));
  CHECK(of_argv("[\"{text}\"]") ==
        in_front("5:14", at + "the program itself must not depend on what the model says"));
  CHECK(of_argv("[say, \"{text}\", \"{\"]") ==
        in_front("5:29",
                 at + "has a { alone; write {name} for a parameter, and {{ or }} for a brace"));
  CHECK(of_argv("[say, \"{text}\", \"a}\"]") ==
        in_front("5:29",
                 at + "has a } alone; write {name} for a parameter, and {{ or }} for a brace"));
  CHECK(of_argv("[say, \"{text}\", \"{}\"]") ==
        in_front("5:29", at + "{} names no parameter; write {{}} for the braces themselves"));
  CHECK(of_argv("[say, \"{text}{{text}}\"]").empty());
  CHECK(of_argv("[say, \"{{text}}\"]") ==
        in_front("6:20",
                 "commands.x.parameters.text: warning: stands neither in argv nor in input, "
                 "and so has no effect"));
  CHECK(said(command("      input: \"{text}\"\n", "[say]")).empty());
  CHECK(said(command("      input: \"{tex}{\"\n")) ==
        in_front("6:14",
                 "commands.x.input: has a { alone; write {name} for a parameter, and {{ or "
                 "}} for a brace"));
  const auto pieces = gv::config::pieces_of("a{{b{c}d}}{e}");
  const auto& read = std::get<std::vector<gv::config::Piece>>(pieces);
  REQUIRE(read.size() == 4);
  CHECK(read[0].text == "a{b");
  CHECK(read[1].parameter);
  CHECK(read[1].text == "c");
  CHECK(read[2].text == "d}");
  CHECK(gv::config::placeholders_in("{a} {b}{a}") == std::vector<std::string>{"a", "b", "a"});
}
