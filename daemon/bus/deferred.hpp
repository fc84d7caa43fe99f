// Calls that are answered later. They live here, on the side of the bus, and not in the callbacks
// that bring the answers: those may outlive the connection, which must not happen to a call. Main
// thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string_view>

#include "daemon/bus/compat.hpp"
#include "daemon/bus/errors.hpp"
#include "daemon/session/control.hpp"

namespace gv::bus {

class Deferred {
 public:
  // sent: an answer is on its way, perhaps from outside the bus's handlers.
  explicit Deferred(std::function<void()> sent);

  // Takes over a call; its number here. Throws FailureError (busy), with the call still the
  // caller's, where too many wait.
  std::uint64_t keep(sdbus::Result<>&& call);
  // Answers it, once, however often and late it is called, also after the end of this.
  session::Done done(std::uint64_t number);
  // Runs a step towards the answer: what it throws is the answer.
  template <class Function>
  void attempt(std::uint64_t number, std::string_view where, Function&& step) {
    try {
      guarded(where, step);
    } catch (const sdbus::Error& e) {
      answer(number, &e);
    }
  }

 private:
  void answer(std::uint64_t number, const sdbus::Error* error);

  std::function<void()> sent_;
  std::map<std::uint64_t, sdbus::Result<>> calls_;
  std::uint64_t last_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace gv::bus
