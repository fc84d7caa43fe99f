#include "daemon/audio/device_keeper.hpp"

#include <algorithm>
#include <utility>

#include "daemon/audio/errand.hpp"
#include "daemon/audio/stream_context.hpp"
#include "daemon/util/log.hpp"

namespace gv::audio {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
// A device that opens but fails so soon may do so for ever: the next of the list gets its turn.
// Longer than a speaker may take until it is heard (first_sound_limit_ms).
constexpr std::int64_t brief_ns = 6 * second_ns;
// How long one device may take to open: proving a microphone included, and less than its share
// where another of the list could be taken instead.
constexpr std::int64_t device_limit_ns = 10 * second_ns;
constexpr std::int64_t other_limit_ns = 6 * second_ns;
constexpr std::int64_t unwanted_limit_ns = 2 * second_ns;
// A close that takes longer is told in the log, and answered at last: within the 5 s for which
// logind lets sleep be delayed.
constexpr std::int64_t closing_told_ns = 1 * second_ns;
constexpr std::int64_t closing_limit_ns = 4 * second_ns;

bool held(const std::shared_ptr<OpenCount>& count) {
  return count && !count->none();
}

void forget_closed(std::vector<std::shared_ptr<OpenCount>>& counts) {
  std::erase_if(counts, [](const auto& one) { return !held(one); });
}

}  // namespace

void DeviceKeeper::open(std::int64_t now, std::vector<std::string> devices, unsigned period_ms) {
  devices_ = std::move(devices);
  period_ms_ = period_ms;
  if (phase_ == Phase::closing) {
    reopen_ = true;
    return;
  }
  begin(now);
}

void DeviceKeeper::begin(std::int64_t now) {
  phase_ = Phase::opening;
  first_ = 0;
  reasons_.clear();
  backoff_ = {};
  retake_ = {};
  opened_ns_ = now;
  next_ns_ = now;
}

void DeviceKeeper::shut() {
  phase_ = Phase::closed;
  opener_.abandon();
}

void DeviceKeeper::close(std::int64_t now) {
  ++closes_;
  reopen_ = false;
  if (phase_ == Phase::closing) return;
  opener_.abandon();
  set_aside(trying_);
  phase_ = Phase::closing;
  closing_ns_ = now;
  closing_told_ = false;
}

void DeviceKeeper::lost(std::int64_t now, std::optional<AlsaPcm> old) {
  phase_ = Phase::lost;
  if (index_ == 0 && successor_) retake_.lost(now - opened_ns_);
  const bool failing = successor_ && now - opened_ns_ < brief_ns;
  first_ = failing && index_ + 1 < devices_.size() ? index_ + 1 : 0;
  reasons_.clear();
  const std::int64_t wait = backoff_.lost(now, opened_ns_);
  next_ns_ = first_ > 0 ? now : now + wait;
  set_aside(count_);
  // Cards are exclusive: closed before the next is opened, by the same thread. A server that hangs
  // must not keep the others away.
  if (old && old->server()) {
    release(std::move(*old));
    old.reset();
  }
  // While it looks for the first choice, that one may be the successor.
  if (!old || !opener_.ready()) return;
  OpenTask next = task();
  const bool at_once = next_ns_ <= now;
  if (!at_once) next.devices.clear();
  opener_.begin(std::move(next), std::move(old));
  if (at_once) next_ns_ = never;
}

OpenTask DeviceKeeper::task() {
  set_aside(trying_);
  trying_ = std::make_shared<OpenCount>(bell_);
  OpenTask task{.direction = direction_,
                .devices = devices_,
                .first = first_,
                .period_ms = period_ms_,
                .prove = direction_ == Direction::capture && phase_ != Phase::opening,
                .reasons = reasons_,
                .count = trying_};
  looked_ = phase_ == Phase::open;
  if (looked_) task.devices.resize(1);
  return task;
}

std::string DeviceKeeper::name() const {
  return direction_ == Direction::capture ? "microphone" : "speaker";
}

DeviceKeeper::News DeviceKeeper::tend(std::int64_t now) {
  News news;
  if (std::optional<OpenResult> result = opener_.take()) news = digest(now, std::move(*result));
  follow_closing(now, news);
  if (opener_.busy() && now >= patience_end()) give_up_device(now, news);
  if (phase_ == Phase::opening && now >= opening_end()) {
    shut();
    news.failure = {Error::device_unavailable,
                    "cannot open the " + name() +
                        ": the sound server does not answer. Try: restart the sound server"};
  }
  const bool wants = phase_ != Phase::closed && phase_ != Phase::closing;
  if (wants && now >= next_ns_ && may_begin()) {
    opener_.begin(task());
    next_ns_ = never;  // not before: without memory it is tried again
  }
  return news;
}

// It may be closed later than what replaces it.
void DeviceKeeper::set_aside(std::shared_ptr<OpenCount>& count) {
  if (held(count)) strays_.push_back(count);
  count.reset();
}

// A close() is answered when the device has been let go of, wherever it was. One that was replaced
// long ago and hangs delays one close(), and never what is to be opened next.
void DeviceKeeper::follow_closing(std::int64_t now, News& news) {
  forget_closed(strays_);
  forget_closed(hanging_);
  if (overdue_ && hanging_.empty()) {
    overdue_ = false;
    log::info("audio", "the sound server answers: the " + name() + " is released");
  }
  if (phase_ != Phase::closing) return;
  const bool released = !held(count_) && (reopen_ || strays_.empty());
  if (!released && now < closing_ns_ + closing_limit_ns) {
    if (now >= closing_ns_ + closing_told_ns && !std::exchange(closing_told_, true)) {
      log::warning("audio", "the sound server does not answer: the " + name() +
                                " is not released yet. Try: restart the sound server");
    }
    return;
  }
  if (!released) {
    overdue_ = true;
    log::warning("audio", "the sound server has not answered for 4 s: the " + name() +
                              " counts as closed, but is the server's to release. Try: restart "
                              "the sound server");
  }
  set_aside(count_);
  hanging_.insert(hanging_.end(), strays_.begin(), strays_.end());
  strays_.clear();
  phase_ = Phase::closed;
  news.closed = std::exchange(closes_, 0);
  if (std::exchange(reopen_, false)) begin(now);
}

// The opener hangs at a device: left to itself, and the next one is tried.
void DeviceKeeper::give_up_device(std::int64_t now, News& news) {
  const bool wanted = opener_.wanted();
  const std::size_t next = opener_.index() + 1;
  opener_.leave();
  set_aside(trying_);
  if (!wanted) return;  // what is wanted is tried now
  switch (phase_) {
    case Phase::opening:
    case Phase::lost:
      if (next < devices_.size()) {
        first_ = std::max(first_, next);
        reasons_ += (reasons_.empty() ? "" : "; ") + devices_[next - 1] +
                    ": the sound server does not answer";
        next_ns_ = now;
      } else if (phase_ == Phase::lost) {
        first_ = 0;
        reasons_.clear();
        next_ns_ = now + backoff_.wait(now);
      } else {
        shut();
        news.failure = {Error::device_unavailable,
                        "cannot open the " + name() +
                            ": the sound server does not answer. Try: restart the sound server"};
      }
      return;
    case Phase::open:
      next_ns_ = now + retake_.wait();
      return;
    case Phase::closed:
    case Phase::closing:
      return;
  }
}

DeviceKeeper::News DeviceKeeper::digest(std::int64_t now, OpenResult result) {
  if (result.pcm) {
    successor_ = phase_ != Phase::opening;
    phase_ = Phase::open;
    index_ = result.index;
    first_ = 0;
    set_aside(count_);
    count_ = std::move(trying_);
    opened_ns_ = now;
    next_ns_ = index_ == 0 ? never : now + retake_.wait();
    return {.pcm = std::move(result.pcm), .failure = std::nullopt, .closed = 0};
  }
  switch (phase_) {
    case Phase::opening:
      phase_ = Phase::closed;
      return {.pcm = std::nullopt, .failure = std::move(result.failure), .closed = 0};
    case Phase::open:
      next_ns_ = now + retake_.wait();
      break;
    case Phase::lost:
      // A look for the first choice that was under way has not tried what is next.
      if (looked_ && first_ > 0) {
        next_ns_ = now;
        break;
      }
      // Those before `first_` have not been tried yet.
      next_ns_ = std::exchange(first_, 0) > 0 ? now : now + backoff_.wait(now);
      reasons_.clear();
      break;
    case Phase::closed:
    case Phase::closing:
      break;
  }
  return {};
}

// Every device that hangs at its closing has a thread.
bool DeviceKeeper::may_begin() const {
  constexpr std::size_t most_hanging = 6;  // libpulse's time limits end them
  return opener_.ready() && strays_.size() + hanging_.size() < most_hanging;
}

std::int64_t DeviceKeeper::patience_end() const {
  if (phase_ == Phase::closed || phase_ == Phase::closing) return never;
  if (!opener_.wanted()) return std::max(opener_.since_ns(), opened_ns_) + unwanted_limit_ns;
  const bool other =
      devices_.size() > 1 && (phase_ == Phase::lost || opener_.index() + 1 < devices_.size());
  return opener_.since_ns() + (other && phase_ != Phase::open ? other_limit_ns : device_limit_ns);
}

std::int64_t DeviceKeeper::opening_end() const {
  const auto others = static_cast<std::int64_t>(std::max<std::size_t>(devices_.size(), 1) - 1);
  return opened_ns_ + unwanted_limit_ns + device_limit_ns + others * other_limit_ns;
}

std::int64_t DeviceKeeper::deadline() const {
  if (phase_ == Phase::closed) return never;
  if (phase_ == Phase::closing) {
    return closing_ns_ + (closing_told_ ? closing_limit_ns : closing_told_ns);
  }
  // What is due while nothing may begin waits for the bell.
  std::int64_t next = may_begin() ? next_ns_ : never;
  if (opener_.busy()) next = patience_end();
  return phase_ == Phase::opening ? std::min(next, opening_end()) : next;
}

void DeviceKeeper::finish() {
  constexpr std::chrono::milliseconds limit{200};
  opener_.wait(limit);
  set_aside(count_);
  for (const std::shared_ptr<OpenCount>& one : strays_)
    one->wait_for_none(limit);
}

}  // namespace gv::audio
