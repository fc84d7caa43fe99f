// MCP servers that are slow, that flood, that do not listen and that will not go.
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
  require("it leaves no zombie",
          [&stage] { return zombies_of(stage.daemon->process().pid()).empty(); });
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

TEST_CASE("a slow server does not hold the start up; what it offers comes with a new connection") {
  const TempDir dir;
  const path notes = dir / "notes";
  Calls calls;
  calls.no_call();
  calls.at_text("good_echo", {{"text", "late"}}).at_text("good_echo", {{"text", "held"}});
  const path gate = dir / "gate";
  Stage stage(with_servers(
      "good, end_session",
      server("good", notes, "while ! [ -e " + gate.string() + " ]; do sleep 0.1; done; "), calls));
  stage.start_session();
  const std::int64_t waited =
      ms_between(of_connection(stage, "connect", 1), of_connection(stage, "setup", 1));
  MESSAGE("the set-up waited " << waited << " ms for a server that was not there");
  CHECK(waited > 1500);
  CHECK(waited < 4000);
  CHECK(declared(setup_of(stage, 1)) == std::vector<std::string>{"end_session"});
  check_alive(stage);

  write_file(gate, "");
  const auto second = declared(setup_of(stage, 2));
  CHECK(std::ranges::find(second, "good_echo") != second.end());
  CHECK(std::ranges::find(second, "end_session") != second.end());
  require("it was planned",
          [&stage] { return stage.voice->statistics().at("handovers").to_number<int>() == 1; });
  CHECK(stage.voice->statistics().at("reconnects").to_number<int>() == 0);
  stage.voice->say("Now?");
  CHECK(output_of(answer_to(stage, "fc-2")) == "late");
  check_nothing_left(stage, notes);

  // The next session knows at once, and the call waits for the server.
  std::filesystem::remove(gate);
  stage.start_session();
  CHECK(declared(setup_of(stage, 3)) == second);
  CHECK(ms_between(of_connection(stage, "connect", 3), of_connection(stage, "setup", 3)) < 1500);
  stage.voice->say("And now?");
  stage.voice->wait_for_signal("ToolCalled", [](const json::array& arguments) {
    return arguments.at(0).as_string() == "fc-3";
  });
  CHECK(stage.sim->count("tool_response") == 1);
  write_file(gate, "");
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
      [](const json::object& line) {
        const auto list = declared(line.at("setup").as_object());
        return std::ranges::all_of(
            std::vector{"flood", "garbage", "endless", "remarks", "deaf", "stubborn"},
            [&list](const std::string& mode) {
              return std::ranges::find(list, mode + "_echo") != list.end();
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
