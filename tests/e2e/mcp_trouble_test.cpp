// MCP servers that are slow, that flood or lie, that do not listen and that will not go.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/e2e/support/calls.hpp"
#include "tests/e2e/support/conversation.hpp"
#include "tests/e2e/support/programs.hpp"

using namespace gv::e2e;

namespace {

// A server of the project's own tests; notes is its last argument, and tells it from others.
std::string server(const std::string& mode, const path& notes, const std::string& before = {}) {
  return "    " + mode + ": {argv: [sh, -c, \"" + before + "exec python3 " GV_MCP_SERVER " " +
         mode + " " + notes.string() + "\"], tools: [\"*\"], approval: allow, time_limit: 2s}\n";
}

StageOptions with_servers(const std::string& names, const std::string& servers,
                          const Calls& calls) {
  StageOptions options;
  options.script = calls.script();
  options.daemon.more =
      "profiles: {assistant: {tools: [" + names + "]}}\ntools:\n  mcp_servers:\n" + servers;
  return options;
}

void check_nothing_left(Stage& stage, const path& mark) {
  stage.voice->stop();
  stage.voice->wait_for_state("idle");
  require("no server is left", [&mark] { return processes(mark.string()).empty(); });
  require_no_zombie(stage);
}

bool declares(const json::object& setup, const std::string& name) {
  const auto names = declared(setup);
  return std::ranges::find(names, name) != names.end();
}

std::int64_t ms_between(const json::object& a, const json::object& b) {
  return (t_ns(b) - t_ns(a)) / 1'000'000;
}

json::object of_connection(const Stage& stage, const char* event, int connection) {
  return stage.sim->wait_for(event, [connection](const json::object& line) {
    return line.at("conn").to_number<int>() == connection;
  });
}

}  // namespace

TEST_CASE("slow servers do not hold the start up; what they offer comes with a new connection") {
  const TempDir dir;
  const path notes = dir / "notes";
  Calls calls;
  calls.no_call();
  calls.at_text("good_echo", {{"text", "late"}}).at_text("good_echo", {{"text", "held"}});
  const auto gated = [&dir, &notes](const std::string& mode) {
    const std::string gate = dir / mode;
    return server(mode, notes, "while ! [ -e " + gate + " ]; do sleep 0.1; done; ");
  };
  Stage stage(with_servers("good, late, end_session", gated("good") + gated("late"), calls));
  stage.start_session();
  const std::int64_t waited =
      ms_between(of_connection(stage, "connect", 1), of_connection(stage, "setup", 1));
  MESSAGE("the set-up waited " << waited << " ms for servers that were not there");
  CHECK(waited > 1500);
  CHECK(waited < 4000);
  CHECK(declared(setup_of(stage, 1)) == std::vector<std::string>{"end_session"});
  check_alive(stage);

  write_file(dir / "good", "");
  CHECK(declares(setup_of(stage, 2), "good_echo"));
  CHECK_FALSE(declares(setup_of(stage, 2), "late_echo"));
  write_file(dir / "late", "");
  const auto all = declared(setup_of(stage, 3));  // not a minute later
  for (const char* name : {"end_session", "good_echo", "late_echo"})
    CHECK(declares(setup_of(stage, 3), name));
  require("they were planned",
          [&stage] { return stage.voice->statistics().at("handovers").to_number<int>() == 2; });
  CHECK(stage.voice->statistics().at("reconnects").to_number<int>() == 0);
  CHECK(output_of(call(stage, 2)) == "late");
  check_nothing_left(stage, notes);

  // The next session knows at once, and the call waits for the server.
  std::filesystem::remove(dir / "good");
  stage.start_session();
  CHECK(declared(setup_of(stage, 4)) == all);
  CHECK(ms_between(of_connection(stage, "connect", 4), of_connection(stage, "setup", 4)) < 1500);
  stage.voice->say("And now?");
  stage.voice->wait_for_signal("ToolCalled", [](const json::array& arguments) {
    return arguments.at(0).as_string() == "fc-3";
  });
  CHECK(stage.sim->count("tool_response") == 1);
  write_file(dir / "good", "");
  CHECK(output_of(answer_to(stage, "fc-3")) == "held");
  check_nothing_left(stage, notes);
}

TEST_CASE("servers that flood, that are deaf, and that will not go cost their calls alone") {
  const TempDir dir;
  const path notes = dir / "notes";
  const std::vector<std::string> modes{"flood", "garbage",  "endless", "remarks",
                                       "deaf",  "stubborn", "dies"};
  Calls calls;
  calls.at_text("remarks_echo", {{"text", "x"}})
      .no_call()
      .at_text("flood_echo", {{"text", "x"}})
      .at_text("garbage_echo", {{"text", "x"}})
      .at_text("endless_echo", {{"text", "x"}})
      .at_text("deaf_echo", {{"text", "x"}});
  std::string names;
  std::string servers;
  for (const std::string& mode : modes) {
    names += names.empty() ? mode : ", " + mode;
    servers += server(mode, notes);
  }
  Stage stage(with_servers(names, servers, calls));
  stage.start_session();
  stage.sim->wait_for(
      "setup",
      [&modes](const json::object& line) {
        return std::ranges::all_of(modes, [&line](const std::string& mode) {
          return mode == "dies" || declares(line.at("setup").as_object(), mode + "_echo");
        });
      },
      0, milliseconds(30'000));
  const std::size_t before = memory_kb(stage);
  CHECK(output_of(call(stage, 1)) == "said");
  check_alive(stage);  // while it goes on about nothing on its standard error
  CHECK(has(error_of(call(stage, 3)), "floods us"));
  CHECK(has(error_of(call(stage, 4)), "floods us"));
  CHECK(has(error_of(call(stage, 5)), "a line of it has no end"));
  CHECK(has(error_of(call(stage, 6)), "did not answer within 2 s"));
  check_alive(stage);
  const std::size_t most = memory_kb(stage, "VmHWM");
  MESSAGE("memory: " << before << " kB before, at most " << most << " kB");
  if (!programs::sanitized()) CHECK(most < before + 40 * 1024);
  CHECK(stage.voice->statistics().at("reconnects").to_number<int>() == 0);
  CHECK(stage.daemon->log().size() < 20'000);
  check_nothing_left(stage, notes);
  CHECK(stage.voice->state() == "idle");
}

TEST_CASE("a server over HTTP that lies about lengths, floods or says nothing of use") {
  const TempDir dir;
  Process http({"python3", GV_MCP_HTTP_SERVER, dir / "notes"});
  require("it listens", [&http] { return http.output().ends_with('\n'); });
  const std::string port = http.output().substr(0, http.output().size() - 1);
  const std::vector<std::string> modes{"shorter", "longer", "flood", "endless", "garbage", "error"};
  Calls calls;
  std::string names;
  std::string servers;
  for (const std::string& mode : modes) {
    calls.at_text(mode + "_echo", {{"text", "x"}});
    names += names.empty() ? mode : ", " + mode;
    servers += "    " + mode + ": {url: \"http://127.0.0.1:" + port + "/" + mode +
               "\", tools: [echo], approval: allow, time_limit: 2s}\n";
  }
  Stage stage(with_servers(names, servers, calls));
  stage.start_session();
  stage.sim->wait_for(
      "setup",
      [&modes](const json::object& line) {
        return declared(line.at("setup").as_object()).size() == modes.size();
      },
      0, milliseconds(30'000));
  const std::size_t before = memory_kb(stage);
  for (std::size_t i = 0; i < modes.size(); ++i) {
    CAPTURE(modes[i]);
    CHECK_FALSE(error_of(call(stage, static_cast<int>(i) + 1)).empty());
  }
  check_alive(stage);
  if (!programs::sanitized()) CHECK(memory_kb(stage, "VmHWM") < before + 40 * 1024);
  CHECK(stage.voice->statistics().at("reconnects").to_number<int>() == 0);
  check_nothing_left(stage, "127.0.0.1:" + port + "/");
}
