// The daemon as the command line sees it: calls, and events waited for. One thread: the connection
// is processed only in a call and in wait(), so nothing needs a lock and no event is lost.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/json.hpp>

#include "ctl/options.hpp"
#include "ctl/values.hpp"
#include "dbus/voice1_proxy.hpp"

namespace gv::ctl {

// Thrown by wait() on SIGINT and SIGTERM, once watch_signals() was called.
struct Interrupted {};

using Clock = std::chrono::steady_clock;

class Client {
 public:
  // Connects to the session bus and subscribes. verb: for error lines. Throws Problem.
  Client(std::string verb, const Options& options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool daemon_runs();
  // Makes sure that it runs; starts it unless --no-start. Throws Problem (no_daemon).
  void need_daemon();

  // Runs one call of the generated proxy; D-Bus errors become Problems.
  template <class Function>
  auto call(Function&& function) {
    try {
      return function(voice());
    } catch (const sdbus::Error& e) {
      fail(e);
    }
  }
  org::geminivoice::Voice1_proxy& voice();
  boost::json::object properties();  // all of them, in snake_case

  // What happened, oldest first, as objects {"event": NAME, ...}: the signals in snake_case with
  // their arguments, "properties_changed" with the changed ones, and "daemon" with `running`.
  std::deque<boost::json::object> events;

  // Processes the bus until events is not empty, or the deadline. false: the deadline. Throws
  // Problem where the bus is gone; after watch_reader(), OutputClosed where nobody reads the
  // output.
  bool wait(std::optional<Clock::time_point> deadline);
  // Events that have arrived by now are forgotten.
  void discard_events();

  void watch_signals();  // see Interrupted
  void watch_reader() { watch_reader_ = true; }
  // wait() also ends, as at the deadline, where this is readable.
  void also_watch(int fd) { other_fd_ = fd; }
  Clock::time_point deadline() const { return deadline_; }
  const std::string& verb() const { return verb_; }

 private:
  class Voice;
  class Bus;
  [[noreturn]] void fail(const sdbus::Error& error);

  std::string verb_;
  Options options_;
  Clock::time_point deadline_;
  int signal_fd_ = -1;
  int other_fd_ = -1;
  bool watch_reader_ = false;
  std::unique_ptr<sdbus::IConnection> connection_;
  std::unique_ptr<Bus> bus_;
  std::unique_ptr<Voice> voice_;
};

}  // namespace gv::ctl
