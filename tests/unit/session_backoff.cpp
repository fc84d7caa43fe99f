// The waits between attempts to connect (live-api.md section 7.6).
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <chrono>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/session/backoff.hpp"

using namespace std::chrono_literals;
using gv::live::Remedy;
using gv::session::Backoff;
using std::chrono::milliseconds;

namespace {

using Failures = std::vector<Remedy>;

// The wait after the last of these failures is `wait`, give or take 20 %, and uses that range.
void check_wait(const Failures& failures, milliseconds wait) {
  constexpr unsigned seeds = 400;
  milliseconds shortest = milliseconds::max();
  milliseconds longest = milliseconds::min();
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    Backoff backoff(seed);
    milliseconds last{-1};
    for (const auto remedy : failures)
      last = backoff.next(remedy);
    shortest = std::min(shortest, last);
    longest = std::max(longest, last);
  }
  CAPTURE(failures.size());
  CAPTURE(wait.count());
  CHECK(shortest >= wait * 80 / 100);
  CHECK(shortest <= wait * 82 / 100);
  CHECK(longest <= wait * 120 / 100);
  CHECK(longest >= wait * 118 / 100);
}

// One failure of this kind after the other.
void check_row(Remedy remedy, const std::vector<milliseconds>& waits) {
  Failures failures;
  for (const auto wait : waits) {
    failures.push_back(remedy);
    check_wait(failures, wait);
  }
}

}  // namespace

TEST_CASE("the network: from half a second, doubled, up to half a minute") {
  check_row(Remedy::network, {500ms, 1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s});
}

TEST_CASE("the service's own trouble: from a second, doubled, up to half a minute") {
  check_row(Remedy::overload, {1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s});
}

TEST_CASE("an ordinary end, or something to do otherwise: at once, but once") {
  for (const auto remedy : {Remedy::resume, Remedy::none, Remedy::other_model,
                            Remedy::other_session, Remedy::less_context}) {
    CAPTURE(static_cast<int>(remedy));
    check_row(remedy, {0s, 500ms, 1s, 2s, 4s, 8s, 16s, 30s, 30s});
  }
}

TEST_CASE("the quota: from a little more than a minute, doubled, up to five") {
  check_row(Remedy::quota, {65s, 130s, 260s, 300s, 300s});
}

TEST_CASE("the row is one, whatever fails in it") {
  check_wait({Remedy::network, Remedy::network, Remedy::overload}, 4s);
  check_wait({Remedy::overload, Remedy::resume}, 500ms);
  check_wait({Remedy::resume, Remedy::network}, 1s);
}

TEST_CASE("quotas are counted apart") {
  check_wait(Failures(20, Remedy::network), 30s);
  Failures failures(20, Remedy::network);
  failures.push_back(Remedy::quota);
  check_wait(failures, 65s);
  failures.push_back(Remedy::overload);
  failures.push_back(Remedy::quota);
  check_wait(failures, 130s);
  // They are failures all the same: what follows is not met with the patience of a first one.
  check_wait({Remedy::quota, Remedy::resume}, 500ms);
  check_wait({Remedy::quota, Remedy::network}, 1s);
}

TEST_CASE("no row is too long") {
  for (const auto remedy : {Remedy::resume, Remedy::network, Remedy::overload, Remedy::quota}) {
    CAPTURE(static_cast<int>(remedy));
    const milliseconds cap = remedy == Remedy::quota ? 300s : 30s;
    Backoff backoff;
    for (int i = 0; i < 300; ++i) {
      const auto wait = backoff.next(remedy);
      if (i < 8) continue;
      CAPTURE(i);
      REQUIRE(wait >= cap * 80 / 100);
      REQUIRE(wait <= cap * 120 / 100);
    }
  }
}

TEST_CASE("a good connection begins the row anew, the quotas' too") {
  Backoff backoff;
  for (int i = 0; i < 10; ++i) {
    backoff.next(Remedy::network);
    backoff.next(Remedy::quota);
  }
  backoff.reset();
  CHECK(backoff.next(Remedy::resume) == 0s);
  backoff.reset();
  CHECK(backoff.next(Remedy::network) <= 600ms);
  backoff.reset();
  CHECK(backoff.next(Remedy::overload) <= 1200ms);
  backoff.reset();
  CHECK(backoff.next(Remedy::quota) <= 78s);
}

TEST_CASE("clients that were lost together do not come back together, nor in step") {
  std::set<milliseconds> first;
  for (unsigned seed = 0; seed < 50; ++seed)
    first.insert(Backoff(seed).next(Remedy::quota));
  CHECK(first.size() >= 45);
  std::set<milliseconds> later;
  Backoff backoff(0);
  for (int i = 0; i < 50; ++i) {
    const auto wait = backoff.next(Remedy::network);
    if (i >= 6) later.insert(wait);
  }
  CHECK(later.size() >= 40);
}
