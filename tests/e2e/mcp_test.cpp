// The MCP servers of the protocol's own project, from the model's call to its answer.
#define DOCTEST_CONFIG_IMPLEMENT
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <set>
#include <sstream>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/e2e/support/calls.hpp"
#include "tests/e2e/support/conversation.hpp"
#include "tests/e2e/support/sockets.hpp"

using namespace gv::e2e;

namespace {

constexpr int skipped = 77;  // to Meson
std::string servers;         // the folder of their launchers

// Node may take its time on a machine that is busy.
constexpr milliseconds slow{60'000};

using Names = std::set<std::string>;

// servers_yaml: YAML below tools.mcp_servers, indented by four blanks.
StageOptions with_servers(const std::string& names, const std::string& servers_yaml,
                          const Calls& calls) {
  StageOptions options;
  options.script = calls.script();
  options.daemon.more = "profiles: {assistant: {tools: [" + names +
                        "]}}\ntools:\n  approval_timeout: 30s\n  mcp_servers:\n" + servers_yaml;
  return options;
}

std::string server(const std::string& name, const std::string& where, const std::string& tools,
                   const std::string& approval = "allow") {
  return "    " + name + ": {" + where + ", tools: [" + tools + "], approval: " + approval +
         ", time_limit: 60s}\n";
}

// mark: a last argument that tells this server from others of the machine.
std::string argv(const std::string& launcher, const path& mark) {
  return "argv: [\"" + servers + "/" + launcher + "\", \"" + mark.string() + "\"]";
}
std::string stdio(const path& mark) {
  return "argv: [\"" + servers + "/everything\", stdio, \"" + mark.string() + "\"]";
}

// The number of the connection whose set-up declares these and nothing else: the first, or where a
// server was slower than the daemon waits for it the second.
int wait_until_declared(Stage& stage, const Names& names, std::size_t from = 0) {
  const json::object line = stage.sim->wait_for(
      "setup",
      [&names](const json::object& seen) {
        const auto list = declared(seen.at("setup").as_object());
        return list.size() == names.size() && Names(list.begin(), list.end()) == names;
      },
      from, slow);
  stage.voice->wait_for_state("listening", slow);
  return line.at("conn").to_number<int>();
}

void check_nothing_left(Stage& stage, const path& mark) {
  require("no server is left", [&mark] { return processes(mark.string()).empty(); });
  require_no_zombie(stage);
}

std::string ask_for(Stage& stage, int number) {
  return output_of(call(stage, number));
}

constexpr const char* allowed = "echo, get-tiny-image, get-structured-content, absent";
const Names offered{"e_echo", "e_get-tiny-image", "e_get-structured-content"};

Calls calls_of_everything() {
  Calls calls;
  calls.at_text("e_echo", {{"message", "h\xc3\xa9llo\n\"you\""}})
      .at_text("e_get-tiny-image")
      .at_text("e_get-structured-content", {{"location", "Chicago"}})
      .at_text("e_get-structured-content", {{"location", "Atlantis"}})
      .at_text("e_get-env")
      .at_text("e_echo", {{"message", "once more"}});
  return calls;
}

// Whichever way it is reached.
void try_everything(Stage& stage) {
  stage.start_session();
  wait_until_declared(stage, offered);
  CHECK(ask_for(stage, 1) == "Echo: h\xc3\xa9llo\n\"you\"");

  const std::size_t seen = stage.sim->events().size();
  CHECK(has(ask_for(stage, 2), "the image"));
  const std::int64_t shown = t_ns(stage.sim->wait_for(
      "video", [](const json::object& line) { return line.at("bytes").to_number<int>() > 300; },
      seen));
  const std::int64_t answered = t_ns(stage.sim->wait_for(
      "tool_response", [](const json::object&) { return true; }, seen));
  CHECK(shown < answered);  // what the words are about

  const json::value weather = call(stage, 3).at("response").at("output");
  REQUIRE(weather.is_object());
  CHECK(weather.at("conditions").is_string());
  CHECK(weather.at("temperature").is_number());

  // Not among what it says it takes; not among what the user allows.
  CHECK(has(error_of(call(stage, 4)), "do not fit"));
  CHECK(error_of(call(stage, 5)) == "there is no such tool");
  CHECK_FALSE(has(stage.daemon->log(), "llo"));
  require("all five are told of", [&stage] { return told(stage, "ToolFinished").size() >= 5; });

  // What it offers is known in the next session.
  stage.voice->stop();
  stage.voice->wait_for_state("idle");
  const std::size_t before = stage.sim->events().size();
  stage.start_session();
  const json::object first = stage.sim->wait_for(
      "setup", [](const json::object&) { return true; }, before);
  const auto names = declared(first.at("setup").as_object());
  CHECK(Names(names.begin(), names.end()) == offered);
  CHECK(ask_for(stage, 6) == "Echo: once more");
  stage.voice->stop();
  stage.voice->wait_for_state("idle");
}

}  // namespace

TEST_CASE("server-everything over stdio") {
  const TempDir mark;
  Stage stage(with_servers("e", server("e", stdio(mark.name()), allowed), calls_of_everything()));
  try_everything(stage);
  check_nothing_left(stage, mark.name());
}

TEST_CASE("server-everything over HTTP") {
  const TempDir dir;
  const unsigned port = free_port();
  Process everything({servers + "/everything", "streamableHttp"}, {{"PORT", std::to_string(port)}});
  require(
      "it listens", [port] { return takes_connections(port); }, slow);
  const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/mcp";
  Stage stage(
      with_servers("e", server("e", "url: \"" + url + "\"", allowed), calls_of_everything()));
  try_everything(stage);
  check_nothing_left(stage, url);  // the bridge to it
  CHECK(everything.running());
}

TEST_CASE("server-filesystem in its folder and not outside, beside another server") {
  const TempDir folder;
  const std::string note = folder / "note.txt";
  Calls calls;
  calls.at_text("f_write_file", {{"path", note}, {"content", "milk\neggs\n"}})
      .at_text("f_read_text_file", {{"path", note}})
      .at_text("f_read_text_file", {{"path", "/etc/passwd"}})
      .at_text("f_write_file", {{"path", folder.name().string() + "x"}, {"content", "x"}})
      .at_text("e_echo", {{"message", "and"}});
  Stage stage(
      with_servers("f, e",
                   server("f", argv("filesystem", folder.name()), "write_file, read_text_file") +
                       server("e", stdio(folder.name()), "echo"),
                   calls));
  stage.start_session();
  wait_until_declared(stage, {"f_write_file", "f_read_text_file", "e_echo"});
  CHECK_FALSE(ask_for(stage, 1).empty());
  CHECK(read_file(note) == "milk\neggs\n");
  CHECK(has(ask_for(stage, 2), "milk"));
  const std::string refused = error_of(call(stage, 3));
  CHECK(has(refused, "Access denied"));
  CHECK_FALSE(has(refused, "root:"));
  CHECK(has(error_of(call(stage, 4)), "Access denied"));
  CHECK_FALSE(std::filesystem::exists(folder.name().string() + "x"));
  CHECK(ask_for(stage, 5) == "Echo: and");
  stage.voice->stop();
  stage.voice->wait_for_state("idle");
  check_nothing_left(stage, folder.name());
}

TEST_CASE("a server's tool that asks shows server, tool and arguments, word by word") {
  const TempDir folder;
  const std::string note = folder / "note.txt";
  Calls calls;
  calls.at_text("f_write_file", {{"path", note}, {"content", "a\xe2\x80\xae\n\"b\""}})
      .at_text("f_write_file", {{"path", note}, {"content", "c"}});
  Stage stage(with_servers("f", server("f", argv("filesystem", folder.name()), "write_file", "ask"),
                           calls));
  stage.start_session();
  wait_until_declared(stage, {"f_write_file"});
  stage.voice->say("Write it down.");
  const json::array question = wait_for_question(stage, "fc-1");
  CHECK(question.at(1).as_string() == "f_write_file");
  CHECK(std::string(question.at(2).as_string()) ==
        "MCP server f, tool write_file, with\n{\n  \"path\": \"" + note +
            "\",\n  \"content\": \"a\\u{202e}\\n\\\"b\\\"\"\n}");
  CHECK_FALSE(std::filesystem::exists(note));
  CHECK(ctl(stage, {"approve", "fc-1"}).status == 0);
  CHECK_FALSE(output_of(answer_to(stage, "fc-1")).empty());
  CHECK(read_file(note) == "a\xe2\x80\xae\n\"b\"");

  stage.voice->say("And that.");
  wait_for_question(stage, "fc-2");
  CHECK(ctl(stage, {"deny", "fc-2"}).status == 0);
  CHECK(has(error_of(answer_to(stage, "fc-2")), "did not allow"));
  CHECK(read_file(note) == "a\xe2\x80\xae\n\"b\"");
}

TEST_CASE("what the service takes back is taken back from the server") {
  const TempDir dir;
  const path heard = dir / "heard";
  Calls calls;
  calls.at_text("e_trigger-long-running-operation", {{"duration", 600}, {"steps", 1}});
  calls.no_call().rule({{"on", "text"}, {"nth", 2}, {"do", "cancel_calls"}});
  calls.at_text("e_echo", {{"message", "after"}});
  // What it is told is written down on the way.
  Stage stage(with_servers("e",
                           server("e",
                                  "argv: [sh, -c, \"tee " + heard.string() + " | " + servers +
                                      "/everything stdio " + dir.name().string() + "\"]",
                                  "echo, trigger-long-running-operation"),
                           calls));
  stage.start_session();
  wait_until_declared(stage, {"e_echo", "e_trigger-long-running-operation"});
  stage.voice->say("Begin.");
  require("it is at work", [&heard] { return has(read_file(heard), "tools/call"); });
  stage.voice->say("Leave it.");
  require("it is told", [&heard] { return has(read_file(heard), "notifications/cancelled"); });
  json::value begun;
  json::value cancelled;
  std::istringstream lines(read_file(heard));
  for (std::string line; std::getline(lines, line);) {
    const json::object message = json::parse(line).as_object();
    if (message.at("method") == "tools/call") begun = message.at("id");
    if (message.at("method") == "notifications/cancelled") {
      cancelled = message.at("params").at("requestId");
    }
  }
  CHECK(begun == cancelled);
  CHECK(ask_for(stage, 3) == "Echo: after");
  CHECK(stage.sim->count("tool_response") == 1);
  // All that it has started goes with it.
  CHECK(processes(dir.name().string()).size() >= 3);
  stage.voice->stop();
  stage.voice->wait_for_state("idle");
  check_nothing_left(stage, dir.name());
}

TEST_CASE("a server that is killed is away, and serves again when it is back") {
  const TempDir dir;
  Calls calls;
  calls.at_text("e_trigger-long-running-operation", {{"duration", 600}, {"steps", 1}})
      .at_text("e_echo", {{"message", "meanwhile"}})
      .at_text("e_echo", {{"message", "again"}});
  const path launcher = dir / "launcher";
  write_file(launcher,
             "#!/bin/sh\nexec " + servers + "/everything stdio " + dir.name().string() + "\n",
             0700);
  Stage stage(with_servers(
      "e",
      server("e", "argv: [\"" + launcher.string() + "\"]", "echo, trigger-long-running-operation"),
      calls));
  stage.start_session();
  wait_until_declared(stage, {"e_echo", "e_trigger-long-running-operation"});
  stage.voice->say("Begin.");
  stage.voice->wait_for_signal("ToolCalled");
  require("it runs as one process", [&dir] { return processes(dir.name().string()).size() == 1; });
  // It cannot be started again for now.
  std::filesystem::rename(launcher, dir / "elsewhere");
  const pid_t pid = processes(dir.name().string()).at(0);
  CHECK(::getpgid(pid) == pid);
  ::kill(pid, SIGKILL);
  CHECK(has(error_of(answer_to(stage, "fc-1")), "ended by signal 9"));
  CHECK(has(error_of(call(stage, 2)), "is away"));
  std::filesystem::rename(dir / "elsewhere", launcher);
  require(
      "it runs again", [&dir] { return !processes(dir.name().string()).empty(); }, slow);
  CHECK(ask_for(stage, 3) == "Echo: again");
  require_no_zombie(stage);
}

int main(int argc, char** argv) {
  std::FILE* script = ::popen(GV_ENSURE_SERVERS, "re");
  char line[4096] = "";
  const bool found = script != nullptr && std::fgets(line, sizeof line, script) != nullptr;
  const int status = script == nullptr ? -1 : ::pclose(script);
  if (WIFEXITED(status) && WEXITSTATUS(status) == skipped) return skipped;  // it has said why
  if (!found || status != 0) {
    std::cerr << "no MCP servers: " GV_ENSURE_SERVERS " failed\n";
    return 1;
  }
  servers = line;
  servers.pop_back();
  return doctest::Context(argc, argv).run();
}
