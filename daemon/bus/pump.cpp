#include "daemon/bus/pump.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include <asio/post.hpp>

namespace gv::bus {
namespace {

// Messages handled before the loop's other work gets its turn: a caller that floods the bus must
// not delay audio or the network.
constexpr int drain_budget = 16;

}  // namespace

Pump::Pump(asio::io_context& io, sdbus::IConnection& connection,
           std::function<void(const std::string&)> on_lost)
    : io_(io), connection_(connection), on_lost_(std::move(on_lost)), poll_set_(io), timer_(io) {
  kick();  // messages may have been queued by the name request
}

Pump::~Pump() = default;

void Pump::kick() {
  if (drain_posted_ || lost_) return;
  drain_posted_ = true;
  asio::post(io_, [this, alive = std::weak_ptr<int>(alive_)] {
    if (alive.expired()) return;
    drain_posted_ = false;
    drain();
  });
}

void Pump::drain() {
  if (lost_) return;
  const std::weak_ptr<int> alive = alive_;
  try {
    for (int handled = 0; handled < drain_budget; ++handled) {
      const bool more = process_one(connection_);
      if (alive.expired()) return;  // a handler ended the service
      if (!more) return arm();
    }
    poll_set_.cancel();
    timer_.cancel();
    kick();
  } catch (const std::exception& e) {
    lose(e.what());
  }
}

void Pump::arm() {
  const PollNeeds needs = poll_needs(connection_);
  timer_.cancel();
  if (needs.timeout_ms == 0) {
    poll_set_.cancel();
    return kick();
  }
  poll_set_.wait(needs.fds, [this](std::span<const pollfd>) { drain(); });
  if (needs.timeout_ms < 0) return;
  timer_.expires_after(std::chrono::milliseconds(needs.timeout_ms));
  timer_.async_wait([this, alive = std::weak_ptr<int>(alive_)](const std::error_code& error) {
    if (alive.expired() || error) return;
    drain();
  });
}

void Pump::lose(const std::string& why) {
  lost_ = true;
  poll_set_.cancel();
  timer_.cancel();
  const auto on_lost = std::exchange(on_lost_, nullptr);
  if (on_lost) on_lost(why);
}

}  // namespace gv::bus
