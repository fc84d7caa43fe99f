#include "daemon/audio/events.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/util/clock.hpp"
#include "daemon/util/guarded.hpp"

namespace gv::audio {
namespace {

struct Deliver {
  EngineObserver& observer;
  SpscRing<CaptureChunk, 64>& chunks;

  void operator()(const ChunkEvent&) const {
    const CaptureChunk* chunk = chunks.front();
    if (chunk == nullptr) return;
    // Taken out whatever the observer does: else every later event would bring the chunk before its
    // own.
    guarded("captured audio", [this, chunk] { observer.captured(*chunk); });
    chunks.pop_front();
  }
  void operator()(const OpenedEvent& event) const {
    if (event.direction == Direction::capture) {
      observer.capture_opened(event.info);
    } else {
      observer.playback_opened(event.info);
    }
  }
  void operator()(const ClosedEvent& event) const {
    if (event.direction == Direction::capture) {
      observer.capture_closed();
    } else {
      observer.playback_closed();
    }
  }
  void operator()(const FailedEvent& event) const {
    if (event.direction == Direction::capture) {
      observer.capture_failed(event.failure);
    } else {
      observer.playback_failed(event.failure);
    }
  }
  void operator()(const LostEvent& event) const {
    if (event.direction == Direction::capture) {
      observer.capture_lost(event.failure);
    } else {
      observer.playback_lost(event.failure);
    }
  }
  void operator()(const PlayStartedEvent& event) const {
    observer.play_started(event.turn, event.received_ns, event.accepted_ns, event.heard_ns);
  }
  void operator()(const Played& event) const { observer.played(event); }
  void operator()(const BargeInEvent& event) const { observer.barge_in(event); }
  void operator()(const RoomEvent&) const { observer.playout_room(); }
  void operator()(const HeadphonesEvent& event) const {
    observer.headphones_changed(event.plugged);
  }
};

}  // namespace

Bell::Bell() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Bell::~Bell() {
  close(fd_);
}

void Bell::ring() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(fd_, &one, sizeof one);
}

void Bell::silence() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = read(fd_, &count, sizeof count);
}

void EventQueue::post(Event event) {
  // A full queue leaves the event as it was.
  if (!backlog_.empty() || !events_.push(std::move(event))) {
    backlog_.push_back(std::move(event));  // NOLINT(bugprone-use-after-move)
  }
  ring();
}

bool EventQueue::post_chunk(const CaptureChunk& chunk) {
  if (!chunks_.push(chunk)) return false;
  post(ChunkEvent{});
  return true;
}

void EventQueue::retry() {
  while (!backlog_.empty() && events_.push(std::move(backlog_.front()))) {
    backlog_.pop_front();
    ring();
  }
}

void EventQueue::ring() {
  std::int64_t not_rung = 0;
  rung_ns_.compare_exchange_strong(not_rung, now_ns());
  bell_.ring();
}

std::int64_t EventQueue::dispatch(EngineObserver& observer) {
  bell_.silence();
  const std::int64_t rung_ns = rung_ns_.exchange(0);
  const std::int64_t waited_ns = rung_ns == 0 ? 0 : now_ns() - rung_ns;
  const Deliver deliver{observer, chunks_};
  Event event;
  // One that the observer fails at takes none of the others with it.
  while (events_.pop(event))
    guarded("an audio event", [&deliver, &event] { std::visit(deliver, event); });
  return waited_ns;
}

}  // namespace gv::audio
