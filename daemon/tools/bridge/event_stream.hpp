// Server-sent events, as streamable HTTP sends its messages (WHATWG HTML section 9.2.6). Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gv::bridge {

class EventStream {
 public:
  explicit EventStream(std::size_t largest) : largest_(largest) {}

  // Calls `message` with the data of each event that is complete now. False: an event is larger
  // than that; nothing more can be read.
  bool feed(std::string_view bytes, const std::function<void(const std::string&)>& message);

  // Where a stream goes on, and when it may be asked to; empty: nothing was said.
  const std::string& last_id() const { return last_id_; }
  std::optional<std::chrono::milliseconds> retry() const { return retry_; }

 private:
  void line(std::string_view line, const std::function<void(const std::string&)>& message);
  void field(std::string_view name, std::string_view value);

  std::size_t largest_;
  std::string begun_;  // a line without end
  bool after_return_ = false;
  bool first_ = true;
  std::string data_;
  bool has_data_ = false;
  bool is_message_ = true;
  std::string last_id_;
  std::optional<std::chrono::milliseconds> retry_;
};

}  // namespace gv::bridge
