#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// The talk key while it is starting the daemon: what the real gemini-voicectl says meanwhile, to a
// bus that activates a stand-in which is slow to own its name.
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "daemon/bus/names.hpp"
#include "tests/loop/bus_support.hpp"
#include "tests/loop/ctl_process.hpp"

using namespace gv;
using test::Ctl;
using test::patience;
using test::PrivateBus;
using test::run;
using Clock = std::chrono::steady_clock;

namespace {

// Every message of the bus, as it comes in: also one that waits for a service's start.
class Monitor {
 public:
  explicit Monitor(const PrivateBus& bus) {
    REQUIRE(sd_bus_new(&bus_) >= 0);
    REQUIRE(sd_bus_set_address(bus_, bus.address().c_str()) >= 0);
    REQUIRE(sd_bus_set_bus_client(bus_, 1) >= 0);
    REQUIRE(sd_bus_set_monitor(bus_, 1) >= 0);
    REQUIRE(sd_bus_start(bus_) >= 0);
    REQUIRE(sd_bus_call_method(bus_, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                               "org.freedesktop.DBus.Monitoring", "BecomeMonitor", nullptr, nullptr,
                               "asu", 0, 0) >= 0);
  }
  ~Monitor() { sd_bus_flush_close_unref(bus_); }
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  // Until Talk(pressed) is on the bus.
  bool sees_talk(bool pressed) {
    const auto deadline = Clock::now() + patience;
    while (Clock::now() < deadline) {
      sd_bus_message* message = nullptr;
      const int done = sd_bus_process(bus_, &message);
      if (done < 0) return false;
      if (done == 0) {
        sd_bus_wait(bus_, 100'000);
        continue;
      }
      int argument = -1;
      if (message != nullptr && sd_bus_message_is_method_call(message, nullptr, "Talk") > 0) {
        sd_bus_message_read(message, "b", &argument);
      }
      sd_bus_message_unref(message);
      if (argument == (pressed ? 1 : 0)) return true;
    }
    return false;
  }

 private:
  sd_bus* bus_ = nullptr;
};

// A bus that activates the stand-in, which waits for go().
struct Activating {
  PrivateBus bus;
  Monitor monitor{bus};
  int go_fd = -1;

  Activating() {
    REQUIRE(::mkfifo((bus.folder() + "/go").c_str(), 0600) == 0);
    std::ofstream(bus.folder() + "/" + bus::bus_name + ".service")
        << "[D-BUS Service]\nName=" << bus::bus_name << "\nExec=" GV_STAND_IN " " << bus.folder()
        << '\n';
  }
  ~Activating() {
    if (go_fd >= 0) ::close(go_fd);
  }
  // The bus has started it, and it waits.
  bool is_starting() {
    const auto deadline = Clock::now() + patience;
    while (go_fd < 0 && Clock::now() < deadline) {
      go_fd = ::open((bus.folder() + "/go").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
      if (go_fd < 0) ::poll(nullptr, 0, 2);
    }
    return go_fd >= 0;
  }
  void go() const { REQUIRE(::write(go_fd, "x", 1) == 1); }
  std::string calls() const {
    std::ostringstream text;
    text << std::ifstream(bus.folder() + "/calls").rdbuf();
    return text.str();
  }
};

}  // namespace

TEST_CASE("a key that is let go while its press starts the daemon is let go there, too") {
  Activating world;
  Ctl press({"talk", "press"});
  REQUIRE(world.is_starting());
  REQUIRE(world.monitor.sees_talk(true));  // the bus keeps it
  Ctl release({"talk", "release"});
  REQUIRE(world.monitor.sees_talk(false));
  world.go();
  CHECK(press.exit_code() == 0);
  CHECK(release.exit_code() == 0);
  CHECK(world.calls() == "talk press\ntalk release\n");
}

TEST_CASE("a release alone waits for nobody where --no-start forbids it") {
  Activating world;
  CHECK(run({"--no-start", "talk", "release"}).exit == 0);
  CHECK(run({"--no-start", "talk", "press"}).exit == 3);
  CHECK(run({"--no-start", "talk", "toggle"}).exit == 3);
}
