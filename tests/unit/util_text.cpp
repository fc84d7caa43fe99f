// Words of others, made fit to be shown.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <string>

#include <doctest/doctest.h>

#include "daemon/util/text.hpp"

using gv::hide_secret;
using gv::is_control;
using gv::printable;
using gv::shell_word;

namespace {

std::string hidden(std::string text) {
  hide_secret(text, "secret-0123456789", "[key]");
  return text;
}

}  // namespace

TEST_CASE("control characters are ASCII's, and no part of a longer character is one") {
  for (const char c : {'\0', '\n', '\x1f', '\x7f'})
    CHECK(is_control(c));
  for (const char c : {' ', '~', '\x80', '\xc3', '\xff'})
    CHECK_FALSE(is_control(c));
}

TEST_CASE("what is shown is valid UTF-8 without control characters, cut between characters") {
  CHECK(printable("a\nb\x1b[0m\x7f", 100) == "a b [0m ");
  CHECK(printable("\xc3\xa4\xff\xed\xa0\x80", 100) ==
        "\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(printable("\xc3\xa4\xc3\xa4", 3) == "\xc3\xa4");
}

TEST_CASE("text is cut between characters") {
  const std::string text = "a\xc3\xa4\xe2\x82\xac";
  CHECK(gv::is_utf8(text));
  CHECK_FALSE(gv::is_utf8("a\xc3"));
  CHECK(gv::beginning(text, 6) == text);
  CHECK(gv::beginning(text, 5) == "a\xc3\xa4");
  CHECK(gv::beginning(text, 2) == "a");
  CHECK(gv::beginning(text, 0).empty());
}

TEST_CASE("a secret is hidden wherever it stands, and however much of it") {
  CHECK(hidden("no: secret-0123456789!") == "no: [key]!");
  CHECK(hidden("secret-0123456789secret-0123456789") == "[key][key]");
  CHECK(hidden("cut: secret-0123") == "cut: [key]");
  CHECK(hidden("other: secret-0x") == "other: [key]x");
  CHECK(hidden("a secret") == "a secret");
  std::string text = "abc";
  hide_secret(text, "abc", "[key]");  // too short to be told from words
  CHECK(text == "abc");
}

TEST_CASE("a word for a shell stays one word") {
  CHECK(shell_word("call-1_a.b:c/d") == "call-1_a.b:c/d");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("it's; rm -rf $HOME") == "'it'\\''s; rm -rf $HOME'");
  CHECK(shell_word("-x") == "-- '-x'");
  CHECK(shell_word("~") == "'~'");
}
