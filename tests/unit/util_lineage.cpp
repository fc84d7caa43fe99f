#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "daemon/util/lineage.hpp"

using namespace gv;

TEST_CASE("a process's own name cannot lie about its parent") {
  const char* rest = " 42 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 100 200\n";
  for (const char* name : {"sh", "a b", "x) S 1 (", ") S 1 1 1 1 1 1"}) {
    CAPTURE(name);
    const auto process = parse_stat("99 (" + std::string(name) + ") S" + rest);
    REQUIRE(process);
    CHECK(process->parent == 42);
    CHECK(process->started == 987654);
  }
  CHECK_FALSE(parse_stat(""));
  CHECK_FALSE(parse_stat("99 (sh"));
  CHECK_FALSE(parse_stat("99 (sh) S"));
  CHECK_FALSE(parse_stat("99 (sh) S 42 7 7"));
}

TEST_CASE("the group that systemd made, in either hierarchy") {
  CHECK(parse_cgroup("0::/user.slice/x.service\n") == "/user.slice/x.service");
  CHECK(parse_cgroup("12:memory:/a\n1:name=systemd:/b\n0::/c\n") == "/c");
  CHECK(parse_cgroup("12:memory:/a\n1:name=systemd:/b\n") == "/b");
  CHECK(parse_cgroup("12:memory:/a").empty());
  CHECK(parse_cgroup("").empty());
}

TEST_CASE("within a unit, and not in one that is named like it") {
  const char* unit = "gemini-voiced.service";
  CHECK(within_unit("/user.slice/app.slice/gemini-voiced.service", unit));
  CHECK(within_unit("/user.slice/gemini-voiced.service/sub", unit));
  CHECK_FALSE(within_unit("/user.slice/my-gemini-voiced.service", unit));
  CHECK_FALSE(within_unit("/user.slice/gemini-voiced.service.d", unit));
  CHECK_FALSE(within_unit("/", unit));
  CHECK_FALSE(within_unit("", unit));
}
