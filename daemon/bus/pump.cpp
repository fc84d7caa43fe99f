#include "daemon/bus/pump.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include <asio/post.hpp>

#include "daemon/util/guarded.hpp"

namespace gv::bus {
namespace {

// Messages handled before the loop's other work gets its turn: a caller that floods the bus must
// not delay audio or the network.
constexpr int drain_budget = 16;

}  // namespace

Pump::Pump(asio::io_context& io, Source source, std::function<void(const std::string&)> on_lost)
    : io_(io), source_(std::move(source)), on_lost_(std::move(on_lost)), poll_set_(io), timer_(io) {
  kick();  // messages may have been queued by the name request
}

Pump::~Pump() = default;

void Pump::kick() {
  if (drain_posted_ || lost_) return;
  asio::post(io_, [this, alive = std::weak_ptr<int>(alive_)] {
    if (alive.expired()) return;
    drain_posted_ = false;
    drain();
  });
  drain_posted_ = true;  // not where posting found no memory: the next kick tries again
}

void Pump::drain() {
  if (lost_) return;
  const std::weak_ptr<int> alive = alive_;
  try {
    for (int handled = 0; handled < drain_budget; ++handled) {
      const bool more = source_.process_one();
      if (alive.expired()) return;  // a handler ended the service
      if (!more) return arm();
    }
    poll_set_.cancel();
    timer_.cancel();
    kick();
  } catch (const std::exception& e) {
    lose(e.what());
  } catch (...) {
    lose("an exception of unknown type");
  }
}

void Pump::arm() {
  const PollNeeds needs = source_.needs();
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
  if (on_lost) guarded("the end of a bus", [&on_lost, &why] { on_lost(why); });
}

}  // namespace gv::bus
