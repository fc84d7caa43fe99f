// From a command and the model's arguments to what runs, in what environment, and how it is shown.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/tools/command.hpp"
#include "daemon/tools/environment.hpp"
#include "daemon/tools/verbatim.hpp"

using namespace gv;
using Words = std::vector<std::string>;
namespace json = boost::json;

namespace {

std::variant<tools::Expanded, tools::Refusal> expand(Words argv, std::string_view arguments) {
  config::CommandTool tool;
  tool.child.argv = std::move(argv);
  return tools::expand(tool, json::parse(arguments).as_object());
}

Words words(Words argv, std::string_view arguments) {
  auto result = expand(std::move(argv), arguments);
  REQUIRE(std::holds_alternative<tools::Expanded>(result));
  return std::get<tools::Expanded>(std::move(result)).argv;
}

std::string refusal(Words argv, std::string_view arguments) {
  const auto result = expand(std::move(argv), arguments);
  REQUIRE(std::holds_alternative<tools::Refusal>(result));
  return std::get<tools::Refusal>(result).why;
}

}  // namespace

TEST_CASE("placeholders are replaced, braces are written twice") {
  CHECK(words({"p", "{a}", "x{a}y{b}", "{{a}}", "}}{{"}, R"({"a":"1 $HOME '","b":"2"})") ==
        Words{"p", "1 $HOME '", "x1 $HOME 'y2", "{a}", "}{"});
  CHECK(words({"p", "{a}"}, R"({"a":"{b}","b":"no"})") == Words{"p", "{b}"});  // once
  CHECK(words({"p", "{a}"}, R"({"a":""})") == Words{"p", ""});
}

TEST_CASE("numbers have no exponent, booleans are words, objects are JSON") {
  CHECK(words({"p", "{a}", "{b}", "{c}", "{d}", "{e}"},
              R"({"a":1e21,"b":0.000001,"c":5.0,"d":12345678901234567890,"e":0.1})") ==
        Words{"p", "1000000000000000000000", "0.000001", "5", "12345678901234567890", "0.1"});
  CHECK(words({"p", "{a}", "{b}", "x={c}"}, R"({"a":true,"b":false,"c":{"k":[1]}})") ==
        Words{"p", "true", "false", R"(x={"k":[1]})"});
}

TEST_CASE("a list becomes several arguments, what was not given none") {
  CHECK(words({"p", "{a}", "end"}, R"({"a":["x","y z",3]})") == Words{"p", "x", "y z", "3", "end"});
  CHECK(words({"p", "{a}", "end"}, R"({"a":[]})") == Words{"p", "end"});
  CHECK(words({"p", "{a}", "--b={b}", "{c}"}, R"({"a":null})") == Words{"p"});
}

TEST_CASE("no value becomes an option") {
  CHECK(refusal({"p", "{a}"}, R"({"a":"--exec=rm"})").find("\"a\" begins with '-'") !=
        std::string::npos);
  refusal({"p", "{a}{b}"}, R"({"a":"","b":"-x"})");
  refusal({"p", "{a}"}, R"({"a":["x","-y"]})");
  refusal({"p", "{a}"}, R"({"a":-1})");
  refusal({"p", "{a}", "--"}, R"({"a":"-x"})");
  refusal({"p", "{dashes}", "{a}"}, R"({"dashes":"--","a":"-x"})");
  // The first "--" is the launcher's, and the program behind it has options.
  refusal({"env", "--", "rm", "{a}"}, R"({"a":"-rf"})");
  refusal({"/usr/bin/nice", "-n", "5", "--", "rm", "{a}"}, R"({"a":"-rf"})");
  refusal({"systemd-run", "--user", "--", "env", "--", "rm", "{a}"}, R"({"a":"-rf"})");
  CHECK(words({"systemd-run", "--on-active={s}s", "--", "notify-send", "--", "Timer", "{a}"},
              R"({"s":5,"a":"-x"})") ==
        Words{"systemd-run", "--on-active=5s", "--", "notify-send", "--", "Timer", "-x"});
  CHECK(words({"p", "--", "{a}"}, R"({"a":"-x"})") == Words{"p", "--", "-x"});
  CHECK(words({"p", "--a={a}", "-{a}", "+{a}"}, R"({"a":"-x"})") ==
        Words{"p", "--a=-x", "--x", "+-x"});
}

TEST_CASE("what stands on its standard input is shown, too") {
  config::CommandTool tool;
  tool.child.argv = {"wl-copy"};
  tool.input = "{a}{b}\n{{}}";
  const auto result = tools::expand(tool, json::parse(R"({"a":"-x\u202e"})").as_object());
  REQUIRE(std::holds_alternative<tools::Expanded>(result));
  const auto& command = std::get<tools::Expanded>(result);
  CHECK(command.input == "-x\xe2\x80\xae\n{}");
  CHECK(tools::shown(command) == "wl-copy\nwith this on its standard input:\n$'-x\\u{202e}\\n{}'");
  tool.child.argv = {"{"};
  CHECK(std::holds_alternative<tools::Refusal>(tools::expand(tool, {})));
}

TEST_CASE("no command can be given a NUL") {
  CHECK(refusal({"p", "--", "{a}"}, R"({"a":"x\u0000y"})").find("NUL") != std::string::npos);
}

TEST_CASE("a program has the base of the environment and what is allowed") {
  const Words ours{"PATH=/bin",        "HOME=/h",         "LC_TIME=de", "SECRET=1",
                   "DISPLAY=:0",       "LISTEN_FDS=1",    "junk",       "GEMINI_API_KEY=k",
                   "GOOGLE_API_KEY=k", "NOTIFY_SOCKET=@x"};
  CHECK(tools::child_environment(ours, {}) == Words{"HOME=/h", "LC_TIME=de", "PATH=/bin"});
  CHECK(tools::child_environment(ours, {"DISPLAY", "ABSENT", "A=b=c", "HOME=/other"}) ==
        Words{"A=b=c", "DISPLAY=:0", "HOME=/other", "LC_TIME=de", "PATH=/bin"});
  CHECK(tools::child_environment({}, {"GEMINI_API_KEY"}) ==
        Words{"PATH=/usr/local/bin:/usr/bin:/bin"});
  const Words never{"GEMINI_API_KEY", "GOOGLE_API_KEY", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET",
                    "JOURNAL_STREAM", "INVOCATION_ID",  "WATCHDOG_PID",          "WATCHDOG_USEC",
                    "LISTEN_FDS",     "LISTEN_PID",     "LISTEN_FDNAMES"};
  Words set;
  for (const auto& name : never)
    set.push_back(name + "=x");
  CHECK(tools::child_environment(set, never) == Words{"PATH=/usr/local/bin:/usr/bin:/bin"});
  CHECK(tools::value_of(ours, "HOME") == "/h");
  CHECK(tools::value_of(ours, "HOM").empty());
}

TEST_CASE("a command is shown as a shell would take it, and cannot look like another") {
  using tools::shown_command;
  CHECK(shown_command({"wpctl", "set-volume", "@DEFAULT_AUDIO_SINK@", "50%"}) ==
        "wpctl set-volume @DEFAULT_AUDIO_SINK@ 50%");
  CHECK(shown_command({"a", "", "b c", "$(x)", "~", "caf\xc3\xa9"}) ==
        "a '' 'b c' '$(x)' '~' 'caf\xc3\xa9'");
  CHECK(shown_command({"it's", "a\\b", "a\nb\t\x1b[2K\r"}) ==
        R"($'it\'s' 'a\b' $'a\nb\t\u{1b}[2K\r')");
  CHECK(shown_command({"a\n\\n"}) == R"($'a\n\\n')");
  CHECK(shown_command({"\xe2\x80\xae"
                       "gpj.exe"}) == R"($'\u{202e}gpj.exe')");  // right-to-left override
  CHECK(shown_command({"\xe2\x80\x8b"}) == R"($'\u{200b}')");    // zero width
  CHECK(shown_command({"a\xc2\xa0"
                       "b"}) == R"($'a\u{a0}b')");                  // not the common blank
  CHECK(shown_command({"\xf3\xa0\x81\x81"}) == R"($'\u{e0041}')");  // a tag
  CHECK(shown_command({"\xff\xc3"}) == R"($'\x{ff}\x{c3}')");
  CHECK(shown_command({"note", "\xd7\xa9\xd7\x9c", "x"}) ==
        "note \\\n  '\xd7\xa9\xd7\x9c' \\\n  x");  // letters that run backwards
}

TEST_CASE("what is long is shown to its last byte") {
  // What stands in the middle of much padding would run, too.
  const std::string hidden = std::string(1500, 'a') + "curl" + std::string(1500, 'a');
  CHECK(tools::shown_command({"p", hidden, "end"}) == "p " + hidden + " end");
  CHECK(tools::shown_command(Words(5000, "word")).size() == 24'999);
  CHECK(tools::shown_json({{"k", hidden}}) == "{\n  \"k\": \"" + hidden + "\"\n}");
}

TEST_CASE("JSON is shown indented, with the same care") {
  CHECK(tools::shown_json(
            json::parse(R"({"a":{"b":[1,true,null]},"c":"x\ny\u202e\\\"","d":{}})").as_object()) ==
        "{\n  \"a\": {\n    \"b\": [\n      1,\n      true,\n      null\n    ]\n  },\n"
        "  \"c\": \"x\\ny\\u{202e}\\\\\\\"\",\n  \"d\": {}\n}");
  CHECK(tools::shown_json({}) == "{}");
}
