// The machine moves from one network to another: the conversation moves with it at once, instead
// of waiting for TCP to give up. Everything runs in a network namespace of the test's own.
#define DOCTEST_CONFIG_IMPLEMENT
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <doctest/doctest.h>
#include <sched.h>
#include <unistd.h>

#include "tests/e2e/support/conversation.hpp"
#include "tests/e2e/support/sockets.hpp"
#include "tests/e2e/support/stage.hpp"
#include "tests/support/attempts.hpp"

using namespace gv::e2e;

namespace {

constexpr int skipped = 77;  // to Meson
constexpr const char* old_address = "192.0.2.1";

void ip(const std::string& arguments) {
  const std::string command = "ip " + arguments;
  if (std::system(command.c_str()) != 0) throw std::runtime_error(command);
}

// The way to the service, which is on loopback, leads over `old_address` while this lives.
class OldNetwork {
 public:
  OldNetwork() {
    ip("address add " + address() + " dev lo");
    ip("route add local 127.0.0.1 dev lo table local scope host src " + std::string(old_address));
  }
  ~OldNetwork() { leave(); }
  OldNetwork(const OldNetwork&) = delete;
  OldNetwork& operator=(const OldNetwork&) = delete;

  // The address is gone. Another one, which was there before, takes its place.
  void leave() {
    if (!there_) return;
    ip("route del local 127.0.0.1 dev lo table local");
    ip("address del " + address() + " dev lo");
    there_ = false;
  }

 private:
  static std::string address() { return std::string(old_address) + "/32"; }
  bool there_ = true;
};

// No way to the service while this lives.
class NoWay {
 public:
  NoWay() { ip("route del " + route()); }
  ~NoWay() { ip("route add " + route()); }
  NoWay(const NoWay&) = delete;
  NoWay& operator=(const NoWay&) = delete;

 private:
  static std::string route() {
    return "local 127.0.0.0/8 dev lo table local proto kernel scope host";
  }
};

StageOptions short_answers(unsigned seed) {
  StageOptions options;
  options.answer = speech(1.5, 24000, seed);
  return options;
}

double ms_until_second_connection(Stage& stage, std::int64_t from_ns) {
  const json::object line = stage.sim->wait_for(
      "connect", [](const json::object& it) { return it.at("conn").to_number<int>() == 2; }, 0,
      milliseconds(90'000));
  return static_cast<double>(t_ns(line) - from_ns) / 1e6;
}

}  // namespace

TEST_CASE("the address of the connection is gone: a new connection at once, over another one") {
  for (gv::test::Attempts attempts; attempts.next();) {
    OldNetwork network;
    const StageOptions options = short_answers(701);
    Stage stage(options);
    stage.start_session();
    talk(stage, "My name is Ada.");
    REQUIRE(client_address(stage.sim->port()) == old_address);
    const std::int64_t left = now_ns();
    network.leave();
    const double ms = ms_until_second_connection(stage, left);
    CHECK(resumed(setup_of(stage, 2)));
    // The service still believes in the old one, and may refuse this one at first (live-api.md
    // section 7.2).
    stage.voice->wait_for_state("listening");
    const Heard heard = ask(stage, options.answer, 702);
    MESSAGE("a new connection after " << ms << " ms; then a question by " << heard.question
                                      << ", its answer by " << heard.answer);
    if ((!heard.good() || ms > 1000) && attempts.spoilt()) continue;
    CHECK(ms <= 1000);
    CHECK(heard.question > 0.98);
    CHECK(heard.answer > 0.98);
    CHECK(stage.voice->statistics().at("reconnects").to_number<int>() == 1);
    CHECK(errors(stage) <= 1);
    CHECK(last_error(stage).empty());
    break;
  }
}

TEST_CASE("an address that the connection does not use comes and goes") {
  const OldNetwork network;
  Stage stage(short_answers(703));
  stage.start_session();
  ip("address add 192.0.2.7/32 dev lo");
  ip("address del 192.0.2.7/32 dev lo");
  talk(stage, "Are you still there?");
  CHECK(stage.sim->count("connect") == 1);
  const std::vector<std::string> states = stage.voice->states();
  CHECK(std::ranges::count(states, "reconnecting") == 0);
}

TEST_CASE("no network for a while: as soon as there is one, the next attempt") {
  for (gv::test::Attempts attempts; attempts.next();) {
    StageOptions options = short_answers(704);
    options.script = R"([{"on":"text","nth":2,"do":"drop","how":"fin"}])";
    Stage stage(options);
    stage.start_session();
    talk(stage, "My name is Ada.");
    const std::size_t seen = stage.voice->signals().size();
    {
      stage.voice->say("What is my name?");
      stage.sim->wait_for("drop");
      const NoWay no_way;  // before the first attempt, which is made after half a second
      stage.voice->wait_for_state("reconnecting");
      CHECK(stage.wait_for_error(seen).name == "NetworkUnavailable");
      CHECK(last_error(stage) == "NetworkUnavailable");
      // The waits double, so that the fourth attempt was made by now, and the fifth, without a
      // reason, would not come for more than 2 s.
      const std::int64_t enough = now_ns() + 10'000'000'000;
      require(
          "10 s", [enough] { return now_ns() >= enough; }, milliseconds(11'000));
    }
    const std::int64_t there = now_ns();
    ip("address add 192.0.2.7/32 dev lo");
    const double ms = ms_until_second_connection(stage, there);
    ip("address del 192.0.2.7/32 dev lo");
    CHECK(resumed(setup_of(stage, 2)));
    stage.voice->wait_for_signal(
        "TurnCompleted", [](const json::array&) { return true; }, seen);
    MESSAGE("a new connection after " << ms << " ms");
    if (ms > 2000 && attempts.spoilt()) continue;
    CHECK(ms <= 2000);
    CHECK(errors(stage, seen) == 1);
    CHECK(last_error(stage).empty());
    break;
  }
}

int main(int argc, char** argv) {
  if (::unshare(CLONE_NEWNET) != 0) {
    std::puts("skipped: this system allows no network namespace of one's own (unshare)");
    return skipped;
  }
  if (std::system("ip link set lo up") != 0) {
    std::puts("skipped: no `ip` here. Try: apt install iproute2");
    return skipped;
  }
  // Of the two routes to 127.0.0.1 one is enough, and easier to take away.
  ip("route del local 127.0.0.1 dev lo table local");
  return doctest::Context(argc, argv).run();
}
