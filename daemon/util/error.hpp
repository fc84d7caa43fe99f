// The errors of the public contract, as values. Pure: no I/O, any thread.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace gv {

// One per error name on the bus (org.geminivoice.Voice1.Error.*).
enum class Error {
  none,
  no_api_key,
  auth_failed,
  quota_exceeded,
  model_unavailable,
  network_unavailable,
  protocol_error,
  device_unavailable,
  invalid_argument,
  config_invalid,
  not_running,
  busy,
  budget_exceeded,
  tool_denied,
};

// The name after the last dot, e.g. "NoApiKey"; empty for Error::none.
std::string_view contract_name(Error error);

// What happened, why, and what to do next, in one sentence or two. The message never holds the API
// key, a resumption handle or words of a conversation.
struct Failure {
  Error error = Error::none;
  std::string message;

  explicit operator bool() const { return error != Error::none; }
  bool operator==(const Failure&) const = default;
};

// Thrown where a caller is waiting and a person must be told; bus handlers turn it into a D-Bus
// error.
class FailureError : public std::runtime_error {
 public:
  explicit FailureError(Failure failure)
      : std::runtime_error(failure.message), failure_(std::move(failure)) {}
  FailureError(Error error, std::string message)
      : FailureError(Failure{error, std::move(message)}) {}
  const Failure& failure() const { return failure_; }

 private:
  Failure failure_;
};

}  // namespace gv
