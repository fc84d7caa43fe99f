#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// What tools leave behind, with real programs, beside a child of whoever else is in this process.
#include "daemon/tools/orphans.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/tools/child.hpp"
#include "daemon/tools/runner.hpp"
#include "daemon/util/lineage.hpp"
#include "tests/loop/children.hpp"

using namespace gv;
using test::children_of_ours;
using test::run_until;

namespace {

struct World {
  asio::io_context io;
  tools::Orphans orphans{io};
  tools::Runner runner{io};
  test::Folder folder;

  std::uint64_t run = 0;
  std::optional<tools::RunOutcome> outcome;

  // A tool that starts a program which does not end. how: by which words of sh.
  pid_t start(const std::string& how) {
    const std::string file = folder.path + "/pid";
    std::filesystem::remove(file);
    run =
        runner.run({.argv = {"sh", "-c", how},
                    .environment = {"PATH=/usr/bin:/bin", "FILE=" + file,
                                    "JOB=echo $$ >$FILE.new; mv $FILE.new $FILE; exec sleep 1000"}},
                   [this](tools::RunOutcome o) { outcome = std::move(o); });
    run_until(io, [&file] { return std::filesystem::exists(file); });
    pid_t pid = 0;
    std::ifstream(file) >> pid;
    REQUIRE(pid > 1);
    return pid;
  }
  // And ends itself.
  pid_t orphan(const std::string& how) {
    const pid_t pid = start(how);
    run_until(io, [this] { return outcome.has_value(); });
    CHECK(outcome->status == 0);
    return pid;
  }
  void end(pid_t pid) {
    ::kill(pid, SIGKILL);
    run_until(io, [pid] { return !find_process(pid); });
  }
};

bool is_child(pid_t pid) {
  const auto children = children_of_ours();
  return std::find(children.begin(), children.end(), pid) != children.end();
}

bool is_zombie(pid_t pid) {
  return is_child(pid) && test::gone(pid);
}

}  // namespace

TEST_CASE("what has lost its parent is still a tool's, and leaves no zombie") {
  World w;
  std::string how;
  SUBCASE("in the group of the tool") {
    how = "(sh -c \"$JOB\" &) ; exit 0";
  }
  SUBCASE("in a session of its own") {
    how = "(setsid sh -c \"$JOB\" &) ; exit 0";
  }
  SUBCASE("in a group of its own") {
    how = "set -m; sh -c \"$JOB\" & exit 0";
  }
  SUBCASE("after several forks") {
    how = "(setsid sh -c '(setsid sh -c \"$JOB\" &) & exit 0' &) ; exit 0";
  }
  const pid_t orphan = w.orphan(how);
  run_until(w.io, [orphan] { return is_child(orphan); });
  CHECK(tie_to_us(orphan, ticks_since_boot()) == Tie::descends);
  w.end(orphan);
  run_until(w.io, [] { return children_of_ours().empty(); });
}

TEST_CASE("the children of others are left to them") {
  World w;
  const pid_t other = ::fork();  // in our group, as a library's
  if (other == 0) ::_exit(3);
  tools::Child tool(w.io, {.argv = {"/bin/sh", "-c", "exit 7"}});
  run_until(w.io, [other] { return is_zombie(other); });
  run_until(w.io, [] {
    const auto children = children_of_ours();
    return children.size() == 2 && std::all_of(children.begin(), children.end(), is_zombie);
  });
  // By its end they were all looked at.
  w.end(w.orphan("(setsid sh -c \"$JOB\" &) ; exit 0"));
  run_until(w.io, [] { return children_of_ours().size() <= 2; });
  CHECK(children_of_ours().size() == 2);
  int status = 0;
  CHECK(::waitpid(other, &status, WNOHANG) == other);
  CHECK(WEXITSTATUS(status) == 3);
  const auto end = tool.take_end();
  REQUIRE(end);
  CHECK(end->status == 7);
  CHECK(children_of_ours().empty());
}

TEST_CASE("a tool that is made to end leaves none either") {
  World w;
  w.start("(sh -c \"$JOB\" &) ; exec sleep 1000");
  w.runner.cancel(w.run);
  run_until(w.io, [&w] { return w.runner.ending() == 0 && children_of_ours().empty(); });
}
