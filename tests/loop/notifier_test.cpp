#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// Questions as notifications, on a real bus with a stand-in for the desktop's server.
#include "daemon/desktop/notifier.hpp"

#include <fstream>
#include <memory>

#include <doctest/doctest.h>

#include "tests/loop/desktop_bench.hpp"

using namespace gv;
using test::Neighbour;
using test::run_until;

namespace {

struct World {
  test::PrivateBus bus;
  asio::io_context io;
  std::vector<std::string> answers;
  // The stand-ins are children of this process, which the real judge refuses.
  desktop::NotificationServer::Judge judge = [](pid_t, std::uint64_t) { return true; };
  std::vector<bool> judged;
  desktop::Notifier notifier{io,
                             [this](const std::string& id, bool allow) {
                               answers.push_back(id + (allow ? " allow" : " deny"));
                             },
                             [this](pid_t server, std::uint64_t seen) {
                               judged.push_back(judge(server, seen));
                               return judged.back();
                             }};

  std::unique_ptr<Neighbour> server(std::vector<std::string> flags = {}) {
    return std::make_unique<Neighbour>(io, GV_NOTIFICATIONS, std::move(flags));
  }
  bool answered(const std::vector<std::string>& expected) {
    run_until(io, [&] { return answers.size() >= expected.size(); });
    CHECK(answers == expected);
    return answers == expected;
  }
  bool disconnected(std::size_t others) {
    return run_until(io, [others] { return test::connections() == others; });
  }
};

}  // namespace

TEST_CASE("the user allows or denies, and an idle daemon is not on the bus for it") {
  World w;
  auto server = w.server();
  CHECK(test::connections() == 1);
  w.notifier.ask("c1", "note", "touch\n'/tmp/<a>'");
  w.notifier.ask("c2", "open", "xdg-open");
  server->hears("capabilities\n");
  server->hears(
      "notify 1 Allow note? [allow] [Allow] [deny] [Deny] urgency=2 expires=0 "
      "touch|&apos;/tmp/&lt;a&gt;&apos;\n");
  server->hears("notify 2 Allow open?");
  server->does("action 1 allow");
  w.answered({"c1 allow"});
  server->hears("close 1\n");
  server->does("action 2 deny");
  w.answered({"c1 allow", "c2 deny"});
  CHECK(w.disconnected(1));
  // Asked once for each server, and each time that there is a question again.
  w.notifier.ask("c3", "note", "x");
  server->hears("capabilities\n");
  server->hears("notify 3");
  server->does("action 3 allow");
  w.answered({"c1 allow", "c2 deny", "c3 allow"});
}

TEST_CASE("a stray click, a close, a late or a foreign answer allow nothing") {
  World w;
  auto server = w.server();
  w.notifier.ask("c1", "note", "x");
  w.notifier.ask("c2", "open", "y");
  server->hears("notify 2");
  server->does("action 1 default");
  server->does("action 7 allow");
  const auto intruder = w.server({"nameless"});
  const auto from = server->said.find("from ") + 5;
  const std::string victim = server->said.substr(from, server->said.find('\n', from) - from);
  intruder->does("action 1 allow");
  intruder->does("action 1 allow " + victim);
  intruder->does("closed 1");
  server->does("closed 2");
  server->does("action 2 allow");
  server->does("action 1 deny");
  w.answered({"c1 deny"});
  CHECK(w.disconnected(2));
  w.answered({"c1 deny"});
}

TEST_CASE("withdrawn: it is closed, and an answer that crosses it does not count") {
  World w;
  SUBCASE("while it is shown") {
    auto server = w.server();
    w.notifier.ask("c1", "note", "x");
    server->hears("notify 1");
    server->does("action 9 none");  // until the answer to Notify is here
    w.notifier.withdraw("c1");
    server->hears("close 1\n");
    server->does("action 1 allow");
    CHECK(w.disconnected(1));
  }
  SUBCASE("before its number is known") {
    auto server = w.server({"hold"});
    w.notifier.ask("c1", "note", "x");
    server->hears("notify 1");
    w.notifier.withdraw("c1");
    w.notifier.withdraw("c1");
    server->does("release");
    server->hears("close 1\n");
    CHECK(w.disconnected(1));
  }
  SUBCASE("asked anew") {
    auto server = w.server();
    w.notifier.ask("c1", "note", "x");
    server->hears("notify 1");
    server->does("action 9 none");
    w.notifier.ask("c1", "note", "y");
    server->hears("close 1\n");
    server->hears("notify 2");
    server->does("action 1 allow");
    server->does("action 2 deny");
    w.answered({"c1 deny"});
    w.answers.clear();
  }
  CHECK(w.answers.empty());
}

TEST_CASE("a server that is started anew shows what still waits") {
  World w;
  auto server = w.server();
  w.notifier.ask("c1", "note", "x");
  server->hears("notify 1");
  server->does("action 9 none");
  SUBCASE("after it ended") {
    server.reset();
    server = w.server();
    server->hears("capabilities\n");
    server->hears("notify 1");
  }
  SUBCASE("with less to offer") {
    server.reset();
    server = w.server({"plain"});
    server->hears(
        "notify 1 Allow note? urgency=2 expires=0 x||To allow it, type: gemini-voicectl "
        "approve c1\n");
    server->does("action 1 allow");  // a button that it does not have
    server.reset();
    server = w.server();
    server->hears("notify 1");
  }
  SUBCASE("in the middle of a question") {
    auto slow = std::exchange(server, nullptr);
    slow.reset();
    slow = w.server({"hold"});
    slow->hears("notify 1");
    slow.reset();
    server = w.server();
    server->hears("notify 1");
  }
  server->does("action 1 allow");
  w.answered({"c1 allow"});
}

TEST_CASE("no server: nothing breaks, and one that comes later asks") {
  World w;
  w.notifier.ask("c1", "note", "x");
  w.notifier.ask("c2", "note", "y");
  CHECK(run_until(w.io, [] { return test::connections() == 1; }));
  w.notifier.withdraw("c2");
  auto server = w.server();
  server->hears("notify 1 Allow note?");
  server->does("action 1 allow");
  w.answered({"c1 allow"});
  CHECK(server->said.find("notify 2") == std::string::npos);
}

TEST_CASE("a server that the bus can start is started") {
  World w;
  const std::string log = w.bus.folder() + "/log";
  std::ofstream(w.bus.folder() + "/n.service")
      << "[D-BUS Service]\nName=org.freedesktop.Notifications\nExec=/bin/sh -c \"exec <" << log
      << ".in; " GV_NOTIFICATIONS " >" << log << "\"\n";
  REQUIRE(::mkfifo((log + ".in").c_str(), 0600) == 0);
  const int in = ::open((log + ".in").c_str(), O_RDWR | O_CLOEXEC);
  w.notifier.ask("c1", "note", "x");
  CHECK(run_until(w.io, [&log] {
    std::ifstream file(log);
    const std::string said{std::istreambuf_iterator<char>(file), {}};
    return said.find("notify 1 Allow note?") != std::string::npos;
  }));
  REQUIRE(::write(in, "action 1 allow\n", 15) == 15);
  w.answered({"c1 allow"});
  ::close(in);
}

TEST_CASE("what is too long to be shown can only be denied there") {
  World w;
  auto server = w.server();
  w.notifier.ask("c1", "note", std::string(5000, 'x'));
  server->hears("notify 1 Allow note? [deny] [Deny] urgency=2 expires=0 xxx");
  server->hears("Cut here: 3000 bytes more will run.");
  server->does("action 1 allow");
  server->does("action 1 deny");
  w.answered({"c1 deny"});
}

TEST_CASE("a bus that ends takes the questions with it, and no more") {
  World w;
  auto server = w.server();
  w.notifier.ask("c1", "note", "x");
  server->hears("notify 1");
  w.bus.kill();
  server.reset();
  run_until(w.io, [&w] {
    w.notifier.withdraw("c1");
    return true;
  });
  w.notifier.ask("c2", "note", "x");
  w.bus.start();
  server = w.server();
  w.notifier.withdraw("c2");
  w.notifier.ask("c3", "note", "x");
  server->hears("notify 1 Allow note?");
  server->does("action 1 allow");
  w.answered({"c3 allow"});
}

TEST_CASE("with the daemon its questions go") {
  test::PrivateBus bus;
  asio::io_context io;
  auto notifier = std::make_unique<desktop::Notifier>(
      io, [](const std::string&, bool) {}, [](pid_t, std::uint64_t) { return true; });
  Neighbour server(io, GV_NOTIFICATIONS);
  notifier->ask("c1", "note", "x");
  server.hears("notify 1");
  // Whoever can close the second one knows the number of the first.
  notifier->ask("c2", "note", "y");
  server.hears("notify 2");
  notifier->withdraw("c2");
  server.hears("close 2\n");
  notifier.reset();
  server.hears("close 1\n");
}

TEST_CASE("a server that we have started is shown nothing and believed nothing") {
  World w;
  const auto trust = std::exchange(w.judge, desktop::NotificationServer::not_ours);
  const auto refused = [&w] {
    CHECK(run_until(w.io, [&w] { return !w.judged.empty(); }));
    CHECK(w.judged == std::vector<bool>{false});
  };
  SUBCASE("where there was none") {
    auto tool = w.server();
    w.notifier.ask("c1", "note", "x");
    refused();
    tool->does("action 1 allow");
    tool->does("action 1 deny");
    CHECK(tool->said.find("notify") == std::string::npos);
  }
  SUBCASE("where it takes the place of another") {
    w.judge = trust;
    auto desktop = w.server({"yields"});
    w.notifier.ask("c1", "note", "x");
    desktop->hears("notify 1");
    desktop->does("action 9 none");
    w.judged.clear();
    w.judge = desktop::NotificationServer::not_ours;
    auto tool = w.server({"takes"});
    refused();
    tool->does("action 1 allow");
    desktop->does("action 1 allow");
    CHECK(tool->said.find("notify") == std::string::npos);
  }
  CHECK(w.answers.empty());
  // The question waits for a better one.
  w.judge = trust;
  auto server = w.server();
  server->hears("notify 1");
  server->does("action 1 allow");
  w.answered({"c1 allow"});
}

TEST_CASE("a server that another process has started is believed") {
  const test::PrivateBus bus;
  asio::io_context io;
  Neighbour server(io, GV_NOTIFICATIONS);
  const pid_t daemon = ::fork();
  if (daemon == 0) {
    asio::io_context own;
    std::string answer;
    desktop::Notifier notifier(own, [&answer](const std::string& id, bool allow) {
      answer = id + (allow ? " allow" : " deny");
    });
    notifier.ask("c1", "note", "x");
    run_until(own, [&answer] { return !answer.empty(); });
    ::_exit(answer == "c1 allow" ? 0 : 1);
  }
  server.hears("notify 1 Allow note? [allow]");
  server.does("action 1 allow");
  int status = -1;
  REQUIRE(::waitpid(daemon, &status, 0) == daemon);
  CHECK(status == 0);
}
