#include "daemon/session/tool_calls.hpp"

#include <algorithm>

#include "daemon/util/text.hpp"

namespace gv::session {
namespace {

const std::string own_prefix = "call-";
constexpr std::size_t longest_name = 128;
// Of the service's ids, in one session; later ones are shown by ours.
constexpr std::size_t most_shown = 4096;

// It is typed on a command line: what the service gives may be anything.
bool can_be_typed(std::string_view id) {
  constexpr std::string_view allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  return !id.empty() && id.size() <= 64 && id.front() != '-' &&
         id.find_first_not_of(allowed) == id.npos;
}

}  // namespace

ToolCall* ToolCalls::add(std::string_view id, std::string_view name) {
  if (open_.size() >= max_open) return nullptr;
  ToolCall call;
  call.number = ++last_number_;
  call.id = id;
  call.name = name;
  call.shown_name = printable(name, longest_name);
  // Whoever answers "fc-1" means the one that was shown, not a later one of that id.
  const bool fresh = can_be_typed(id) && !id.starts_with(own_prefix) &&
                     shown_.size() < most_shown && shown_.emplace(id).second;
  call.shown = fresh ? call.id : own_prefix + std::to_string(call.number);
  return &open_.emplace_back(std::move(call));
}

ToolCall* ToolCalls::find(std::uint64_t number) {
  const auto found = std::ranges::find(open_, number, &ToolCall::number);
  return found == open_.end() ? nullptr : &*found;
}

const ToolCall* ToolCalls::find(std::string_view shown) const {
  const auto found = std::ranges::find(open_, shown, &ToolCall::shown);
  return found == open_.end() ? nullptr : &*found;
}

ToolCall* ToolCalls::known(std::string_view id) {
  const auto found = std::ranges::find_if(
      open_, [id](const ToolCall& call) { return call.id == id && !call.orphaned; });
  return found == open_.end() ? nullptr : &*found;
}

void ToolCalls::remove(std::uint64_t number) {
  std::erase_if(open_, [number](const ToolCall& call) { return call.number == number; });
}

bool ToolCalls::blocked() const {
  return std::ranges::any_of(open_,
                             [](const ToolCall& call) { return call.blocking && !call.orphaned; });
}

bool ToolCalls::awaited() const {
  return std::ranges::any_of(open_, [](const ToolCall& call) { return !call.orphaned; });
}

std::optional<std::int64_t> ToolCalls::asked_until_ns() const {
  std::optional<std::int64_t> earliest;
  for (const ToolCall& call : open_) {
    if (call.phase != ToolCall::Phase::asking) continue;
    if (!earliest || call.until_ns < *earliest) earliest = call.until_ns;
  }
  return earliest;
}

void ToolCalls::snapshot() {
  for (ToolCall& call : open_)
    call.in_snapshot = !call.orphaned;
}

void ToolCalls::end() {
  open_.clear();
  shown_.clear();
}

void ToolCalls::reconnected(bool resumed) {
  for (ToolCall& call : open_)
    call.orphaned = call.orphaned || !resumed || !call.in_snapshot;
}

}  // namespace gv::session
