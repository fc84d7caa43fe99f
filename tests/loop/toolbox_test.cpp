// The toolbox: commands, what is built in, and how they are planned.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "daemon/desktop/question_text.hpp"
#include "tests/loop/toolbox_bench.hpp"

using namespace gv;
using namespace std::chrono_literals;
using config::Approval;
namespace json = boost::json;

namespace {

struct TempFolder {
  std::string path = std::filesystem::temp_directory_path() / "gv-toolbox-XXXXXX";
  TempFolder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~TempFolder() { std::filesystem::remove_all(path); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
};

config::CommandTool command(std::vector<std::string> argv, std::string_view properties = "{}") {
  config::CommandTool tool;
  tool.description = "Does it.";
  tool.child.argv = std::move(argv);
  tool.policy.approval = Approval::allow;
  auto parsed = schema::Schema::parse(
      json::object{{"type", "object"}, {"properties", json::parse(properties)}},
      schema::Dialect::strict);
  REQUIRE(std::holds_alternative<schema::Schema>(parsed));
  tool.parameters = std::get<schema::Schema>(std::move(parsed));
  return tool;
}

constexpr std::string_view text_parameter = R"({"text":{"type":"string"}})";

}  // namespace

TEST_CASE("a command is planned, shown and run") {
  test::Bench bench;
  bench.config.commands["note"] = command({"printf", "<%s>", "{text}"}, text_parameter);
  bench.begin();
  CHECK(bench.toolbox.ready());
  CHECK(bench.names() == std::vector<std::string>{"end_session", "note"});
  const auto plan = bench.toolbox.plan("note", R"({"text":"it's"})");
  CHECK(plan.refusal.empty());
  CHECK(plan.approval == Approval::allow);
  CHECK(plan.what == R"(printf '<%s>' $'it\'s')");
  CHECK(plan.time_limit == 30s);
  CHECK(bench.response("note", {{"text", "it's"}}) == R"({"output":"<it's>"})");
  CHECK(bench.refusal("note", R"({"text":5})").find("do not fit") != std::string::npos);
  CHECK(bench.refusal("note", R"({"text":"-x"})").find("begins with '-'") != std::string::npos);
  CHECK(bench.refusal("note", "{").find("not a JSON object") != std::string::npos);
  CHECK(bench.refusal("note", "{\"text\":\"" + std::string(300'000, 'x') + "\"}").find("256 KiB") !=
        std::string::npos);
  // Whatever asks for it, only what plan() takes is run.
  bench.toolbox.run(77, "note", R"({"text":"-x"})");
  CHECK(bench.wait(77).failed);
  bench.toolbox.run(78, "absent", "{}");
  CHECK(bench.wait(78).failed);
  CHECK(bench.changes == 0);
  bench.end();
}

TEST_CASE("a command reads what the model gives it") {
  test::Bench bench;
  bench.config.commands["copy"] = command({"cat"}, text_parameter);
  bench.config.commands["copy"].input = "{text}\n";
  bench.config.commands["copy"].output_limit = 1'000'000;
  bench.begin();
  CHECK(bench.response("copy", {{"text", "milk"}}) == R"({"output":"milk\n"})");
  const std::string large(100'000, 'x');  // more than a pipe holds
  CHECK(bench.response("copy", {{"text", large}}) == "{\"output\":\"" + large + "\\n\"}");
  bench.end();
}

TEST_CASE("what the user cannot be shown in whole is not run") {
  test::Bench bench;
  bench.config.commands["say"] = command({"echo", "{text}"}, text_parameter);
  bench.begin();
  const std::string hidden = std::string(1400, 'a') + "$(x)" + std::string(1400, 'a');
  const auto what = bench.toolbox.plan("say", "{\"text\":\"" + hidden + "\"}").what;
  CHECK(what == "echo '" + hidden + "'");
  // A notification cannot hold it, and so has no button that allows it.
  CHECK_FALSE(desktop::question_text("say", what, "c", true, true).whole);
  // Each of them is written as \u{ad}.
  std::string unseen;
  for (int i = 0; i < 30'000; ++i)
    unseen += "\xc2\xad";
  CHECK(bench.refusal("say", "{\"text\":\"" + unseen + "\"}").find("longer than 128 KiB") !=
        std::string::npos);
  bench.end();
}

TEST_CASE("what the user forbids is refused, what they are asked is marked") {
  test::Bench bench;
  bench.config.commands["no"] = command({"true"});
  bench.config.commands["no"].policy.approval = Approval::deny;
  bench.config.commands["ask"] = command({"true"});
  bench.config.commands["ask"].policy = {};
  bench.config.commands["ask"].policy.remember = true;
  bench.begin();
  CHECK(bench.refusal("no", "{}").find("does not allow") != std::string::npos);
  const auto plan = bench.toolbox.plan("ask", "{}");
  CHECK(plan.refusal.empty());
  CHECK(plan.approval == Approval::ask);
  CHECK(plan.remember);
  bench.end();
}

TEST_CASE("a command has the user's home and no key of ours") {
  ::setenv("GEMINI_API_KEY", "secret", 1);
  ::setenv("GV_ALLOWED", "yes", 1);
  ::setenv("HOME", "/usr", 1);
  test::Bench bench;
  bench.config.commands["env"] =
      command({"sh", "-c", "pwd; echo ${{GEMINI_API_KEY-none}} ${{GV_ALLOWED-none}} $GV_SET"});
  bench.config.commands["env"].child.environment = {"GV_ALLOWED", "GV_SET=1", "GEMINI_API_KEY"};
  bench.config.commands["there"] = command({"pwd"});
  bench.config.commands["there"].child.directory = "~/share";
  bench.config.commands["own"] = command({"~/bin/printf", "x"});
  bench.config.mcp_servers["s"] = bench.server({"~/bin/env", "python3", GV_MCP_SERVER, "good"});
  bench.begin_and_wait();
  CHECK(bench.has("s_echo"));
  CHECK(bench.toolbox.plan("own", "{}").what == "/usr/bin/printf x");
  CHECK(bench.response("own", {}) == R"({"output":"x"})");
  CHECK(bench.response("env", {}) == R"({"output":"/usr\nnone yes 1\n"})");
  CHECK(bench.response("there", {}) == R"({"output":"/usr/share\n"})");
  bench.end();
}

TEST_CASE("commands that do not end are ended: in time, when cancelled, with the session") {
  test::Bench bench;
  bench.config.commands["sleep"] = command({"sleep", "600"});
  bench.config.commands["short"] = command({"sleep", "600"});
  bench.config.commands["short"].policy.time_limit = 100ms;
  bench.begin();
  CHECK(bench.response("short", {}) == R"({"error":"it did not end within 100 ms and was ended"})");
  const auto cancelled = bench.run("sleep", {});
  bench.toolbox.cancel(cancelled);
  const auto open = bench.run("sleep", {});
  bench.end();
  CHECK_FALSE(bench.results.contains(cancelled));
  CHECK_FALSE(bench.results.contains(open));
}

TEST_CASE("what is built in") {
  std::function<void(tools::Toolbox::Shot)> answer;
  test::Bench bench([&answer](auto done) { answer = std::move(done); });
  bench.begin_with({"end_session", "mute_microphone", "look_at_screen", "end_session", "unknown"});
  CHECK(bench.names() ==
        std::vector<std::string>{"end_session", "mute_microphone", "look_at_screen"});
  for (const auto& function : bench.toolbox.functions()) {
    CHECK(function.parameters.empty());
    CHECK(function.description.size() > 100);
  }
  const auto end = bench.toolbox.plan("end_session", "{}");
  CHECK(end.approval == Approval::allow);
  CHECK(end.builtin == tools::Builtin::end_session);
  CHECK(bench.toolbox.plan("mute_microphone", "{}").builtin == tools::Builtin::mute_microphone);
  const auto look = bench.toolbox.plan("look_at_screen", "{}");
  CHECK(look.approval == Approval::ask);
  CHECK_FALSE(look.remember);
  CHECK(look.builtin == tools::Builtin::none);
  CHECK_FALSE(look.what.empty());

  const auto seen = bench.run("look_at_screen", {});
  answer(tools::Picture{"image/png", "bytes"});
  const auto result = bench.wait(seen);
  REQUIRE(result.pictures.size() == 1);
  CHECK(result.pictures[0].bytes == "bytes");
  const auto refused = bench.run("look_at_screen", {});
  answer(std::string("the user refused"));
  CHECK(bench.wait(refused).response ==
        R"({"error":"there is no picture of the screen: the user refused"})");
  // Late ones are nobody's.
  const auto cancelled = bench.run("look_at_screen", {});
  bench.toolbox.cancel(cancelled);
  answer(std::string("late"));
  const auto gone = bench.run("look_at_screen", {});
  bench.end();
  answer(std::string("later"));
  bench.io.restart();
  bench.io.poll();
  CHECK_FALSE(bench.results.contains(cancelled));
  CHECK_FALSE(bench.results.contains(gone));
}

TEST_CASE("a tutor saves words") {
  TempFolder folder;
  test::Bench bench({}, test::Bench::as_it_is, folder.path + "/state");
  bench.begin_with({"save_word"}, "Spanish");
  REQUIRE(bench.names() == std::vector<std::string>{"save_word"});
  const auto& function = bench.toolbox.functions()[0];
  CHECK(function.scheduling == config::Scheduling::silent);
  CHECK(json::parse(function.parameters).at("required") == json::array{"word", "translation"});
  const auto plan = bench.toolbox.plan("save_word", R"({"word":"casa","translation":"house"})");
  CHECK(plan.refusal.empty());
  CHECK(plan.approval == Approval::allow);
  CHECK(bench.refusal("save_word", R"({"word":"casa"})").find("translation") != std::string::npos);
  CHECK(bench.refusal("save_word", R"({"word":" ","translation":"x"})").find("do not fit") !=
        std::string::npos);
  CHECK(bench
            .refusal("save_word",
                     "{\"translation\":\"x\",\"word\":\"" + std::string(101, 'x') + "\"}")
            .find("do not fit") != std::string::npos);
  CHECK(bench.refusal("save_word", R"({"word":"a","translation":"b","file":"/etc/passwd"})")
            .find("file") != std::string::npos);

  CHECK(bench.response("save_word", {{"word", "casa"}, {"translation", "house"}}) ==
        R"({"output":"It is in the list now."})");
  CHECK(bench.response("save_word", {{"word", "Casa"}, {"translation", "home"}}) ==
        R"({"output":"It was in the list, and is up to date now."})");
  const auto words = words::Store(folder.path + "/state").read().all();
  REQUIRE(words.size() == 1);
  CHECK(words[0].translation == "home");
  CHECK(words[0].language == "Spanish");
  bench.end();
}

TEST_CASE("without a place for the list there is no save_word; where it fails the model hears so") {
  test::Bench none;
  none.begin_with({"save_word"});
  CHECK(none.names().empty());
  TempFolder folder;
  test::Bench bench({}, test::Bench::as_it_is, "/proc/nothing/here");
  bench.begin_with({"save_word"});
  const auto call = bench.run("save_word", {{"word", "a"}, {"translation", "b"}});
  CHECK(bench.wait(call).response ==
        R"({"error":"it could not be saved; the log of gemini-voiced says why"})");
}

TEST_CASE("without a way to see the screen it is not offered") {
  test::Bench bench;
  bench.begin_with({"look_at_screen"});
  CHECK(bench.names().empty());
  CHECK(bench.refusal("look_at_screen", "{}") == "there is no such tool");
}

TEST_CASE("a server's pictures are made fit, one after the other, or left out with words") {
  std::vector<std::string> asked;
  std::function<void(tools::Toolbox::Shot)> answer;
  test::Bench bench({}, [&](const tools::Picture& picture, auto converted) {
    asked.push_back(picture.mime_type + " " + picture.bytes);
    answer = std::move(converted);
  });
  const auto say = [&answer](tools::Toolbox::Shot shot) {
    std::exchange(answer, {})(std::move(shot));
  };
  bench.config.mcp_servers["s"] = bench.server({"python3", GV_MCP_SERVER, "pictures"});
  bench.begin_and_wait();
  const auto call = bench.run("s_echo", {{"text", ""}});
  bench.until([&asked] { return asked.size() == 1; });
  say(tools::Picture{"image/jpeg", "one"});
  say(std::string("a\nbomb"));
  CHECK(asked == std::vector<std::string>{"image/png 1", "image/png 2", "image/png 3"});
  CHECK_FALSE(bench.results.contains(call));
  say(tools::Picture{"image/jpeg", "three"});
  const auto result = bench.wait(call);
  CHECK(result.response == R"({"output":"seen\n[picture 1]\n[picture 2]\n[picture 3]\n)"
                           R"([a picture was left out: a bomb]"})");
  REQUIRE(result.pictures.size() == 2);
  CHECK(result.pictures[0].bytes == "one");
  CHECK(result.pictures[1].bytes == "three");

  // Who is not waited for any more is asked no further.
  const auto cancelled = bench.run("s_echo", {{"text", ""}});
  bench.until([&asked] { return asked.size() == 4; });
  bench.toolbox.cancel(cancelled);
  say(std::string("late"));
  const auto gone = bench.run("s_echo", {{"text", ""}});
  bench.until([&asked] { return asked.size() == 5; });
  bench.end();
  say(std::string("later"));
  CHECK(asked.size() == 5);
  CHECK_FALSE(bench.results.contains(cancelled));
  CHECK_FALSE(bench.results.contains(gone));
}

TEST_CASE("where nothing makes pictures fit they are left out") {
  test::Bench bench({}, {});
  bench.config.mcp_servers["s"] = bench.server({"python3", GV_MCP_SERVER, "pictures"});
  bench.begin_and_wait();
  const auto result = bench.wait(bench.run("s_echo", {{"text", ""}}));
  CHECK(result.pictures.empty());
  CHECK(result.response.find("[a picture was left out: there is nothing") != std::string::npos);
  bench.end();
}

TEST_CASE("a name is one tool's, however many would have it") {
  test::Bench bench;
  // "s" with "_echo" and "s_" with "echo" come to the same.
  bench.config.commands["s_echo"] = command({"true"});
  bench.config.mcp_servers["s"] = bench.server({"python3", GV_MCP_SERVER, "good"});
  bench.begin_and_wait();
  CHECK(bench.has("s_echo_2"));
  CHECK(bench.toolbox.plan("s_echo", "{}").what == "true");
  CHECK(bench.response("s_echo_2", {{"text", "x"}}) == R"({"output":"x"})");
  bench.end();
}

TEST_CASE("no more than 128 functions are offered") {
  test::Bench bench;
  for (int i = 0; i < 300; ++i)
    bench.config.commands["c" + std::to_string(i)] = command({"true"});
  bench.begin();
  CHECK(bench.names().size() == 128);
  bench.end();
}
