// Changing a value in the text of a configuration: everything else stays, byte by byte.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "daemon/config/edit.hpp"
#include "daemon/config/example.hpp"
#include "daemon/config/load.hpp"

using gv::Failure;
using gv::config::Change;
using gv::config::Config;
using gv::config::load;

namespace {

// The text with this key file, or what is said.
std::string with_key_file(const std::string& text) {
  Config wanted = load(text, "f").config;
  wanted.api.key_file = "~/k";
  auto edited = gv::config::edit(text, "f", {{{"api", "key_file"}, "~/k"}}, wanted);
  if (const auto* failure = std::get_if<Failure>(&edited)) return "refused: " + failure->message;
  return std::get<std::string>(edited);
}

}  // namespace

TEST_CASE("the key is put where it belongs, and nothing else changes") {
  struct Pair {
    const char* before;
    const char* after;
  };
  for (const Pair& file : {
           Pair{"", "api:\n  key_file: ~/k\n"},
           Pair{"# mine\n", "# mine\napi:\n  key_file: ~/k\n"},
           Pair{"# no end of line", "# no end of line\napi:\n  key_file: ~/k\n"},
           Pair{"log: {level: debug}  # loud\n",
                "log: {level: debug}  # loud\napi:\n  key_file: ~/k\n"},
           Pair{"api: {}\n", "api: {key_file: ~/k}\n"},
           Pair{"api: {version: v1}  # old\n", "api: {key_file: ~/k, version: v1}  # old\n"},
           Pair{"api:\n    # the address\n    version: v1\n",
                "api:\n    key_file: ~/k\n    # the address\n    version: v1\n"},
           Pair{"api:\n  key_file: /old/place   # here\n  version: v1\n",
                "api:\n  key_file: ~/k   # here\n  version: v1\n"},
           Pair{"api:\n  key_file: \"/a # \\\" b\" # here\n", "api:\n  key_file: ~/k # here\n"},
           Pair{"api:\n  key_file: '/it''s'\n", "api:\n  key_file: ~/k\n"},
           Pair{"api: {key_file: /a, version: v1}\n", "api: {key_file: ~/k, version: v1}\n"},
           Pair{"\"api\":\n  'key_file' : /a\n", "\"api\":\n  'key_file' : ~/k\n"},
           Pair{"{api: {key_file: /a}}", "{api: {key_file: ~/k}}"},
           Pair{"{log: {level: info}}", "{api: {key_file: ~/k}, log: {level: info}}"},
           Pair{"  log:\n    level: info\n",
                "  log:\n    level: info\n  api:\n    key_file: ~/k\n"},
           Pair{"api:\r\n  version: v1\r\n", "api:\r\n  key_file: ~/k\r\n  version: v1\r\n"},
           Pair{"\xef\xbb\xbf{api: {key_file: /a}}", "\xef\xbb\xbf{api: {key_file: ~/k}}"},
           Pair{"---\nlog: {level: info}\n", "---\nlog: {level: info}\napi:\n  key_file: ~/k\n"},
       }) {
    CAPTURE(file.before);
    CHECK(with_key_file(file.before) == file.after);
  }
}

TEST_CASE("the example that ships is edited in the one line") {
  const std::string text(gv::config::example_yaml());
  const std::string edited = with_key_file(text);
  std::string expected = text;
  const std::string line = "\n  key_file: \"\"\n";
  expected.replace(expected.find(line), line.size(), "\n  key_file: ~/k\n");
  CHECK(edited == expected);
}

TEST_CASE("what cannot be changed safely is left to its owner, with what to write") {
  for (const char* text : {
           "api:\n  key_file: >-\n    /a\n",  // a block
           "api:\n  key_file: /a\n    /b\n",  // goes on in the next line
           "log: {level: info}\n...\n",       // what follows the end is another document
       }) {
    CAPTURE(text);
    REQUIRE(load(text, "f").ok());
    CHECK(with_key_file(text) ==
          "refused: f is written in a way that cannot be changed for you. Try: set there "
          "api.key_file: ~/k");
  }
  CHECK(with_key_file("api: {key_fil: a}\n") ==
        "refused: f has mistakes. Try: gemini-voicectl config check");
}

TEST_CASE("several changes, and deeper ones") {
  const std::string text = "audio:\n  period: 10ms\n";
  Config wanted = load(text, "f").config;
  wanted.audio.capture_devices = {"plughw:1,0"};
  wanted.api.keyring = true;
  const auto edited = gv::config::edit(
      text, "f", {{{"audio", "capture", "device"}, "\"plughw:1,0\""}, {{"api", "keyring"}, "true"}},
      wanted);
  CHECK(std::get<std::string>(edited) ==
        "audio:\n  capture:\n    device: \"plughw:1,0\"\n  period: 10ms\napi:\n  keyring: true\n");
}

TEST_CASE("a change that means something else than was wanted is not made") {
  Config wanted;
  wanted.api.key_file = "/other";
  const auto edited = gv::config::edit("", "f", {{{"api", "key_file"}, "/a"}}, wanted);
  CHECK(std::holds_alternative<Failure>(edited));
}
