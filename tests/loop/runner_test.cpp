// Runner with real programs: how they end, what they print, and that nothing of them stays.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "daemon/tools/runner.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/loop/children.hpp"
#include "tests/support/emulator.hpp"

using namespace gv;
using namespace std::chrono_literals;
using tools::RunOutcome;
using tools::RunSpec;
using End = RunOutcome::End;
using test::children_of_ours;
using test::Folder;
using test::run_until;

namespace {

const std::string path = "PATH=/usr/local/bin:/usr/bin:/bin";

RunSpec shell(const std::string& script) {
  return {.argv = {"sh", "-c", script}, .directory = "/", .environment = {path}};
}

struct World {
  asio::io_context io;
  tools::Runner runner{io};

  RunOutcome run(RunSpec spec) {
    std::optional<RunOutcome> result;
    runner.run(std::move(spec), [&result](RunOutcome outcome) { result = std::move(outcome); });
    CHECK_FALSE(result);  // never from within
    run_until(io, [&result] { return result.has_value(); });
    return *result;
  }
  void settle() {
    run_until(io, [this] { return runner.ending() == 0; });
    CHECK(children_of_ours().empty());
  }
};

}  // namespace

TEST_CASE("a program's output, errors and exit status are told, and no zombie is left") {
  World world;
  const auto good = world.run(shell("printf hello; echo no >&2"));
  CHECK(good.end == End::exited);
  CHECK(good.status == 0);
  CHECK(good.output == "hello");
  CHECK(good.errors == "no\n");
  CHECK_FALSE(good.output_cut);
  const auto bad = world.run(shell("echo why >&2; exit 3"));
  CHECK(bad.end == End::exited);
  CHECK(bad.status == 3);
  CHECK(bad.errors == "why\n");
  const auto killed = world.run(shell("kill -9 $$"));
  CHECK(killed.end == End::signalled);
  CHECK(killed.status == SIGKILL);
  world.settle();
}

TEST_CASE("one after the other: no event of the one before ends the next") {
  World world;
  for (int i = 0; i < 500; ++i) {
    const auto outcome = world.run(shell("echo said; exit 3"));
    REQUIRE(outcome.status == 3);
    REQUIRE(outcome.output == "said\n");
  }
  world.settle();
}

TEST_CASE("a program has its spec, and nothing else of ours") {
  World world;
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  REQUIRE(::sigprocmask(SIG_BLOCK, &blocked, nullptr) == 0);
  const int leak = ::open("/dev/null", O_RDONLY);  // not close-on-exec
  auto spec = shell(
      "pwd; env | grep -v -e ^PWD -e ^SHLVL -e ^_ | sort; ls /proc/self/fd | wc -l; cat; "
      "grep -cE '^Sig(Blk|Ign):.*0{7}$' /proc/self/status; [ $$ = $(ps -o pgid= -p $$) ] && echo "
      "leads");
  spec.directory = "/usr";
  spec.environment.emplace_back("A=b c");
  const auto seen = world.run(std::move(spec));
  REQUIRE(::sigprocmask(SIG_UNBLOCK, &blocked, nullptr) == 0);
  ::close(leak);
  // 0 to 2, and the folder that ls reads; of the signals, the C library keeps two for itself.
  CHECK(seen.output == "/usr\nA=b c\n" + path + "\n4\n2\nleads\n");
}

TEST_CASE("its standard input is the caller's descriptor") {
  World world;
  const Folder folder;
  std::ofstream(folder.path + "/in") << "from a file";
  const int fd = ::open((folder.path + "/in").c_str(), O_RDONLY | O_CLOEXEC);
  auto spec = shell("cat");
  spec.input_fd = fd;
  CHECK(world.run(std::move(spec)).output == "from a file");
  CHECK(::fcntl(fd, F_GETFD) == FD_CLOEXEC);  // still the caller's
  ::close(fd);
}

TEST_CASE("output beyond the limit is thrown away while the loop does its other work") {
  World world;
  auto spec =
      shell("head -c 20000000 /dev/zero; head -c 20000 /dev/zero | tr '\\0' e >&2; echo E >&2");
  spec.output_limit = 1000;
  const auto big = world.run(std::move(spec));
  CHECK(big.end == End::exited);
  CHECK(big.output == std::string(1000, '\0'));
  CHECK(big.output_cut);
  CHECK(big.errors.size() == 4096);
  CHECK(big.errors.ends_with("eE\n"));

  auto endless = shell("yes");
  endless.time_limit = 500ms;
  endless.output_limit = 5;
  test::Ticker ticker(world.io);
  const auto flood = world.run(std::move(endless));
  CHECK(flood.end == End::timed_out);
  CHECK(flood.output == "y\ny\ny");
  CHECK(flood.output_cut);
  CHECK(ticker.ticks() > 20);  // of 5 ms each, on a machine that does other things, too
  world.settle();
}

TEST_CASE("exactly as much as is kept is not cut") {
  World world;
  auto spec = shell("printf 12345");
  spec.output_limit = 5;
  const auto seen = world.run(std::move(spec));
  CHECK(seen.output == "12345");
  CHECK_FALSE(seen.output_cut);
}

TEST_CASE("what holds the pipes does not delay the end, and lives on after a good one") {
  World world;
  const auto seen = world.run(shell("sleep 600 & echo $!"));
  CHECK(seen.end == End::exited);
  const pid_t background = std::stoi(seen.output);
  CHECK(::kill(background, 0) == 0);
  ::kill(background, SIGKILL);
}

TEST_CASE("a program that closes its pipes early runs on") {
  World world;
  const auto seen = world.run(shell("echo a; exec >&- 2>&-; sleep 0.2; exit 7"));
  CHECK(seen.end == End::exited);
  CHECK(seen.status == 7);
  CHECK(seen.output == "a\n");
}

TEST_CASE("after its time a program is ended with its whole group, gently if it listens") {
  World world;
  const Folder folder;
  SUBCASE("it listens") {
    auto spec =
        shell("trap 'echo x >" + folder.path + "/ended; exit' TERM; echo up; sleep 600 & wait");
    spec.time_limit = 1s;
    const auto late = world.run(std::move(spec));
    CHECK(late.end == End::timed_out);
    CHECK(late.output == "up\n");
    world.settle();
    CHECK(::access((folder.path + "/ended").c_str(), F_OK) == 0);
  }
  SUBCASE("it listens, what it started does not") {
    auto spec =
        shell("sh -c 'trap \"\" TERM; echo $$; sleep 600; sleep 600' & trap exit TERM; wait");
    spec.time_limit = 1s;
    const auto late = world.run(std::move(spec));
    const pid_t grandchild = std::stoi(late.output);
    world.settle();
    run_until(world.io, [grandchild] { return test::gone(grandchild); });
  }
  SUBCASE("nobody listens") {
    auto spec = shell(
        "trap '' TERM; sh -c 'trap \"\" TERM; echo $$; sleep 600; sleep 600' & sleep 600; sleep "
        "600");
    spec.time_limit = 1s;
    const auto late = world.run(std::move(spec));
    CHECK(late.end == End::timed_out);
    CHECK(world.runner.ending() == 1);
    const pid_t grandchild = std::stoi(late.output);
    world.settle();
    run_until(world.io, [grandchild] { return test::gone(grandchild); });
  }
}

TEST_CASE("cancelled: nothing is told, and nothing stays") {
  World world;
  int told = 0;
  const auto done = [&told](RunOutcome) { ++told; };
  const auto sleeping = world.runner.run(shell("sleep 600 & sleep 600"), done);
  const auto ended = world.runner.run(shell("exit"), done);
  std::this_thread::sleep_for(50ms);  // ended: its completion is about to be queued
  world.runner.cancel(sleeping);
  world.runner.cancel(ended);
  const auto missing = world.runner.run({.argv = {"/missing"}}, done);
  world.runner.cancel(missing);
  world.runner.cancel(missing);
  CHECK(world.runner.ending() == (test::spawning_says_why() ? 2 : 3));
  world.settle();
  CHECK(told == 0);
}

TEST_CASE("many at once") {
  World world;
  constexpr int number = 40;
  int told = 0;
  for (int i = 0; i < number; ++i) {
    world.runner.run(shell("exit " + std::to_string(i)), [&told, i](const RunOutcome& outcome) {
      ++told;
      CHECK(outcome.status == i);
    });
  }
  run_until(world.io, [&told] { return told == number; });
  world.settle();
}

TEST_CASE("a runner that goes takes its programs with it") {
  auto world = std::make_unique<World>();
  for (int i = 0; i < 3; ++i)
    world->runner.run(shell("trap '' TERM; sleep 600; sleep 600"),
                      [](const RunOutcome&) { CHECK(false); });
  CHECK(children_of_ours().size() == 3);
  world.reset();
  CHECK(children_of_ours().empty());
}

TEST_CASE("what cannot be started says why" * doctest::skip(!test::spawning_says_why())) {
  World world;
  const Folder folder;
  const auto why = [&world](RunSpec spec) {
    const auto outcome = world.run(std::move(spec));
    CHECK(outcome.end == End::not_started);
    return outcome.why;
  };
  const auto file = [&folder](const std::string& name, const std::string& text, mode_t mode) {
    std::ofstream(folder.path + "/" + name) << text;
    REQUIRE(::chmod((folder.path + "/" + name).c_str(), mode) == 0);
    return folder.path + "/" + name;
  };
  const std::string own_path = "PATH=relative::" + folder.path;
  CHECK(why({.argv = {}}) == "no program is named");
  CHECK(why({.argv = {""}}) == "the name of the program is empty");
  CHECK(why({.argv = {"nonesuch"}, .environment = {own_path}}) ==
        "the program nonesuch was not found in PATH (relative::" + folder.path +
            "); is it installed?");
  CHECK(why({.argv = {"ls"}}) ==
        "the program ls was not found in PATH (which is empty); is it installed?");
  CHECK(why({.argv = {"/missing/x"}}) == "/missing/x does not exist");
  CHECK(why({.argv = {"/bin/true"}, .directory = "/missing"}) ==
        "its folder /missing cannot be used: No such file or directory");
  CHECK(why({.argv = {"/bin/true"}, .directory = "/etc/passwd"}) ==
        "its folder /etc/passwd is none");
  const auto plain = file("plain", "x", 0644);
  CHECK(why({.argv = {plain}}) == plain + " may not be run: Permission denied");
  CHECK(why({.argv = {"plain"}, .environment = {own_path}}) ==
        plain + " may not be run: Permission denied");
  const auto orphan = file("orphan", "#!/missing/interpreter\n", 0755);
  CHECK(why({.argv = {orphan}}) == orphan + " names an interpreter that is not there");
  const auto text = file("text", "echo\n", 0755);
  CHECK(why({.argv = {text}}) == text +
                                     " is nothing that the system can run; a script needs a first "
                                     "line such as #!/bin/sh");
  CHECK(why({.argv = {"/bin/true", std::string(3'000'000, 'x')}}) ==
        "its arguments and environment are larger than the system takes");
  file("here", "#!/bin/sh\necho here\n", 0755);
  CHECK(world.run({.argv = {"./here"}, .directory = folder.path, .environment = {path}}).output ==
        "here\n");
  CHECK(world.run({.argv = {"here"}, .environment = {own_path}}).output == "here\n");
}

TEST_CASE("run() adds little to a bare fork and exec") {
  World world;
  constexpr int rounds = 40;
  const auto median = [](const auto& once) {
    std::array<double, rounds> times{};
    for (double& time : times) {
      const auto begin = std::chrono::steady_clock::now();
      once();
      time = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
                 .count();
    }
    std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
    return times[rounds / 2];
  };
  const double bare = median([] {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::execl("/bin/true", "true", nullptr);
      ::_exit(1);
    }
    ::waitpid(pid, nullptr, 0);
  });
  const double ours = median([&world] {
    CHECK(world.run({.argv = {"true"}, .directory = "/", .environment = {path}}).status == 0);
  });
  MESSAGE("/bin/true, median of " << rounds << ": bare " << bare << " ms, run() " << ours << " ms");
  CHECK(ours - bare < 5);
}
