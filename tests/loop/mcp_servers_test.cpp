// The servers of the protocol's own project, over stdio and over HTTP.
#define DOCTEST_CONFIG_IMPLEMENT
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/loop/toolbox_bench.hpp"

using namespace gv;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

constexpr int skipped = 77;  // to Meson
std::string servers;         // the folder of their launchers

// A port that nobody listens on.
int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

bool listens(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const bool open = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return open;
}

std::string output(const tools::Result& result) {
  const auto value = json::parse(result.response).as_object();
  const auto& output = value.at(result.failed ? "error" : "output");
  return output.is_string() ? std::string(output.as_string()) : json::serialize(output);
}

// What server-everything offers, whichever way it is reached.
void try_everything(test::Bench& bench) {
  for (const std::string name : {"echo", "get-sum", "get-tiny-image", "get-structured-content"})
    REQUIRE_MESSAGE(bench.has("e_" + name), name);
  const auto call = [&bench](const std::string& name, const json::object& arguments) {
    return bench.wait(bench.run("e_" + name, arguments));
  };
  CHECK(output(call("echo", {{"message", "h\xc3\xa9llo\n\"you\""}})) ==
        "Echo: h\xc3\xa9llo\n\"you\"");
  CHECK(output(call("get-sum", {{"a", 19.5}, {"b", 22.5}})) == "The sum of 19.5 and 22.5 is 42.");
  CHECK(bench.refusal("e_get-sum", R"({"a":1})").find("do not fit") != std::string::npos);

  const auto weather = call("get-structured-content", {{"location", "Chicago"}});
  CHECK(json::parse(weather.response).at("output").is_object());
  CHECK(weather.response.find("\"text\"") == std::string::npos);  // not said twice

  const auto image = call("get-tiny-image", {});
  REQUIRE(image.pictures.size() == 1);
  CHECK(image.pictures[0].mime_type == "image/png");
  CHECK(image.pictures[0].bytes.starts_with("\x89PNG\r\n"));

  // Longer than its limit, but it tells of progress.
  CHECK(output(call("trigger-long-running-operation", {{"duration", 6}, {"steps", 12}}))
            .find("completed") != std::string::npos);
  // It tells of none for longer than its limit.
  CHECK(output(call("trigger-long-running-operation", {{"duration", 30}, {"steps", 1}})) ==
        "the MCP server e did not answer within 4 s");
  const auto cancelled =
      bench.run("e_trigger-long-running-operation", {{"duration", 600}, {"steps", 600}});
  CHECK(output(call("echo", {{"message", "meanwhile"}})) == "Echo: meanwhile");
  bench.toolbox.cancel(cancelled);
  CHECK(output(call("echo", {{"message", "after"}})) == "Echo: after");
  CHECK_FALSE(bench.results.contains(cancelled));
}

}  // namespace

TEST_CASE("server-everything over stdio") {
  test::Bench bench;
  bench.config.mcp_servers["e"] = bench.server({servers + "/everything", "stdio"});
  bench.config.mcp_servers["e"].policy.time_limit = 4s;
  bench.begin_and_wait();
  try_everything(bench);
  const auto environment = bench.response("e_get-env", {});
  CHECK(environment.find("PATH") != std::string::npos);
  CHECK(environment.find("GEMINI_API_KEY") == std::string::npos);
  bench.end();
}

TEST_CASE("server-everything over HTTP") {
  test::Bench bench;
  tools::Runner runner(bench.io);
  const int port = free_port();
  auto environment = bench.environment();
  environment.push_back("PORT=" + std::to_string(port));
  const auto server = runner.run({.argv = {servers + "/everything", "streamableHttp"},
                                  .environment = environment,
                                  .time_limit = 10min},
                                 [](const tools::RunOutcome& outcome) { FAIL(outcome.errors); });
  bench.until([port] { return listens(port); });
  bench.config.mcp_servers["e"] = bench.server({});
  bench.config.mcp_servers["e"].url = "http://127.0.0.1:" + std::to_string(port) + "/mcp";
  bench.config.mcp_servers["e"].policy.time_limit = 4s;
  bench.begin_and_wait();
  try_everything(bench);
  bench.toolbox.end();
  bench.until([&bench] { return bench.toolbox.ending() == 0; });
  runner.cancel(server);
  bench.until([&runner] { return runner.ending() == 0; });
  CHECK(test::children_of_ours().empty());
}

TEST_CASE("server-filesystem, in its folder and not outside") {
  const test::Folder folder;
  test::Bench bench;
  bench.config.mcp_servers["f"] = bench.server({servers + "/filesystem", folder.path});
  bench.begin_and_wait();
  const auto path = folder.path + "/note.txt";
  CHECK_FALSE(
      bench.wait(bench.run("f_write_file", {{"path", path}, {"content", "milk\neggs\n"}})).failed);
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  CHECK(line == "milk");
  const auto read = bench.wait(bench.run("f_read_text_file", {{"path", path}}));
  CHECK(read.response.find("milk\\neggs") != std::string::npos);
  const auto list = bench.wait(bench.run("f_list_directory", {{"path", folder.path}}));
  CHECK(list.response.find("note.txt") != std::string::npos);
  for (const char* outside : {"/etc/passwd", "/etc"}) {
    const auto refused = bench.wait(bench.run("f_read_text_file", {{"path", outside}}));
    CHECK(refused.failed);
    CHECK(refused.response.find("Access denied") != std::string::npos);
    CHECK(refused.response.find("root:") == std::string::npos);
  }
  bench.end();
}

int main(int argc, char** argv) {
  ::setenv("GV_LIBEXEC_DIR", GV_BRIDGE_DIR, 1);
  ::setenv("GEMINI_API_KEY", "secret", 1);
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
