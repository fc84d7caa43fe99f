// When a silent service is asked, and when it is given up.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <vector>

#include <doctest/doctest.h>

#include "daemon/live/heartbeat.hpp"

using gv::live::Heartbeat;
using Verdict = Heartbeat::Verdict;

namespace {

constexpr std::int64_t ms = 1'000'000;  // ns

// A connection that is looked at every second.
struct Connection {
  Heartbeat heartbeat;
  std::int64_t now_ms = 86'400'000;  // since the computer's start
  std::int64_t opened_ms = now_ms;
  std::vector<std::int64_t> pings_ms;  // since it was opened
  std::int64_t dead_ms = 0;            // likewise; 0: not given up

  Connection() { heard(); }
  void heard() { heartbeat.heard(now_ms * ms); }
  void look() {
    const std::int64_t age = now_ms - opened_ms;
    switch (heartbeat.look(now_ms * ms)) {
      case Verdict::alive:
        return;
      case Verdict::ask:
        return pings_ms.push_back(age);
      case Verdict::dead:
        if (dead_ms == 0) dead_ms = age;
        return;
    }
  }
  void pass(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      now_ms += 1000;
      look();
    }
  }
};

using Times = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a service that talks is not asked") {
  Connection connection;
  for (int i = 0; i < 100; ++i) {
    connection.pass(19);
    connection.heard();
  }
  CHECK(connection.pings_ms.empty());
  CHECK(connection.dead_ms == 0);
}

TEST_CASE("a silent one is asked after 20 s, once, and given up after 55 s") {
  Connection connection;
  connection.pass(19);
  CHECK(connection.pings_ms.empty());
  connection.pass(1);
  CHECK(connection.pings_ms == Times{20'000});
  connection.pass(34);
  CHECK(connection.dead_ms == 0);
  connection.pass(1);
  CHECK(connection.dead_ms == 55'000);
  CHECK(connection.pings_ms == Times{20'000});
}

TEST_CASE("the silence counts from the last word, not from the beginning") {
  Connection connection;
  connection.pass(15);
  connection.heard();
  connection.pass(54);
  CHECK(connection.pings_ms == Times{35'000});
  CHECK(connection.dead_ms == 0);
  connection.pass(1);
  CHECK(connection.dead_ms == 70'000);
}

TEST_CASE("one that answers every ping is asked every 20 s, and never given up") {
  Connection connection;
  for (int i = 0; i < 30; ++i) {
    connection.pass(20);
    connection.heard();
  }
  CHECK(connection.pings_ms.size() == 30);
  CHECK(connection.pings_ms.back() == 600'000);
  CHECK(connection.dead_ms == 0);
}

TEST_CASE("answers that are 30 s late are answers") {
  Connection connection;
  for (int i = 0; i < 20; ++i) {
    connection.pass(50);
    connection.heard();
  }
  CHECK(connection.pings_ms.size() == 20);
  CHECK(connection.pings_ms[1] - connection.pings_ms[0] == 50'000);
  CHECK(connection.dead_ms == 0);
  connection.pass(55);
  CHECK(connection.dead_ms == 1'055'000);
}

TEST_CASE("a loop that was held up asks first, and waits for the answer as long as ever") {
  Connection connection;
  connection.pass(10);
  connection.now_ms += 120'000;
  connection.look();
  CHECK(connection.pings_ms == Times{130'000});
  connection.pass(29);
  CHECK(connection.dead_ms == 0);
  SUBCASE("it comes") {
    connection.heard();
    connection.pass(54);
    CHECK(connection.dead_ms == 0);
    CHECK(connection.pings_ms == Times{130'000, 179'000});
  }
  SUBCASE("it does not come") {
    connection.pass(1);
    CHECK(connection.dead_ms == 160'000);
  }
}
