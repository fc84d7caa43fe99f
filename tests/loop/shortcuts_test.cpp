#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// Hotkeys by way of a stand-in for the desktop's portal, on a real bus.
#include "daemon/desktop/shortcuts.hpp"

#include <memory>

#include <doctest/doctest.h>

#include "tests/loop/desktop_bench.hpp"

using namespace gv;
using test::Neighbour;
using test::run_until;

namespace {

using Calls = std::vector<std::string>;

struct World {
  test::PrivateBus bus;
  asio::io_context io;
  test::ScriptedControl control;
  Calls calls;
  // The stand-ins are children of this process, which the real judge refuses.
  desktop::NotificationServer::Judge judge = [](pid_t, std::uint64_t) { return true; };
  std::vector<bool> judged;
  desktop::Shortcuts shortcuts{io, control, [this](pid_t portal, std::uint64_t seen) {
                                 judged.push_back(judge(portal, seen));
                                 return judged.back();
                               }};

  World() {
    control.on_call = [this](const std::string& call) {
      if (call != "status") calls.push_back(call);
    };
  }
  static config::Shortcuts wanted() { return {true, "LOGO+g", "F9", ""}; }
  std::unique_ptr<Neighbour> portal(std::vector<std::string> flags = {}) {
    return std::make_unique<Neighbour>(io, GV_PORTAL, std::move(flags));
  }
  // What a portal is asked until it tells of keys.
  void binds(Neighbour& portal) {
    portal.hears("register org.geminivoice.Voice1\n");
    portal.hears("create /org/freedesktop/portal/desktop/session/1_");
    portal.does("bound 0");
    portal.hears("bind toggle=LOGO+g talk=F9 mute=\n");
    portal.does("bound 0");
    CHECK(portal.said.find("bind") > portal.said.find("create"));
    CHECK(portal.said.find("create") > portal.said.find("register"));
  }
  // What was said on the bus by now has been heard.
  void settle() {
    test::connections();
    io.restart();
    while (io.poll() > 0)
      io.restart();
  }
  bool called(const Calls& expected) {
    run_until(io, [&] { return calls.size() >= expected.size(); });
    CHECK(calls == expected);
    return calls == expected;
  }
};

}  // namespace

TEST_CASE("the desktop's keys start, stop, mute and talk") {
  World w;
  const auto portal = w.portal();
  w.shortcuts.configure(World::wanted());
  w.binds(*portal);
  portal->does("press toggle");
  portal->does("release toggle");
  w.called({"toggle "});
  portal->does("press talk");
  w.called({"toggle ", "talk press"});
  portal->does("release talk");
  w.called({"toggle ", "talk press", "talk release"});
  portal->does("press mute");
  portal->does("press unknown");
  w.called({"toggle ", "talk press", "talk release", "mute"});
}

TEST_CASE("a key that is held and repeats itself switches once") {
  World w;
  const auto portal = w.portal();
  w.shortcuts.configure(World::wanted());
  w.binds(*portal);
  for (int i = 0; i < 3; ++i)
    portal->does("press mute");
  portal->does("press talk");
  w.called({"mute", "talk press"});
}

TEST_CASE("a session that does not start leaves the keys as they are") {
  World w;
  w.control.on_call = [&w](const std::string& call) {
    if (call == "status") return;
    w.calls.push_back(call);
    if (call == "toggle ") throw FailureError(Error::no_api_key, "no key was found.");
  };
  const auto portal = w.portal();
  w.shortcuts.configure(World::wanted());
  w.binds(*portal);
  portal->does("press toggle");
  portal->does("press mute");
  w.called({"toggle ", "mute"});
}

TEST_CASE("where it is off, nothing is done; a reload binds anew, or gives up") {
  World w;
  const auto portal = w.portal();
  w.shortcuts.configure({});
  CHECK(test::connections() == 1);
  w.shortcuts.configure(World::wanted());
  w.binds(*portal);
  w.shortcuts.configure(World::wanted());  // the same
  portal->does("press talk");
  w.called({"talk press"});
  config::Shortcuts others = World::wanted();
  others.mute = "CTRL+m";
  w.shortcuts.configure(others);
  w.called({"talk press", "talk release"});
  portal->hears("register ");
  portal->hears("create ");
  portal->does("bound 0");
  portal->hears("bind toggle=LOGO+g talk=F9 mute=CTRL+m\n");
  w.shortcuts.configure({});
  CHECK(run_until(w.io, [] { return test::connections() == 1; }));
}

TEST_CASE("a portal that is started anew is registered with and bound again") {
  World w;
  auto portal = w.portal();
  w.shortcuts.configure(World::wanted());
  w.binds(*portal);
  portal->does("press talk");
  w.called({"talk press"});
  portal.reset();
  w.called({"talk press", "talk release"});  // nobody is left to tell of it
  portal = w.portal();
  w.binds(*portal);
  portal->does("press toggle");
  w.called({"talk press", "talk release", "toggle "});
  CHECK(test::connections() == 2);
}

TEST_CASE("no portal: one that comes later is asked") {
  World w;
  w.shortcuts.configure(World::wanted());
  CHECK(run_until(w.io, [] { return test::connections() == 1; }));
  w.settle();
  const auto portal = w.portal();
  w.binds(*portal);
  portal->does("press toggle");
  w.called({"toggle "});
}

TEST_CASE("refusals, and portals that bind no keys: nothing else suffers") {
  World w;
  SUBCASE("the user refuses") {
    const auto portal = w.portal();
    w.shortcuts.configure(World::wanted());
    portal->hears("create ");
    portal->does("bound 0");
    portal->hears("bind ");
    portal->does("bound 1");
    portal->does("press toggle");
  }
  SUBCASE("no session") {
    const auto portal = w.portal();
    w.shortcuts.configure(World::wanted());
    portal->hears("create ");
    portal->does("bound 2");
    portal->does("press toggle");
    CHECK(portal->said.find("bind") == std::string::npos);
  }
  SUBCASE("the desktop ends it") {
    const auto portal = w.portal();
    w.shortcuts.configure(World::wanted());
    w.binds(*portal);
    portal->does("end");
    portal->does("press toggle");
  }
  SUBCASE("an old portal") {
    const auto portal = w.portal({"keyless"});
    w.shortcuts.configure(World::wanted());
    portal->hears("register ");
    CHECK(run_until(w.io, [&w] { return !w.judged.empty(); }));
    portal->does("press toggle");
  }
  SUBCASE("no bus") {
    w.bus.kill();
    w.shortcuts.configure(World::wanted());
    return;  // where nothing is left to settle
  }
  w.settle();
  CHECK(w.calls.empty());
}

TEST_CASE("only the portal presses keys, and only those of our session") {
  World w;
  const auto portal = w.portal();
  const auto intruder = w.portal({"nameless"});
  w.shortcuts.configure(World::wanted());
  w.binds(*portal);
  const auto at = portal->said.find("/org/freedesktop");
  const std::string session = portal->said.substr(at, portal->said.find('\n', at) - at);
  // /org/freedesktop/portal/desktop/session/1_5/token is that of :1.5.
  std::string victim = session.substr(0, session.rfind('/'));
  victim = ':' + victim.substr(victim.rfind('/') + 1);
  victim.replace(victim.find('_'), 1, ".");
  intruder->does("forge_press toggle " + session + ' ' + victim);
  portal->does("forge_press toggle " + session + "x " + victim);
  portal->does("press mute");
  w.called({"mute"});
}

TEST_CASE("a portal that we have started is asked for nothing and believed nothing") {
  World w;
  const auto trust = std::exchange(w.judge, desktop::NotificationServer::not_ours);
  {
    const auto tool = w.portal();
    w.shortcuts.configure(World::wanted());
    tool->hears("register ");
    CHECK(run_until(w.io, [&w] { return !w.judged.empty(); }));
    CHECK(w.judged == std::vector<bool>{false});
    tool->does("press toggle");
    CHECK(tool->said.find("create") == std::string::npos);
  }
  w.judge = trust;
  const auto portal = w.portal();
  w.binds(*portal);
  portal->does("press mute");
  w.called({"mute"});
}
