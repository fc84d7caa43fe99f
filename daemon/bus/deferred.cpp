#include "daemon/bus/deferred.hpp"

#include <utility>

#include "daemon/util/guarded.hpp"

namespace gv::bus {
namespace {

constexpr std::size_t most_calls = 32;

}  // namespace

Deferred::Deferred(std::function<void()> sent) : sent_(std::move(sent)) {}

std::uint64_t Deferred::keep(sdbus::Result<>&& call) {
  if (calls_.size() >= most_calls) {
    throw FailureError(Error::busy, std::to_string(most_calls) +
                                        " calls wait for their answers already; try again when "
                                        "these have come");
  }
  calls_.try_emplace(++last_, std::move(call));
  return last_;
}

session::Done Deferred::done(std::uint64_t number) {
  return [this, number, alive = std::weak_ptr<int>(alive_)](const Failure& failure) {
    if (alive.expired()) return;
    if (!failure) return answer(number, nullptr);
    const sdbus::Error error = to_dbus(failure);
    answer(number, &error);
  };
}

void Deferred::answer(std::uint64_t number, const sdbus::Error* error) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return;
  const sdbus::Result<> call = std::move(found->second);
  calls_.erase(found);
  gv::guarded("an answer on the bus", [&] {
    if (error != nullptr) {
      call.returnError(*error);
    } else {
      call.returnResults();
    }
  });
  gv::guarded("waking the bus", sent_);
}

}  // namespace gv::bus
