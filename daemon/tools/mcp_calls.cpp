#include "daemon/tools/mcp_calls.hpp"

#include <algorithm>
#include <system_error>

#include "daemon/util/guarded.hpp"

namespace gv::tools::mcp {
namespace {

constexpr int longest_times = 10;

}  // namespace

void Calls::add(std::int64_t request, std::uint64_t call, std::chrono::milliseconds limit) {
  const auto open = std::make_shared<Open>(io_);
  open->call = call;
  open->limit = limit;
  open->last = std::chrono::steady_clock::now() + longest_times * limit;
  open_.emplace(request, open);
  wait(request, open);
}

void Calls::wait(std::int64_t request, const std::shared_ptr<Open>& open) {
  open->timer.expires_at(std::min(open->last, std::chrono::steady_clock::now() + open->limit));
  open->timer.async_wait(
      [this, request, weak = std::weak_ptr<Open>(open)](const std::error_code& error) {
        // One that was queued before there was progress has an end that is not reached any more.
        const auto late = weak.lock();
        if (error || !late || late->timer.expiry() > std::chrono::steady_clock::now()) return;
        guarded("a time limit", [this, request] { late_(request); });
      });
}

void Calls::progress(std::int64_t request) {
  const auto found = open_.find(request);
  if (found != open_.end()) wait(request, found->second);
}

std::optional<std::int64_t> Calls::request_of(std::uint64_t call) const {
  const auto found = std::find_if(open_.begin(), open_.end(),
                                  [call](const auto& open) { return open.second->call == call; });
  if (found == open_.end()) return std::nullopt;
  return found->first;
}

std::optional<std::uint64_t> Calls::take(std::int64_t request) {
  const auto found = open_.find(request);
  if (found == open_.end()) return std::nullopt;
  const auto call = found->second->call;
  open_.erase(found);
  return call;
}

std::vector<std::uint64_t> Calls::take_all() {
  std::vector<std::uint64_t> calls;
  for (const auto& [request, open] : open_)
    calls.push_back(open->call);
  open_.clear();
  return calls;
}

}  // namespace gv::tools::mcp
