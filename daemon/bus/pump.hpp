// Runs a D-Bus connection on Asio, sdbus-c++'s or libsystemd's: drains pending messages, then waits
// for exactly what the connection asks for. Main thread only.
//
// The connection's wishes are stale once it is used: a queued signal needs POLLOUT, a queued
// message needs no wait at all. So every use of the connection outside a bus handler (emitting a
// signal) ends with kick().
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "daemon/bus/source.hpp"
#include "daemon/util/poll_set.hpp"

namespace gv::bus {

class Pump {
 public:
  // on_lost is called once, from the loop, when the bus is gone; nothing is processed after that.
  // It may destroy the pump. The connection must outlive the pump.
  Pump(asio::io_context& io, Source source, std::function<void(const std::string& why)> on_lost);
  ~Pump();
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

  // Posts one drain; many kicks before it runs are one.
  void kick();

 private:
  void drain();
  void arm();
  void lose(const std::string& why);

  asio::io_context& io_;
  Source source_;
  std::function<void(const std::string&)> on_lost_;
  PollSet poll_set_;
  asio::steady_timer timer_;
  bool drain_posted_ = false;
  bool lost_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace gv::bus
