// Schemas of tools' arguments: what is one, and what fits it.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "daemon/schema/schema.hpp"

#include <string>
#include <variant>
#include <vector>

#include <boost/json.hpp>
#include <doctest/doctest.h>

namespace json = boost::json;
using gv::schema::Dialect;
using gv::schema::Fault;
using gv::schema::Schema;

namespace {

Schema read(const std::string& text, Dialect dialect = Dialect::strict) {
  const auto result = Schema::parse(json::parse(text), dialect);
  if (const auto* fault = std::get_if<Fault>(&result)) FAIL(fault->at << ": " << fault->message);
  return std::get<Schema>(result);
}

// The parameters of an object that requires nothing.
Schema with(const std::string& properties, Dialect dialect = Dialect::strict) {
  return read(R"({"type":"object","properties":)" + properties + "}", dialect);
}

std::string faults(const json::value& schema, Dialect dialect = Dialect::strict) {
  std::string all;
  for (const Fault& fault : Schema::check(schema, dialect)) {
    all += (all.empty() ? "" : "\n") + fault.at + (fault.of_name ? " (name)" : "") + ": " +
           fault.message;
  }
  return all;
}

std::string faults_with(const std::string& properties, Dialect dialect = Dialect::strict) {
  return faults(json::parse(R"({"type":"object","properties":)" + properties + "}"), dialect);
}

std::string wrong(const Schema& schema, const std::string& arguments) {
  return schema.mismatch(json::parse(arguments).as_object()).value_or("fits");
}

json::value nested(std::size_t levels) {
  json::value inside = json::object{{"type", "object"}};
  for (std::size_t i = 0; i < levels; ++i) {
    inside = json::object{{"type", "object"}, {"properties", json::object{{"a", inside}}}};
  }
  return inside;
}

constexpr const char* volume = R"({"type":"object","properties":{
    "percent":{"type":"integer","minimum":0,"maximum":100,"description":"How loud"},
    "fade":{"type":"number","exclusiveMinimum":0,"maximum":2.5}},"required":["percent"]})";

}  // namespace

TEST_CASE("a schema keeps its JSON and knows its parameters") {
  const Schema schema = read(volume);
  CHECK(json::parse(schema.json()) == json::parse(volume));
  CHECK(schema.names() == std::vector<std::string>{"percent", "fade"});
  CHECK(schema.requires_parameter("percent"));
  CHECK_FALSE(schema.requires_parameter("fade"));
  CHECK(schema == read(volume));
  CHECK_FALSE(schema == Schema());
}

TEST_CASE("no parameters: nothing is told, nothing is taken") {
  for (const char* text :
       {R"({"type":"object"})", R"({"type":"object","properties":{},"required":[]})",
        R"({"type":"object","title":"a","additionalProperties":false})"}) {
    CAPTURE(text);
    CHECK(read(text).json().empty());
    CHECK(read(text) == Schema());
    CHECK(wrong(read(text), "{}") == "fits");
    CHECK(wrong(read(text), R"({"a":1})") ==
          "the arguments: there is no parameter \"a\"; there is none at all");
  }
  CHECK(Schema().mismatch({}) == std::nullopt);
  CHECK(Schema().mismatch({{"a", 1}}).has_value());
  CHECK_FALSE(read(R"({"type":"object","additionalProperties":true})").json().empty());
}

TEST_CASE("arguments that fit, and what is said of those that do not") {
  const Schema schema = read(volume);
  CHECK(wrong(schema, R"({"percent":40})") == "fits");
  CHECK(wrong(schema, R"({"percent":40.0,"fade":2.5})") == "fits");
  CHECK(wrong(schema, R"({"percent":100,"fade":1})") == "fits");
  const std::string percent = "percent: expected a whole number from 0 to 100";
  for (const char* value : {"101", "-1", "40.5", "\"40\"", "true", "null", "[40]", "{}", "1e300",
                            "18446744073709551615", "-9223372036854775808"}) {
    CAPTURE(value);
    CHECK(wrong(schema, std::string(R"({"percent":)") + value + "}") == percent);
  }
  CHECK(wrong(schema, "{}") == "percent: is missing; expected a whole number from 0 to 100");
  CHECK(wrong(schema, R"({"percent":1,"fade":0})") ==
        "fade: expected a number above 0 and of at most 2.5");
  CHECK(wrong(schema, R"({"percnt":1})") ==
        "the arguments: there is no parameter \"percnt\" (did you mean percent?); "
        "percent: is missing; expected a whole number from 0 to 100");
  CHECK(wrong(schema, R"({"percent":1,"room":"kitchen"})") ==
        "the arguments: there is no parameter \"room\"; there is percent or fade");
}

TEST_CASE("texts, choices, lists and objects") {
  const Schema schema = with(R"({
      "text":{"type":"string","minLength":1,"maxLength":3},
      "url":{"type":"string","pattern":"^https?://[a-z]+$"},
      "action":{"type":"string","enum":["play","pause"]},
      "level":{"type":"number","enum":[1,2.5]},
      "one":{"type":"string","const":"x"},
      "on":{"type":"boolean"},
      "nothing":{"type":"null"},
      "list":{"type":"array","minItems":1,"maxItems":2,"items":{"type":"integer"}},
      "deep":{"type":"object","properties":{"a":{"type":"array","items":
          {"type":"object","properties":{"b":{"type":"integer"}},"required":["b"]}}}}})");
  const auto check = [&schema](const std::string& arguments, const std::string& expected) {
    CAPTURE(arguments);
    CHECK(wrong(schema, "{" + arguments + "}") == expected);
  };
  check(R"("text":"äöü")", "fits");  // code points, not bytes
  check(R"("text":"")", "text: expected a text of 1 to 3 characters");
  check(R"("text":"äöüß")", "text: expected a text of 1 to 3 characters");
  check(R"("url":"https://abc")", "fits");
  check(R"("url":"ftp://abc")", "url: expected a text that matches ^https?://[a-z]+$");
  check(R"("url":"https://abc\n")", "url: expected a text that matches ^https?://[a-z]+$");
  check(R"("action":"pause")", "fits");
  check(R"("action":"stop")", "action: expected \"play\" or \"pause\"");
  check(R"("level":1.0,"one":"x","on":false,"nothing":null)", "fits");
  check(R"("level":2)", "level: expected 1 or 2.5");
  check(R"("one":"y")", "one: expected \"x\"");
  check(R"("on":"true")", "on: expected true or false");
  check(R"("nothing":0)", "nothing: expected null");
  check(R"("list":[1,2])", "fits");
  check(R"("list":[])", "list: expected a list of 1 to 2 items");
  check(R"("list":[1,2,3])", "list: expected a list of 1 to 2 items");
  check(R"("list":[1,"2"])", "list[1]: expected a whole number");
  check(R"("deep":{"a":[{"b":1}]})", "fits");
  check(R"("deep":{"a":[{"b":1},{"b":"1"}]})", "deep.a[1].b: expected a whole number");
  check(R"("deep":{"a":[{"carrot":1}]})",
        "deep.a[0]: there is no parameter \"carrot\"; there is b; "
        "deep.a[0].b: is missing; expected a whole number");
}

TEST_CASE("no value is repeated, and a message stays short") {
  const Schema schema = with(R"({"a":{"type":"integer"},"b":{"type":"string","maxLength":2}})");
  const std::string secret(5000, 'x');
  CHECK(wrong(schema, R"({"a":"secret words","b":"secret"})").find("secret") == std::string::npos);
  CHECK(wrong(schema, R"({"b":")" + secret + R"("})").size() < 100);
  CHECK(wrong(schema, "{\"" + secret + "\":1}").size() < 200);
  json::object many;
  for (int i = 0; i < 5000; ++i)
    many.emplace("n" + std::to_string(i) + "\n\x1b", i);
  const auto said = schema.mismatch(many);
  REQUIRE(said.has_value());
  CHECK(said->size() <= 1000);
  CHECK(said->find('\n') == std::string::npos);
}

TEST_CASE("what is wrong with a schema of our own, all at once, each with its place") {
  struct Row {
    const char* properties;
    std::string expected;
  };
  const std::vector<Row> rows{
      {R"({"a":{"type":"int"}})",
       "/properties/a/type: \"int\" is no type; write string, number, integer, boolean, array, "
       "object or null"},
      {R"({"a":{"type":"strin"}})",
       "/properties/a/type: \"strin\" is no type; write string, number, integer, boolean, array, "
       "object or null (did you mean string?)"},
      {R"({"a":{"type":["string","null"]}})", "/properties/a/type: must be the name of a type"},
      {R"({"a":{"enum":["x"]}})",
       "/properties/a: has no type; write type: string, number, integer, boolean, array or object"},
      {R"({"a":{"type":"integer","minimun":1},"b":{"type":"string","maxLength":"3"}})",
       "/properties/a/minimun (name): unknown key (did you mean minimum?)\n"
       "/properties/b/maxLength: must be a whole number, not below 0"},
      {R"({"a":{"type":"string","anyOf":[]}})", "/properties/a/anyOf (name): unknown key"},
      {R"({"a":{"type":"string","minimum":1}})",
       "/properties/a/minimum (name): does not go with this type; it is for number and integer"},
      {R"({"a":{"type":"integer","minimum":2,"maximum":1}})",
       "/properties/a/minimum: is above maximum"},
      {R"({"a":{"type":"string","minLength":-1}})",
       "/properties/a/minLength: must be a whole number, not below 0"},
      {R"({"a":{"type":"string","pattern":"(a"}})",
       "/properties/a/pattern: is not a regular expression of RE2 (no look-ahead, no "
       "back-references): missing ): (a"},
      {R"({"a":{"type":"string","pattern":"(a)\\1"}})",
       "/properties/a/pattern: is not a regular expression of RE2 (no look-ahead, no "
       "back-references): invalid escape sequence: \\1"},
      {R"({"a":{"type":"string","enum":[]}})",
       "/properties/a/enum: must be a list of the values to choose from"},
      {R"({"a":{"type":"string","enum":["x",1]}})",
       "/properties/a/enum/1: does not fit what is described here; it: expected a text"},
      {R"({"a":{"type":"integer","maximum":5,"default":6}})",
       "/properties/a/default: does not fit what is described here; it: expected a whole number of "
       "at most 5"},
      {R"({"a":{"type":"integer","examples":[1,"x"]}})",
       "/properties/a/examples/1: does not fit what is described here; it: expected a whole "
       "number"},
      {R"({"a b/~":{"type":"integer"}})",
       "/properties/a b~1~0 (name): \"a b/~\" is not a usable name: a letter or _, then letters, "
       "digits, _ and -, at most 63"},
      {R"({"a":"string"})", "/properties/a: must hold keys of its own, e.g. type and description"},
      {R"({"a":{"type":"array","items":{"type":"x"}}})",
       "/properties/a/items/type: \"x\" is no type; write string, number, integer, boolean, array, "
       "object or null"},
      {R"({"a":{"type":"object","properties":{"bee":{"type":"null"}},"required":["be"]}})",
       "/properties/a/required/0: there is no \"be\" among the properties (did you mean bee?)"},
      {R"({"a":{"type":"string","description":1}})", "/properties/a/description: must be a text"},
      {R"([])", "/properties: must hold the names of what it describes"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.properties);
    CHECK(faults_with(row.properties) == row.expected);
  }
  const std::string root = "the whole must have the type object: it describes the arguments";
  CHECK(faults(json::parse(R"({"type":"string"})")) == "/type: " + root);
  CHECK(faults(json::parse("{}")) == ": " + root);
  CHECK(faults(json::parse("[]")) == ": " + root);
  CHECK(std::get<Fault>(Schema::parse(nullptr, Dialect::lenient)).message == root);
}

TEST_CASE("somebody else's schema: what is not understood is kept and not checked") {
  const char* properties = R"J({
      "a":{"anyOf":[{"type":"string"},{"type":"null"}],"x-more":1},
      "b":{"type":["string","null"],"maxLength":2},
      "c":{"type":"string","pattern":"(?=x)"},
      "d":true, "e f":{"type":"integer","minimum":1}, "g":{"type":"array","items":[1]},
      "h":{"$ref":"#/$defs/q"}, "i":{}})J";
  CHECK(faults_with(properties, Dialect::lenient).empty());
  const Schema schema = with(properties, Dialect::lenient);
  CHECK(schema.json().find("x-more") != std::string::npos);
  CHECK(wrong(schema, R"({"a":5,"b":null,"c":"y","d":[],"g":[2],"h":1,"i":{},"new":1})") == "fits");
  CHECK(wrong(schema, R"({"b":"abc"})") == "b: expected a text of at most 2 characters or null");
  CHECK(wrong(schema, R"({"b":7})") == "b: expected a text of at most 2 characters or null");
  CHECK(wrong(schema, R"({"e f":0})") == "e f: expected a whole number of at least 1");
  const Schema closed = read(
      R"({"type":"object","properties":{"a":{}},"additionalProperties":false})", Dialect::lenient);
  CHECK(wrong(closed, R"({"b":1})") ==
        "the arguments: there is no parameter \"b\" (did you mean a?)");
  // What is understood and wrong would end the session when it is set up.
  CHECK_FALSE(faults_with(R"({"a":{"type":"strang"}})", Dialect::lenient).empty());
  CHECK_FALSE(faults(json::parse(R"({"type":"object","required":"a"})"), Dialect::lenient).empty());
  CHECK_FALSE(faults_with("[]", Dialect::lenient).empty());
}

TEST_CASE("bounds") {
  for (const Dialect dialect : {Dialect::strict, Dialect::lenient}) {
    CHECK(faults(nested(11), dialect) == "");
    CHECK(faults(nested(12), dialect) == ": nested too deeply");
    CHECK(faults(nested(500), dialect) == ": nested too deeply");
    json::object many;
    for (int i = 0; i < 1500; ++i)
      many.emplace("p" + std::to_string(i), json::object{{"type", "null"}});
    CHECK(faults(json::object{{"type", "object"}, {"properties", many}}, dialect) ==
          ": describes too much: more than 2048 values");
    const std::string words(32'700, 'a');
    CHECK(faults(json::object{{"type", "object"}, {"description", words}}, dialect) == "");
    CHECK(faults(json::object{{"type", "object"}, {"description", words + words}}, dialect) ==
          ": longer than 32 KiB");
    // Six bytes each, once it is JSON.
    CHECK(faults(json::object{{"type", "object"}, {"title", std::string(6000, '\1')}}, dialect) ==
          ": longer than 32 KiB");
    CHECK(faults(json::object{{"type", "object"}, {"title", "\xff"}}, dialect) ==
          ": holds text that is not valid UTF-8");
    const json::array choices(257, json::value("x"));
    const json::object one{{"type", "string"}, {"enum", choices}};
    CHECK(
        faults(json::object{{"type", "object"}, {"properties", json::object{{"a", one}}}}, dialect)
            .starts_with("/properties/a/enum: has more than 256 values"));
  }
}

TEST_CASE("hostile patterns and texts take no time and no stack") {
  const Schema schema = with(R"J({"a":{"type":"string","pattern":"^(a+)+$"}})J");
  CHECK(wrong(schema, R"({"a":")" + std::string(8000, 'a') + "b\"}") ==
        "a: expected a text that matches ^(a+)+$");
  CHECK(wrong(schema, R"({"a":")" + std::string(8000, 'a') + "\"}") == "fits");
  // Longer than a pattern is tried on.
  CHECK_FALSE(wrong(schema, R"({"a":")" + std::string(9000, 'a') + "\"}") == "fits");
  const auto refused = [](const std::string& pattern) {
    return faults_with(R"({"a":{"type":"string","pattern":")" + pattern + "\"}}");
  };
  CHECK(refused("((((x{100}){100}){100}){100})")
            .starts_with("/properties/a/pattern: is not a regular expression of RE2"));
  CHECK(refused(std::string(501, '(')) == "/properties/a/pattern: is longer than 500 bytes");
}
