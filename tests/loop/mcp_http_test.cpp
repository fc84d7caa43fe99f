// MCP servers over HTTP, by way of the bridge: those that behave, and those that do not.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/loop/toolbox_bench.hpp"

using namespace gv;
using namespace std::chrono_literals;

namespace {

const bool in_build_tree = ::setenv("GV_LIBEXEC_DIR", GV_BRIDGE_DIR, 1) == 0;

struct World : test::Bench {
  explicit World(const std::string& mode) {
    const auto command = "exec python3 " GV_MCP_HTTP_SERVER " " + folder.path + "/notes";
    pipe = ::popen(command.c_str(), "re");
    REQUIRE(pipe != nullptr);
    int port = 0;
    REQUIRE(std::fscanf(pipe, "%d", &port) == 1);
    one = server({});
    one.url = "http://127.0.0.1:" + std::to_string(port) + "/" + mode;
    process = children_of_ours().front();
  }
  ~World() override {
    ::kill(process, SIGTERM);
    ::pclose(pipe);
  }
  void start() {
    config.mcp_servers["h"] = one;
    begin_and_wait();
  }
  void finish() {
    toolbox.end();
    until([this] { return toolbox.ending() == 0; });
    CHECK(test::children_of_ours() == std::vector<pid_t>{process});
  }
  std::string notes() const {
    std::ostringstream text;
    text << std::ifstream(folder.path + "/notes").rdbuf();
    return text.str();
  }
  bool noted(const std::string& words) const { return notes().find(words) != std::string::npos; }
  std::string echo() { return response("h_echo", {{"text", "x\ny"}}); }

  static std::vector<pid_t> children_of_ours() { return test::children_of_ours(); }

  test::Folder folder;
  std::FILE* pipe = nullptr;
  pid_t process = -1;
  config::McpServer one;
};

constexpr const char* echoed = R"({"output":"x\ny"})";

}  // namespace

TEST_CASE("a session by the book") {
  REQUIRE(in_build_tree);
  World world("plain");
  world.start();
  CHECK(world.echo() == echoed);
  world.until([&world] { return world.noted("GET"); });
  world.finish();
  // The stream of what the server says by itself is a connection of its own, as quick as it may be.
  constexpr std::string_view stream = "GET s-1 None\n";
  std::string notes = world.notes();
  const std::size_t at = notes.find(stream);
  REQUIRE(at != std::string::npos);
  CHECK(at > notes.find("\ninitialized\n"));
  notes.erase(at, stream.size());
  CHECK(notes ==
        "POST initialize None None None\n"
        "POST notifications/initialized s-1 2025-06-18 None\n"
        "initialized\n"
        "POST tools/list s-1 2025-06-18 None\n"
        "POST tools/call s-1 2025-06-18 None\n"
        "DELETE s-1\n");
}

TEST_CASE("answers come as events, too") {
  World world("events");
  world.start();
  CHECK(world.echo() == echoed);
  world.finish();
}

TEST_CASE("what the server says by itself is heard, and the stream taken up where it ended") {
  World world("notices");
  world.start();
  world.until([&world] { return world.has("h_fresh"); });
  world.until([&world] { return world.noted("GET s-1 e1"); });
  world.finish();
}

TEST_CASE("the token is the server's alone, and never on a command line") {
  World world("plain");
  world.one.token_file = world.folder.path + "/token";
  std::ofstream(world.one.token_file) << "s3cret\n";
  REQUIRE(::chmod(world.one.token_file.c_str(), 0600) == 0);
  world.start();
  CHECK(world.noted("POST initialize None None Bearer s3cret\n"));
  world.finish();
  REQUIRE(::chmod(world.one.token_file.c_str(), 0644) == 0);
  world.one.tools = {"echo"};
  world.start();
  CHECK_FALSE(world.has("h_echo"));
  world.finish();
}

TEST_CASE("what goes wrong is an answer, and the next call goes on") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"longer", ""},   // the length is a lie: there is less
      {"shorter", ""},  // or more
      {"endless", "larger than 8 MiB"},
      {"endless-event", "larger than 8 MiB"},
      {"comments", "floods us with what is no message"},
      {"silent-end", "without an answer"},
      {"garbage", "without an answer"},
      {"error", "HTTP status 500"},
  };
  for (const auto& one : cases) {
    const auto& mode = one.first;
    CAPTURE(mode);
    World world(mode);
    world.start();
    for (int i = 0; i < 2; ++i) {
      const auto response = world.echo();
      CHECK(response.find("\"error\"") != std::string::npos);
      CHECK_MESSAGE(response.find(one.second) != std::string::npos, response);
    }
    world.finish();
  }
}

TEST_CASE("a server that floods is ended as any other") {
  World world("flood");
  world.start();
  CHECK(world.echo().find("floods") != std::string::npos);
  world.finish();
}

TEST_CASE("nothing is followed elsewhere, and a server that refuses offers nothing") {
  for (const char* mode : {"redirect", "forbidden"}) {
    World world(mode);
    world.start();
    CHECK(world.names() == std::vector<std::string>{"end_session"});
    world.finish();
  }
}

TEST_CASE("what a server says becomes no header but the one it is meant for") {
  World world("evil");
  // The daemon would end it at once.
  const auto answer = world.folder.path + "/answer";
  std::FILE* bridge = ::popen(
      (GV_BRIDGE_DIR "/gemini-voice-mcp-bridge " + world.one.url + " >" + answer).c_str(), "we");
  REQUIRE(bridge != nullptr);
  std::fputs("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"}\n", bridge);
  std::fflush(bridge);
  world.until([&answer] { return std::ifstream(answer).peek() != EOF; });
  CHECK(::pclose(bridge) == 0);
  CHECK(world.noted("DELETE s-1\n"));
}

TEST_CASE("a session that the server has lost is begun anew") {
  World world("lost");
  world.start();
  CHECK(world.echo().find("it ended with exit status 1") != std::string::npos);
  world.until([&world] { return world.refusal("h_echo", "{}").empty(); });
  CHECK(world.echo() == echoed);
  world.finish();
}

TEST_CASE("a call that hangs can be cancelled, and holds nobody up") {
  World world("hang");
  world.one.policy.time_limit = 1s;
  world.start();
  CHECK(world.response("h_echo", {}).find("did not answer within 1 s") != std::string::npos);
  const auto call = world.run("h_echo", {});
  world.toolbox.cancel(call);
  world.until([&world] { return world.noted("notifications/cancelled"); });
  // Nor do the notifications, which hang, too, but not for ever.
  CHECK(world.echo() == echoed);
  world.until([&world] { return world.noted("gave up notifications/cancelled"); });
  CHECK(world.echo() == echoed);
  world.finish();
}

TEST_CASE("a server that leaves the streams of its answers open takes up no more than some") {
  World world("stays");
  world.start();
  for (int i = 0; i < 40; ++i)
    REQUIRE(world.echo() == echoed);
  world.finish();
}

TEST_CASE("the bridge leads nowhere else") {
  const auto refusal = [](const std::string& arguments) {
    std::FILE* pipe = ::popen(
        (GV_BRIDGE_DIR "/gemini-voice-mcp-bridge " + arguments + " 2>&1 </dev/null").c_str(), "re");
    REQUIRE(pipe != nullptr);
    std::string words(1000, '\0');
    words.resize(std::fread(words.data(), 1, words.size(), pipe));
    CHECK(::pclose(pipe) != 0);
    CHECK(std::count(words.begin(), words.end(), '\n') == 1);
    return words;
  };
  const std::string neither = "neither https:// nor http:// to this machine";
  for (const char* url :
       {"http://example.org/mcp", "http://127.0.0.1.example.org/", "ftp://localhost/",
        "file:///etc/passwd", "http://[::2]/", "http://10.0.0.1/"}) {
    CHECK_MESSAGE(refusal(url).find(neither) != std::string::npos, url);
  }
  CHECK(refusal("https://user:pass@example.org/").find("a name or a password") !=
        std::string::npos);
  CHECK(refusal("'not a url'").find("no URL") != std::string::npos);
  CHECK(refusal("").find("usage") != std::string::npos);
  CHECK(refusal("https://example.org/ --token-file /missing").find("cannot be read") !=
        std::string::npos);
}
