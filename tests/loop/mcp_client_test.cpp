// MCP servers as children: those that behave, and those that do not.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "daemon/util/log.hpp"
#include "tests/loop/toolbox_bench.hpp"

using namespace gv;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

struct World : test::Bench {
  explicit World(const std::string& mode) {
    config.mcp_servers["s"] = server({"python3", GV_MCP_SERVER, mode, folder.path + "/notes"});
  }
  std::string notes() const {
    std::ostringstream text;
    text << std::ifstream(folder.path + "/notes").rdbuf();
    return text.str();
  }
  int noted(const std::string& words) const {
    int count = 0;
    const auto text = notes();
    for (auto at = text.find(words); at != text.npos; at = text.find(words, at + 1))
      ++count;
    return count;
  }
  pid_t pid(const std::string& who) const {
    const auto text = notes();
    return std::stoi(text.substr(text.rfind(who) + who.size() + 1));
  }

  test::Folder folder;
};

std::size_t memory() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  file >> pages >> pages;
  return pages * 4096;
}

}  // namespace

TEST_CASE("a server is asked what it offers, page by page, and does it") {
  World world("good");
  world.begin();
  CHECK_FALSE(world.toolbox.ready());
  world.until([&world] { return world.toolbox.ready(); });
  CHECK(world.changes == 1);
  CHECK(world.names() == std::vector<std::string>{"end_session", "s_echo", "s_add", "s_slow",
                                                  "s_crash", "s_change", "s_fail"});
  CHECK(world.toolbox.functions()[1].description == "Does echo.");
  CHECK(world.response("s_echo", {{"text", "a\n\"b\""}}) == R"({"output":"a\n\"b\""})");
  CHECK(world.response("s_add", {{"a", 2}, {"b", 40}}) == R"({"output":"42"})");
  CHECK(world.response("s_fail", {}) == R"({"error":"as asked"})");
  CHECK(world.refusal("s_add", R"({"a":2})").find("do not fit") != std::string::npos);
  CHECK(world.refusal("s_none", "{}") == "there is no such tool");
  CHECK(world.refusal("s_echo", "[]").find("not a JSON object") != std::string::npos);
  const auto plan = world.toolbox.plan("s_echo", R"({"text":"x\u202ey"})");
  CHECK(plan.what == "MCP server s, tool echo, with\n{\n  \"text\": \"x\\u{202e}y\"\n}");
  // Many at once, answered in any order.
  std::vector<std::uint64_t> calls;
  for (int i = 0; i < 20; ++i)
    calls.push_back(world.run("s_add", {{"a", i}, {"b", 0}}));
  for (std::size_t i = 0; i < calls.size(); ++i)
    CHECK(world.wait(calls[i]).response == "{\"output\":\"" + std::to_string(i) + "\"}");
  world.end();
  CHECK(world.noted("end of input") == 1);
  CHECK(world.changes == 1);
  CHECK(world.toolbox.functions().empty());
}

TEST_CASE("only what is allowed is offered") {
  World world("good");
  world.config.mcp_servers["s"].tools = {"add", "absent"};
  world.begin_and_wait();
  CHECK(world.names() == std::vector<std::string>{"end_session", "s_add"});
  world.end();
}

TEST_CASE("what a server offered is known at once in the next session, and asked for again") {
  World world("late");
  world.begin_and_wait();
  const auto names = world.names();
  world.end();
  world.begin();
  CHECK(world.toolbox.ready());
  CHECK(world.names() == names);
  CHECK(world.changes == 1);
  // Though it is not up yet.
  CHECK(world.response("s_echo", {{"text", "held"}}) == R"({"output":"held"})");
  CHECK(world.noted("list None") == 2);
  CHECK(world.changes == 1);  // it offers the same
  world.end();
  // Another configuration is another server.
  world.config.mcp_servers["s"].tools = {"add"};
  world.begin();
  CHECK_FALSE(world.toolbox.ready());
  world.end();
}

TEST_CASE("progress gives a call more time, silence does not") {
  World world("good");
  world.config.mcp_servers["s"].policy.time_limit = 700ms;
  world.begin_and_wait();
  CHECK(world.response("s_slow", {{"steps", 8}}) == R"({"output":"at last"})");
  // Ten times the limit is the end of it.
  const auto begin = std::chrono::steady_clock::now();
  CHECK(world.response("s_slow", {{"steps", 500}}) ==
        R"({"error":"the MCP server s did not answer within 700 ms"})");
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(took > 6s);
  CHECK(took < 20s);
  // It is deaf while it works, and has to be told nevertheless.
  CHECK(world.response("s_echo", {{"text", "x"}}).find("did not answer") != std::string::npos);
  world.end();
}

TEST_CASE("a cancelled call is told to the server and answered to nobody") {
  World world("good");
  world.begin_and_wait();
  const auto call = world.run("s_slow", {{"steps", 2}});
  world.until([&world] { return world.noted("tools/call") == 1; });
  world.toolbox.cancel(call);
  world.until([&world] { return world.noted("notifications/cancelled") == 1; });
  CHECK(world.response("s_echo", {{"text", "on"}}) == R"({"output":"on"})");
  CHECK_FALSE(world.results.contains(call));
  world.toolbox.cancel(call);
  world.toolbox.cancel(99);
  world.end();
}

TEST_CASE("a list that changes is asked for again, once a second at most") {
  World world("good");
  world.begin_and_wait();
  CHECK(world.response("s_change", {{"times", 300}}) == R"({"output":"changed"})");
  world.until([&world] { return world.has("s_new300"); });
  CHECK(world.changes == 2);
  CHECK(world.noted("list None") <= 3);
  world.end();
}

TEST_CASE("a server that has other tools whenever it is asked gets no more names") {
  World world("renames");
  world.begin_and_wait();
  CHECK(world.names().size() == 128);
  CHECK(world.names()[2] == "s_" + std::string(53, 'x') + "_2");
  // After four lists.
  world.until([&world] { return world.names().size() == 1; });
  CHECK(world.changes > 4);
  world.end();
}

TEST_CASE("a server that ends is started again, and its tools say so meanwhile") {
  World world("good");
  world.begin_and_wait();
  const auto open = world.run("s_slow", {{"steps", 0}});
  const auto crash = world.run("s_crash", {});
  const auto after = world.run("s_echo", {{"text", "x"}});
  CHECK(world.wait(open).response == R"({"output":"at last"})");
  CHECK(world.wait(crash).response.find("ended by signal 9") != std::string::npos);
  CHECK(world.wait(after).failed);
  CHECK(world.has("s_echo"));
  CHECK(world.refusal("s_echo", R"({"text":"x"})").find("is away: it was ended by signal 9") !=
        std::string::npos);
  world.until([&world] { return world.refusal("s_echo", R"({"text":"x"})").empty(); });
  CHECK(world.response("s_echo", {{"text", "back"}}) == R"({"output":"back"})");
  CHECK(world.noted("start") == 2);
  world.end();
}

TEST_CASE("one that never gets ready does not hold the others up, and is tried ever more seldom") {
  World world("good");
  for (const char* mode : {"dies", "refuses", "version", "nothing"})
    world.config.mcp_servers[mode] = world.server({"python3", GV_MCP_SERVER, mode});
  world.config.mcp_servers["missing"] = world.server({"/missing/server"});
  world.begin_and_wait();
  CHECK(world.has("s_echo"));
  CHECK(world.names().size() == 7);
  world.end();

  World dying("dies");
  dying.begin_and_wait();
  dying.until([&dying] { return dying.noted("start") == 3; });  // after 1 s and 2 s more
  dying.end();
}

TEST_CASE("a server that asks is answered") {
  World world("asks");
  world.begin_and_wait();
  world.until([&world] { return world.noted("answer") == 2; });
  CHECK(world.noted(R"("id": "p", "result": {})") == 1);
  CHECK(world.noted("-32601") == 1);
  world.end();
}

TEST_CASE("answers to what nobody asked change nothing") {
  World world("strangers");
  world.begin_and_wait();
  CHECK_FALSE(world.has("s_stranger"));
  CHECK(world.response("s_echo", {{"text", "x"}}) == R"({"output":"x"})");
  world.end();
}

TEST_CASE("a list that goes round in circles ends") {
  World world("cursors");
  world.begin_and_wait();
  CHECK(world.names() == std::vector<std::string>{"end_session", "s_echo"});
  CHECK(world.noted("list same") == 1);
  world.end();
}

TEST_CASE("whoever floods is ended, in bounded memory, and the loop goes on") {
  for (const std::string mode : {"flood", "garbage", "blank", "endless"}) {
    CAPTURE(mode);
    World world(mode);
    world.begin_and_wait();
    const auto before = memory();
    test::Ticker ticker(world.io);
    const auto begin = std::chrono::steady_clock::now();
    const auto error = world.response("s_echo", {{"text", "x"}});
    const auto turns = (std::chrono::steady_clock::now() - begin) / 100ms;
    CHECK(error.find(mode == "endless" ? "a line of it has no end" : "it floods us") !=
          std::string::npos);
    CHECK(ticker.ticks() >= turns);
#ifndef GV_ADDRESS_SANITIZER  // which keeps what is freed for a while
    CHECK(memory() < before + 40'000'000);
#endif
    CHECK(world.toolbox.ending() <= 1);
    world.end();
  }
}

TEST_CASE("remarks without end on standard error disturb nobody") {
  World world("remarks");
  world.begin_and_wait();
  CHECK(world.response("s_echo", {{"text", "x"}}) == R"({"output":"said"})");
  test::Ticker ticker(world.io);
  world.until([&ticker] { return ticker.ticks() > 100; });
  world.end();
}

TEST_CASE("one that closes its output is of no use") {
  World world("closes");
  world.begin_and_wait();
  CHECK(world.response("s_echo", {{"text", "x"}}).find("it closed its output") !=
        std::string::npos);
  world.end();
}

TEST_CASE("one that does not read is told no more than what a pipe and a queue hold") {
  World world("deaf");
  world.begin_and_wait();
  const std::string large(100'000, 'x');
  std::vector<std::uint64_t> calls;
  for (int i = 0; i < 120; ++i)
    calls.push_back(world.run("s_echo", {{"text", large}}));
  CHECK(world.wait(calls.back()).response.find("does not read what it is told") !=
        std::string::npos);
  CHECK(world.wait(calls.front()).failed);
  world.end();
}

TEST_CASE("one that will not go is killed with all that it started") {
  World world("stubborn");
  world.begin_and_wait();
  world.until([&world] { return world.noted("child") == 1; });
  const pid_t server = world.pid("start");
  const pid_t child = world.pid("child");
  const auto begin = std::chrono::steady_clock::now();
  world.end();
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(took > 1400ms);
  CHECK(took < 10s);
  CHECK(test::gone(server));
  world.until([child] { return test::gone(child); });
}

TEST_CASE("a session may end from within what it is told") {
  World world("good");
  world.begin_and_wait();
  world.run("s_echo", {{"text", "x"}});
  const auto other = world.run("s_slow", {{"steps", 1}});
  world.on_finished = [&world] { world.toolbox.end(); };
  world.until([&world] { return !world.results.empty(); });
  world.until([&world] { return world.toolbox.ending() == 0; });
  CHECK_FALSE(world.results.contains(other));
  world.end();
}
