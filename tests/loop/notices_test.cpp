#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// Notices as one notification, on a real bus with a stand-in for the desktop's server.
#include "daemon/desktop/notices.hpp"

#include <memory>

#include <doctest/doctest.h>

#include "tests/loop/desktop_bench.hpp"

using namespace gv;
using session::EndReason;
using session::State;
using test::Neighbour;
using test::run_until;

namespace {

const Failure lost{Error::device_unavailable, "the microphone <m> was lost"};

struct World {
  test::PrivateBus bus;
  asio::io_context io;
  std::vector<std::string> commands;
  bool believe = true;
  std::size_t judged = 0;
  std::unique_ptr<desktop::Notices> notices = std::make_unique<desktop::Notices>(
      io,
      desktop::Notices::Commands{
          [this](bool muted) { commands.emplace_back(muted ? "mute" : "unmute"); },
          [this] { commands.emplace_back("stop"); }},
      [this](pid_t, std::uint64_t) {
        ++judged;
        return believe;
      });
  session::Status status;

  explicit World(config::Notifications mode) {
    status.profile = "assistant";
    notices->use(mode);
  }
  std::unique_ptr<Neighbour> server(std::vector<std::string> flags = {}) {
    return std::make_unique<Neighbour>(io, GV_NOTIFICATIONS, std::move(flags));
  }
  void tell() { notices->status_changed(status); }
  void start() {
    status.session_id = "s1";
    status.state = State::listening;
    tell();
  }
  void fail(const Failure& failure) {
    notices->error_occurred(failure);
    status.last_error = failure;
    tell();
  }
  void end(EndReason reason) {
    status.session_id.clear();
    status.state = State::idle;
    tell();
    notices->session_ended(reason, "because");
  }
  bool commanded(const std::string& command) {
    const bool done = run_until(io, [&] { return !commands.empty(); });
    CHECK(commands == std::vector{command});
    commands.clear();
    return done;
  }
};

}  // namespace

TEST_CASE("all: one notification, replaced in place, whose buttons mute, unmute and stop") {
  World w(config::Notifications::all);
  auto server = w.server();
  w.start();
  server->hears(
      "notify 1 Listening [mute] [Mute] [stop] [Stop] urgency=0 expires=-1 Profile assistant\n");
  server->does("action 1 mute");
  w.commanded("mute");
  w.status.muted = true;
  w.tell();
  server->hears("replaces 1\n");
  server->hears("notify 1 Muted [unmute] [Unmute] [stop] [Stop] urgency=0");
  server->does("action 1 unmute");
  w.commanded("unmute");
  server->does("action 1 stop");
  w.commanded("stop");
  w.end(EndReason::user);
  server->hears("close 1\n");
  CHECK(run_until(w.io, [] { return test::connections() == 1; }));  // and off the bus
}

TEST_CASE("what is not a button, or not that server's word, does nothing") {
  World w(config::Notifications::all);
  auto server = w.server();
  w.start();
  server->hears("notify 1 ");
  server->does("action 9 none");
  server->does("action 1 default");
  server->does("action 1 unmute");
  server->does("action 7 stop");
  const auto intruder = w.server({"nameless"});
  intruder->does("action 1 stop");
  server->does("action 1 mute");
  w.commanded("mute");
}

TEST_CASE("errors: an error stays, is verbatim, and is closed when it is over") {
  World w(config::Notifications::errors);
  auto server = w.server();
  w.start();
  w.fail(lost);
  server->hears(
      "notify 1 No microphone or speaker [mute] [Mute] [stop] [Stop] urgency=1 expires=0 the "
      "microphone &lt;m&gt; was lost\n");
  CHECK(server->said.find("Listening") == std::string::npos);
  server->does("action 9 none");
  w.status.last_error = {};
  w.tell();
  server->hears("close 1\n");
  w.end(EndReason::idle);
  server->hears("notify 2 The conversation has ended urgency=1 expires=-1 because\n");
  server->does("closed 2");
  w.tell();
  CHECK(run_until(w.io, [] { return test::connections() == 1; }));
}

TEST_CASE("a flood is one change a second, and the last one is shown") {
  World w(config::Notifications::all);
  auto server = w.server();
  const auto began = std::chrono::steady_clock::now();
  w.start();
  server->hears("notify 1 Listening");
  for (int i = 0; i < 101; ++i) {
    w.status.muted = !w.status.muted;
    w.tell();
  }
  server->hears("notify 1 Muted");
  CHECK(std::chrono::steady_clock::now() - began > std::chrono::milliseconds(900));
  std::size_t shown = 0;
  for (std::size_t at = 0; (at = server->said.find("notify ", at)) != std::string::npos; ++at)
    ++shown;
  CHECK(shown == 2);
}

TEST_CASE("no server, one that comes later, one that ends, and one without buttons or markup") {
  World w(config::Notifications::errors);
  w.start();
  w.fail(lost);
  CHECK(run_until(w.io, [] { return test::connections() == 1; }));
  auto server = w.server({"plain"});
  server->hears(
      "notify 1 No microphone or speaker urgency=1 expires=0 the microphone <m> was lost\n");
  server->does("action 1 stop");  // a button that it does not have
  server.reset();
  server = w.server();
  server->hears("notify 1 No microphone or speaker [mute]");
  server->does("action 9 none");  // until the answer to Notify is here
  CHECK(w.commands.empty());
  w.notices.reset();
  server->hears("close 1\n");
}

TEST_CASE("a server that we have started is shown nothing and believed nothing; off is off") {
  World w(config::Notifications::all);
  w.believe = false;
  auto tool = w.server();
  w.start();
  CHECK(run_until(w.io, [&w] { return w.judged == 1; }));
  tool->does("action 1 stop");
  CHECK(tool->said.find("notify") == std::string::npos);
  CHECK(w.commands.empty());
  w.notices->use(config::Notifications::off);
  CHECK(run_until(w.io, [] { return test::connections() == 1; }));
}
