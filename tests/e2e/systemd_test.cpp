// What the service manager is told, and the reload that it or anyone may ask for.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/e2e/support/programs.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The service manager's end of NOTIFY_SOCKET.
class Manager {
 public:
  Manager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = path();
    REQUIRE(name.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, name.c_str(), name.size());
    // The sockets interface wants one address type for all families.
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  ~Manager() { ::close(socket_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  std::string path() const { return (dir_ / "notify").string(); }

  // Every assignment so far, in order, a message's lines one after another.
  const std::vector<std::string>& told() {
    std::array<char, 4096> buffer{};
    ssize_t size = 0;
    while ((size = ::recv(socket_, buffer.data(), buffer.size(), 0)) >= 0) {
      std::string_view rest(buffer.data(), static_cast<std::size_t>(size));
      while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        if (!line.empty()) told_.emplace_back(line);
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      }
    }
    if (errno != EAGAIN) throw std::system_error(errno, std::generic_category(), "NOTIFY_SOCKET");
    return told_;
  }

  // The place of the first one, from number `from` on, that begins so.
  std::size_t wait_for(const std::string& begin, std::size_t from = 0,
                       milliseconds limit = patience) {
    std::size_t at = from;
    require(
        "the service manager is told " + begin,
        [this, &at, &begin] {
          for (told(); at < told_.size(); ++at) {
            if (told_[at].starts_with(begin)) return true;
          }
          return false;
        },
        limit);
    return at;
  }

  std::size_t count(const std::string& begin) {
    std::size_t number = 0;
    for (const std::string& line : told()) {
      if (line.starts_with(begin)) ++number;
    }
    return number;
  }

 private:
  TempDir dir_;
  int socket_;
  std::vector<std::string> told_;
};

StageOptions told_to(const Manager& manager) {
  StageOptions options;
  options.daemon.environment["NOTIFY_SOCKET"] = manager.path();
  return options;
}

}  // namespace

TEST_CASE("ready, the state, the watchdog while a session runs, stopping") {
  Manager manager;
  Stage stage(told_to(manager));
  manager.wait_for("STATUS=idle", manager.wait_for("READY=1"));
  CHECK(manager.count("WATCHDOG") == 0);  // idle, nothing needs the loop to turn

  stage.start_session();
  manager.wait_for("STATUS=connecting, profile assistant");
  const std::size_t armed = manager.wait_for("WATCHDOG_USEC=");
  CHECK(manager.told()[armed] == "WATCHDOG_USEC=30000000");
  CHECK(manager.wait_for("WATCHDOG=1") > armed);
  const std::size_t listening = manager.wait_for("STATUS=listening, profile assistant");
  stage.voice->mute(true);
  manager.wait_for("STATUS=listening, profile assistant, muted", listening + 1);
  stage.voice->mute(false);

  const std::size_t before = manager.told().size();
  stage.voice->stop();
  stage.voice->wait_for_state("idle");
  manager.wait_for("STATUS=idle", before);
  const std::size_t disarmed = manager.wait_for("WATCHDOG_USEC=", before);
  CHECK(manager.told()[disarmed] == "WATCHDOG_USEC=0");
  CHECK(manager.count("WATCHDOG_USEC=") == 2);

  CHECK(manager.count("STOPPING=1") == 0);
  stage.daemon->process().signal(SIGTERM);
  CHECK(stage.daemon->process().wait() == 0);
  manager.wait_for("STOPPING=1");
  CHECK(manager.count("READY=1") == 1);
  CHECK(manager.count("WATCHDOG=1") == 1);
}

TEST_CASE("what went wrong is in the status") {
  Manager manager;
  StageOptions options = told_to(manager);
  options.daemon.endpoint = "wss://" + Sim::host() + ":1";
  Stage stage(options);
  stage.voice->start();
  const Stage::Announced failure = stage.wait_for_error();
  const std::size_t at = manager.wait_for("STATUS=idle; last error: ");
  CHECK(has(manager.told()[at], failure.message));
}

// Thirty seconds, which only virtual time has to spare.
TEST_CASE("the watchdog is fed as long as the session runs" * doctest::skip(!virtual_time())) {
  Manager manager;
  Stage stage(told_to(manager));
  stage.start_session();
  for (std::size_t from = 0, i = 0; i < 4; ++i) {
    from = manager.wait_for("WATCHDOG=1", from, milliseconds(15'000)) + 1;
  }
  CHECK(stage.voice->state() == "listening");
}

TEST_CASE("never ready without the bus name") {
  const Stage first;
  Manager manager;
  Environment environment = first.bed->environment();
  environment.merge(first.bus.environment());
  environment["NOTIFY_SOCKET"] = manager.path();
  const Result second =
      run({programs::daemon(), "--config", first.daemon->config_file().string()}, environment);
  CHECK(second.status > 0);
  CHECK(manager.count("READY=1") == 0);
}

TEST_CASE("reload takes a good file, and nothing of a bad one") {
  Stage stage;
  const path& file = stage.daemon->config_file();
  const std::string good = read_file(file);
  const auto voice_of_the_last_setup = [&stage] {
    const std::vector<json::object> events = stage.sim->events();
    std::string voice;
    for (const json::object& line : events) {
      if (line.at("event").as_string() != "setup") continue;
      voice = json::serialize(line.at("setup").at("generation_config").at("speech_config"));
    }
    return voice;
  };

  write_file(file, good + "default_profile: mine\nprofiles:\n  mine: {voice: Puck}\n");
  CHECK(stage.voice->call("Reload").at(0).as_array().empty());  // no session runs
  CHECK(stage.voice->property("Profile").as_string() == "mine");
  stage.start_session();
  CHECK(has(voice_of_the_last_setup(), "Puck"));

  // What waits for the next session is named.
  write_file(file, good + "default_profile: mine\nprofiles:\n  mine: {voice: Kore}\n");
  const std::string waiting = json::serialize(stage.voice->call("Reload"));
  CHECK_MESSAGE(has(waiting, "mine"), waiting);

  // All mistakes at once, with their places; nothing of the file counts.
  write_file(file, good + "default_profile: mine\nprofiles:\n  mine: {voice: Zephyr, vioce: 1}\n" +
                       "session: {idle_timeout: soon}\n");
  try {
    stage.voice->call("Reload");
    FAIL("a bad file was accepted");
  } catch (const BusError& error) {
    CHECK(error.name == "ConfigInvalid");
    const std::string message = error.what();
    CHECK_MESSAGE(has(message, "config.yaml:"), message);
    CHECK_MESSAGE(has(message, "vioce"), message);
    CHECK_MESSAGE(has(message, "idle_timeout"), message);
  }
  CHECK(stage.voice->state() == "listening");
  stage.voice->stop();
  stage.voice->wait_for_state("idle");
  stage.start_session();
  CHECK(has(voice_of_the_last_setup(), "Kore"));
}
