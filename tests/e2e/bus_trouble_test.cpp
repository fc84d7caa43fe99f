// The bus dies, somebody wants its name, and clients that behave badly: the daemon ends cleanly, or
// serves the others as if nothing were.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cerrno>
#include <chrono>
#include <memory>
#include <stdexcept>

#include <doctest/doctest.h>
#include <systemd/sd-bus.h>

#include "tests/e2e/support/by_key.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int flood_calls = 20'000;
// What a flood may cost: heaps are not given back in full.
constexpr std::size_t memory_slack_kib = 24 * 1024;
// A loop that is late by this much is still inaudible (the device's own buffer is longer). In real
// time it may be the machine that is late.
constexpr int lag_limit_us = 200'000;
constexpr int real_time_lag_limit_us = 2'000'000;

// A connection that sends and never reads.
class DeafClient {
 public:
  explicit DeafClient(const SessionBus& bus) {
    sd_bus* connection = nullptr;
    require_ok(sd_bus_new(&connection));
    bus_.reset(connection);
    require_ok(sd_bus_set_address(connection, bus.address().c_str()));
    require_ok(sd_bus_set_bus_client(connection, 1));
    require_ok(sd_bus_start(connection));
    const char* name = nullptr;
    require_ok(sd_bus_get_unique_name(connection, &name));  // from now on it is on the bus
  }

  void subscribe() {
    require_ok(sd_bus_match_signal(bus_.get(), nullptr, "org.geminivoice.Voice1", nullptr, nullptr,
                                   nullptr, nullptr, nullptr));
  }

  void call(const char* method, int times) {
    for (int i = 0; i < times; ++i)
      send(*request(method));
    require_ok(sd_bus_flush(bus_.get()));
  }

  // Ends unmuted where `times` is even.
  void toggle_mute(int times) {
    for (int i = 0; i < times; ++i) {
      const Message message = request("Mute");
      require_ok(sd_bus_message_append(message.get(), "b", i % 2 == 0 ? 1 : 0));
      send(*message);
    }
    require_ok(sd_bus_flush(bus_.get()));
  }

  // As a hotkey that is held.
  void toggle(int times) {
    for (int i = 0; i < times; ++i) {
      const Message message = request("Toggle");
      require_ok(sd_bus_message_append(message.get(), "a{sv}", 0));
      send(*message);
    }
    require_ok(sd_bus_flush(bus_.get()));
  }

  int take_name(const char* name) {
    return sd_bus_request_name(bus_.get(), name, SD_BUS_NAME_REPLACE_EXISTING);
  }

 private:
  struct Releaser {
    void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
  };
  using Message = std::unique_ptr<sd_bus_message, Releaser>;
  struct Closer {
    void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
  };
  static void require_ok(int result) {
    if (result < 0) throw std::system_error(-result, std::generic_category(), "a client");
  }

  Message request(const char* method) const {
    sd_bus_message* message = nullptr;
    require_ok(sd_bus_message_new_method_call(bus_.get(), &message, "org.geminivoice.Voice1",
                                              "/org/geminivoice/Voice1", "org.geminivoice.Voice1",
                                              method));
    return Message(message);
  }
  void send(sd_bus_message& message) { require_ok(sd_bus_send(bus_.get(), &message, nullptr)); }

  std::unique_ptr<sd_bus, Closer> bus_;
};

std::size_t resident_kib(Process& process) {
  const std::string status = read_file("/proc/" + std::to_string(process.pid()) + "/status");
  const std::size_t at = status.find("VmRSS:");
  if (at == std::string::npos) throw std::runtime_error("no VmRSS");
  return std::stoul(status.substr(at + 6));
}

void check_undisturbed(Stage& stage) {
  const json::object statistics = stage.voice->statistics();
  CHECK(statistics.at("loop_lag_max_us").to_number<int>() <
        (virtual_time() ? lag_limit_us : real_time_lag_limit_us));
  CHECK(statistics.at("frames_dropped").to_number<int>() == 0);
  CHECK(stage.sim->count("connect") == 1);
  CHECK(stage.sim->count("close") == 0);
}

// The microphone still reaches the service.
void check_uplink(Stage& stage) {
  const std::size_t before = stage.sim->count("audio");
  require("the service hears the microphone",
          [&stage, before] { return stage.sim->count("audio") > before + 10; });
}

}  // namespace

TEST_CASE("the bus dies in mid-session: devices released, a clean end, and a failure to systemd") {
  Stage stage;
  stage.start_session();
  require("the devices are open",
          [&stage] { return stage.bed->capture_in_use() && stage.bed->playback_in_use(); });
  const auto before = Clock::now();
  stage.bus.kill();
  const auto status = stage.daemon->process().wait(milliseconds(3000));
  REQUIRE(status.has_value());
  CHECK(Clock::now() - before < milliseconds(3000));
  CHECK(*status == 1);  // Restart=on-failure starts it again
  CHECK_FALSE(stage.bed->capture_in_use());
  CHECK_FALSE(stage.bed->playback_in_use());
  const json::object close = stage.sim->wait_for("close");
  CHECK(close.at("by").as_string() == "client");
  CHECK(close.at("code").to_number<int>() == 1000);
  const std::string log = stage.daemon->log();
  CHECK_MESSAGE(log.find("bus: ") != std::string::npos, log);
  CHECK_MESSAGE(log.find("shutting down") != std::string::npos, log);
}

TEST_CASE("the bus dies while idle") {
  Stage stage;
  stage.bus.kill();
  CHECK(stage.daemon->process().wait(milliseconds(3000)) == 1);
}

TEST_CASE("nobody takes the name from the daemon") {
  Stage stage;
  stage.start_session();
  DeafClient thief(stage.bus);
  CHECK(thief.take_name("org.geminivoice.Voice1") == -EEXIST);
  CHECK(stage.voice->state() == "listening");
  check_undisturbed(stage);
}

TEST_CASE("20,000 calls whose answers nobody reads") {
  Stage stage;
  stage.start_session();
  check_uplink(stage);
  const std::size_t before = resident_kib(stage.daemon->process());
  DeafClient flood(stage.bus);
  flood.call("GetStatistics", flood_calls);
  CHECK(stage.voice->state() == "listening");  // within the client's limit of 10 s
  check_uplink(stage);
  stage.voice->mute(true);
  stage.voice->wait_for_property("CaptureOpen", false);
  stage.voice->mute(false);
  stage.voice->wait_for_property("CaptureOpen", true);
  check_uplink(stage);
  CHECK(resident_kib(stage.daemon->process()) < before + memory_slack_kib);
  check_undisturbed(stage);
}

TEST_CASE("20,000 signals to one that never reads") {
  Stage stage;
  DeafClient deaf(stage.bus);
  deaf.subscribe();
  const std::size_t before = resident_kib(stage.daemon->process());
  DeafClient flood(stage.bus);
  // Without a session it is nothing but a property that changes.
  flood.toggle_mute(flood_calls);
  require(
      "every change is announced",
      [&stage] { return stage.voice->signals().size() >= flood_calls; }, milliseconds(60'000));
  CHECK(resident_kib(stage.daemon->process()) < before + memory_slack_kib);
  stage.start_session();
  check_uplink(stage);
  check_undisturbed(stage);
}

TEST_CASE("devices opened and closed 2,000 times by one who never waits") {
  Stage stage;
  stage.start_session();
  check_uplink(stage);
  DeafClient flood(stage.bus);
  flood.toggle_mute(2000);
  CHECK(stage.voice->state() == "listening");
  stage.voice->wait_for_property("Muted", false, milliseconds(20'000));
  stage.voice->wait_for_property("CaptureOpen", true, milliseconds(20'000));
  check_uplink(stage);
}

TEST_CASE("a hotkey that is held starts one session, and stops it when it is held again") {
  Stage stage;
  DeafClient key(stage.bus);
  key.toggle(60);
  stage.voice->wait_for_state("listening");
  check_uplink(stage);
  CHECK(stage.sim->count("connect") == 1);
  hold(milliseconds(1000));  // longer than a key that is held pauses
  key.toggle(60);
  stage.voice->wait_for_state("idle");
  CHECK(stage.sim->count("connect") == 1);
}

TEST_CASE("a client that dies in the middle of its flood") {
  Stage stage;
  stage.start_session();
  for (int i = 0; i < 10; ++i) {
    DeafClient flood(stage.bus);
    flood.call("GetStatistics", 500);
  }
  CHECK(stage.voice->state() == "listening");
  check_uplink(stage);
  check_undisturbed(stage);
}
