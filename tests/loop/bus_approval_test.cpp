#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// Who may answer for the user: the real gemini-voicectl as a child of the service's process, as a
// tool would start it, and as a program that has nothing to do with it.
#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "daemon/bus/names.hpp"
#include "daemon/util/lineage.hpp"
#include "tests/loop/bus_support.hpp"
#include "tests/loop/ctl_process.hpp"

using namespace gv;
using test::Outcome;
using test::PrivateBus;
using test::run;
using test::run_shell;
using test::ServiceThread;

namespace {

// The service is this process: what it starts descends from the daemon.
struct World {
  PrivateBus bus;
  ServiceThread service;
  std::vector<std::string> answers;

  World() {
    service.on_loop([this] {
      service.control.requests = {{"call-1", "note", "touch\n'/tmp/a note'"},
                                  {"it's 2", "open", "xdg-open\nhttps://example.org"}};
      service.control.on_call = [this](const std::string& call) {
        if (call.starts_with("answer_tool")) answers.push_back(call);
      };
    });
  }
  std::vector<std::string> answered() {
    return service.on_loop([this] { return answers; });
  }
};

bool refused(const Outcome& o) {
  return o.exit == 5 && o.err.find("only you may answer. Answer in the desktop's notification") !=
                            std::string::npos;
}

// The service in a process of its own.
class Elsewhere {
 public:
  Elsewhere() {
    REQUIRE(::mkfifo((bus_.folder() + "/go").c_str(), 0600) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::execl(GV_STAND_IN, "stand-in", bus_.folder().c_str(), nullptr);
      ::_exit(127);
    }
    const auto deadline = std::chrono::steady_clock::now() + test::patience;
    int go = -1;
    while (go < 0 && std::chrono::steady_clock::now() < deadline) {
      go = ::open((bus_.folder() + "/go").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
      if (go < 0) ::poll(nullptr, 0, 2);
    }
    REQUIRE(::write(go, "x", 1) == 1);
    ::close(go);
    while (run({"--no-start", "status"}).exit != 0 && std::chrono::steady_clock::now() < deadline) {
    }
  }
  ~Elsewhere() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Elsewhere(const Elsewhere&) = delete;
  Elsewhere& operator=(const Elsewhere&) = delete;

  std::string calls() const {
    std::ostringstream text;
    text << std::ifstream(bus_.folder() + "/calls").rdbuf();
    return text.str();
  }

 private:
  PrivateBus bus_;
  pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("a tool cannot answer for the user, directly or through shells") {
  World w;
  CHECK(refused(run({"approve", "call-1"})));
  CHECK(refused(run({"deny", "call-1"})));
  CHECK(refused(run_shell("sh -c '\"$0\" approve call-1; exit $?' \"$CTL\"; exit $?")));
  // The shell between leaves; while its parent lives, it is still known where this comes from.
  CHECK(refused(run_shell("setsid \"$CTL\" approve call-1; exit $?")));
  CHECK(w.answered().empty());
}

TEST_CASE("nor can one that does not stay to be looked at") {
  World w;
  const pid_t child = ::fork();
  if (child == 0) {
    sd_bus* bus = nullptr;
    sd_bus_message* m = nullptr;
    if (sd_bus_open_user(&bus) < 0 ||
        sd_bus_message_new_method_call(bus, &m, bus::bus_name, bus::object_path,
                                       bus::interface_name, "AnswerToolRequest") < 0 ||
        sd_bus_message_append(m, "sb", "call-1", 1) < 0) {
      ::_exit(1);
    }
    sd_bus_message_set_expect_reply(m, 0);
    ::_exit(sd_bus_send(bus, m, nullptr) >= 0 && sd_bus_flush(bus) >= 0 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(run({"status"}).exit == 0);  // after it on the bus
  CHECK(refused(run({"approve", "call-1"})));
  CHECK(w.answered().empty());
}

TEST_CASE("another program of the user answers, by the id alone") {
  const Elsewhere service;
  const Outcome list = run({"approve"});
  CHECK(list.exit == 0);
  CHECK(list.out ==
        "note wants to run\n    touch\n    '/tmp/a note'\n"
        "  To allow it, type: gemini-voicectl approve call-1\n"
        "  To refuse it:      gemini-voicectl deny call-1\n");
  CHECK(run({"--json", "deny"}).out ==
        "{\"call_id\":\"call-1\",\"name\":\"note\",\"what\":\"touch\\n'/tmp/a note'\"}\n");
  CHECK(service.calls().find("answer_tool") == std::string::npos);
  const Outcome unknown = run({"approve", "call-2"});
  CHECK(unknown.exit == 2);
  CHECK(unknown.err.starts_with("gemini-voicectl: approve: no tool asks with the id 'call-2'"));
  CHECK(run({"approve", "call-1"}).exit == 0);
  CHECK(run({"approve"}).out == "no tool asks\n");
  CHECK(service.calls() == "answer_tool call-2 allow\nanswer_tool call-1 allow\n");
}

TEST_CASE("no daemon, no tools: nothing is started for it") {
  const PrivateBus bus;
  const Outcome o = run({"approve", "call-1"});
  CHECK(o.exit == 3);
  CHECK(test::one_error_line(o));
}

TEST_CASE("where a process comes from") {
  const pid_t self = ::getpid();
  CHECK(descent(self, ::getppid()) == Descent::own);
  CHECK(descent(self, self) == Descent::foreign);
  CHECK(descent(1, self) == Descent::foreign);
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  CHECK(descent(child, self) == Descent::own);
  CHECK(descent(child, ::getppid()) == Descent::own);
  const auto facts = find_process(child);
  REQUIRE(facts);
  CHECK(facts->parent == self);
  CHECK(facts->started <= ticks_since_boot());
  CHECK(facts->started + 100 * 60 > ticks_since_boot());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(descent(child, self) == Descent::unknown);
}
