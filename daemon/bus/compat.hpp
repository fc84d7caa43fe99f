// The differences between sdbus-c++ 1.2 (Debian 12) and 2.x (Debian 13), all of them here.
// Generated glue hides the rest; the library's own event loop is not used, and of the fluent API
// only the one call in callers.cpp.
#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sdbus-c++/sdbus-c++.h>

#include "daemon/bus/source.hpp"

namespace gv::bus {

#if __has_include(<sdbus-c++/VTableItems.h>)  // new in 2.0; neither has a version macro
using PropertyName = sdbus::PropertyName;
using ReplyError = std::optional<sdbus::Error>;  // of an asynchronous call; true: it failed
#else
using PropertyName = std::string;
using ReplyError = const sdbus::Error*;
#endif

// Where the library wants a bus, interface, property or error name: 1.x takes strings, 2.x takes
// explicit types of its own.
struct Name {
  std::string text;
  template <class T>
  requires std::constructible_from<T, const std::string&>
  operator T() const {  // NOLINT(google-explicit-constructor): converting is what it is for
    return T(text);
  }
};

inline sdbus::Error make_error(const std::string& name, const std::string& message) {
  return sdbus::Error(Name{name}, message);
}

// The unique name of who sent the message that `object` is handling.
template <class Object>
std::string sender_of(const Object& object) {
  const auto message = object.getCurrentlyProcessedMessage();
  if constexpr (requires { message->getSender(); }) {
    return std::string(message->getSender());
  } else {
    return std::string(message.getSender());
  }
}

// Handles one pending message; false: there was none. Throws sdbus::Error where the bus is gone.
template <class Connection>
bool process_one(Connection& connection) {
  if constexpr (requires { connection.processPendingEvent(); }) {
    return connection.processPendingEvent();
  } else {
    return connection.processPendingRequest();
  }
}

template <class Connection>
PollNeeds poll_needs(const Connection& connection) {
  const auto data = connection.getEventLoopPollData();
  PollNeeds needs{{{data.fd, data.events, 0}}, data.getPollTimeout()};
  if constexpr (requires { data.eventFd; }) needs.fds.push_back({data.eventFd, POLLIN, 0});
  return needs;
}

inline Source source_of(sdbus::IConnection& connection) {
  return {[&connection] { return process_one(connection); },
          [&connection] { return poll_needs(connection); }};
}

}  // namespace gv::bus
