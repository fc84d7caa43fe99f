#include "daemon/audio/device_keeper.hpp"

#include <algorithm>
#include <utility>

#include "daemon/audio/stream_context.hpp"
#include "daemon/util/log.hpp"

namespace gv::audio {
namespace {

// How often to look whether the first choice is back.
constexpr std::int64_t look_ns = 5'000'000'000;
// A device that opens but fails so soon may do so for ever: the next of the list gets its turn.
constexpr std::int64_t brief_ns = 4'000'000'000;
constexpr std::int64_t opening_limit_ns = 10'000'000'000;

}  // namespace

void DeviceKeeper::open(std::int64_t now, std::vector<std::string> devices, unsigned period_ms) {
  phase_ = Phase::opening;
  devices_ = std::move(devices);
  period_ms_ = period_ms;
  first_ = 0;
  backoff_ = {};
  opened_ns_ = now;
  next_ns_ = now;
}

void DeviceKeeper::close() {
  phase_ = Phase::closed;
  opener_.abandon();
}

void DeviceKeeper::lost(std::int64_t now, AlsaPcm old) {
  phase_ = Phase::lost;
  const bool failing = successor_ && now - opened_ns_ < brief_ns;
  first_ = failing && index_ + 1 < devices_.size() ? index_ + 1 : 0;
  next_ns_ = now + backoff_.lost(now, opened_ns_);
  // While it looks for the first choice, that one may be the successor; `old` is closed here.
  if (opener_.busy()) return;
  OpenTask next = task();
  if (next_ns_ > now) {
    next.devices.clear();
  } else {
    next_ns_ = never;
  }
  opener_.begin(std::move(next), std::move(old));
}

OpenTask DeviceKeeper::task() const {
  OpenTask task{.direction = direction_,
                .devices = devices_,
                .first = first_,
                .period_ms = period_ms_,
                .prove = direction_ == Direction::capture && phase_ != Phase::opening};
  if (phase_ == Phase::open) task.devices.resize(1);
  return task;
}

DeviceKeeper::News DeviceKeeper::tend(std::int64_t now) {
  News news;
  if (std::optional<OpenResult> result = opener_.take()) news = digest(now, std::move(*result));
  if (phase_ == Phase::opening && now >= opened_ns_ + opening_limit_ns) {
    close();
    news.failure = {Error::device_unavailable,
                    std::string("cannot open the ") +
                        (direction_ == Direction::capture ? "microphone" : "speaker") +
                        ": the sound server does not answer. Try: restart the sound server"};
  }
  if (phase_ != Phase::closed && now >= next_ns_ && !opener_.busy()) {
    next_ns_ = never;
    opener_.begin(task());
  }
  return news;
}

DeviceKeeper::News DeviceKeeper::digest(std::int64_t now, OpenResult result) {
  if (result.pcm) {
    successor_ = phase_ != Phase::opening;
    phase_ = Phase::open;
    index_ = result.index;
    first_ = 0;
    opened_ns_ = now;
    next_ns_ = index_ == 0 ? never : now + look_ns;
    return {.pcm = std::move(result.pcm), .failure = std::nullopt};
  }
  switch (phase_) {
    case Phase::opening:
      phase_ = Phase::closed;
      return {.pcm = std::nullopt, .failure = std::move(result.failure)};
    case Phase::open:
      next_ns_ = now + look_ns;
      break;
    case Phase::lost:
      // Those before `first_` have not been tried yet.
      next_ns_ = std::exchange(first_, 0) > 0 ? now : now + backoff_.wait(now);
      break;
    case Phase::closed:
      break;
  }
  return {};
}

std::int64_t DeviceKeeper::deadline() const {
  if (phase_ == Phase::closed) return never;
  const std::int64_t next = opener_.busy() ? never : next_ns_;
  return phase_ == Phase::opening ? std::min(next, opened_ns_ + opening_limit_ns) : next;
}

}  // namespace gv::audio
