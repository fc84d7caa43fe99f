#include "daemon/tools/bridge/event_stream.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace gv::bridge {
namespace {

constexpr std::size_t longest_id = 1024;
constexpr int longest_retry = 600'000;  // milliseconds

}  // namespace

bool EventStream::feed(std::string_view bytes,
                       const std::function<void(const std::string&)>& message) {
  while (!bytes.empty()) {
    if (std::exchange(after_return_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const auto end = bytes.find_first_of("\r\n");
    const auto piece = bytes.substr(0, end);
    if (begun_.size() + piece.size() + data_.size() > largest_) return false;
    begun_ += piece;
    if (end == bytes.npos) break;
    after_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    line(std::exchange(begun_, {}), message);
  }
  return true;
}

void EventStream::line(std::string_view line,
                       const std::function<void(const std::string&)>& message) {
  if (std::exchange(first_, false) && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
  if (line.empty()) {
    const auto data = std::exchange(data_, {});
    const bool whole = std::exchange(has_data_, false) && std::exchange(is_message_, true);
    is_message_ = true;
    if (whole && !data.empty()) message(data);
    return;
  }
  const auto colon = line.find(':');
  if (colon == 0) return;  // a comment
  auto value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  field(line.substr(0, colon), value);
}

void EventStream::field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (std::exchange(has_data_, true)) data_ += '\n';
    data_ += value;
  } else if (name == "event") {
    is_message_ = value.empty() || value == "message";
  } else if (name == "id") {
    // It goes back as a header.
    const bool sound = value.size() <= longest_id && value.find('\0') == value.npos;
    if (sound) last_id_ = value;
  } else if (name == "retry") {
    int time = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), time);
    if (error == std::errc() && end == value.data() + value.size() && time >= 0) {
      retry_ = std::chrono::milliseconds(std::min(time, longest_retry));
    }
  }
}

}  // namespace gv::bridge
