// The daemon as another program on the bus sees it: calls, properties and signals of
// org.geminivoice.Voice1, without any code of the project.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <systemd/sd-bus.h>

#include "tests/e2e/support/deadline.hpp"
#include "tests/e2e/support/session_bus.hpp"

namespace gv::e2e {

namespace json = boost::json;

// An error reply. name: the part after "org.geminivoice.Voice1.Error.", or the whole name where it
// is not one of ours.
class BusError : public std::runtime_error {
 public:
  BusError(std::string error_name, const std::string& message)
      : std::runtime_error(message), name(std::move(error_name)) {}
  std::string name;
};

struct BusSignal {
  std::string member;  // PropertiesChanged among them
  json::array arguments;
  std::int64_t received_ns = 0;  // CLOCK_MONOTONIC
};

// One thread. Signals are collected whenever a wait_ function runs.
class VoiceClient {
 public:
  explicit VoiceClient(const SessionBus& bus);
  ~VoiceClient();
  VoiceClient(const VoiceClient&) = delete;
  VoiceClient& operator=(const VoiceClient&) = delete;

  bool on_the_bus();  // somebody owns the name

  std::string start(const std::string& profile = {});  // session id
  void stop(bool forget = false);
  bool toggle();
  void mute(bool muted);
  void talk(bool pressed);
  void interrupt();
  std::uint64_t say(const std::string& text);
  json::object statistics();
  // Any method that takes nothing: its results.
  json::array call(const char* method);

  json::value property(const char* name);
  std::string state();

  // Until the state, or any property, is this; a std::runtime_error with the last state and
  // LastError where it does not come to that.
  void wait_for_state(const std::string& wanted, milliseconds limit = patience);
  void wait_for_property(const char* name, const json::value& wanted,
                         milliseconds limit = patience);
  // The first signal of this name from number `from` on that fits.
  BusSignal wait_for_signal(
      const std::string& member,
      const std::function<bool(const json::array&)>& fits = [](const json::array&) { return true; },
      std::size_t from = 0, milliseconds limit = patience);
  const std::vector<BusSignal>& signals();
  // Every State announced so far, in order.
  std::vector<std::string> states();

 private:
  struct Closer {
    void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
  };
  using Message = std::unique_ptr<sd_bus_message, decltype(&sd_bus_message_unref)>;

  static int on_signal(sd_bus_message* message, void* self, sd_bus_error* error);
  Message request(const char* method) const;
  json::array send(const Message& message) const;
  void pump();

  std::unique_ptr<sd_bus, Closer> bus_;
  std::vector<BusSignal> signals_;
};

}  // namespace gv::e2e
