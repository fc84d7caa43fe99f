// What the audio thread tells the main thread: bounded lock-free rings and an eventfd.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <variant>

#include "daemon/audio/engine.hpp"
#include "daemon/audio/spsc_ring.hpp"

namespace gv::audio {

// An eventfd that one side rings and the other polls.
class Bell {
 public:
  Bell();  // throws std::system_error
  ~Bell();
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;
  int fd() const { return fd_; }
  void ring();
  void silence();

 private:
  int fd_;
};

struct OpenedEvent {
  Direction direction;
  StreamInfo info;
};
struct ClosedEvent {
  Direction direction;
};
struct FailedEvent {
  Direction direction;
  Failure failure;
};
struct LostEvent {
  Direction direction;
  Failure failure;
};
struct PlayStartedEvent {
  std::uint64_t turn;
  std::int64_t received_ns;
  std::int64_t accepted_ns;
  std::int64_t heard_ns;
};
struct RoomEvent {};
struct HeadphonesEvent {
  bool plugged;
};
struct ChunkEvent {};  // the chunk itself is in the ring of chunks
using Event = std::variant<ChunkEvent, OpenedEvent, ClosedEvent, FailedEvent, LostEvent,
                           PlayStartedEvent, Played, BargeInEvent, RoomEvent, HeadphonesEvent>;

class EventQueue {
 public:
  // Audio thread. Events are never lost: what does not fit waits in a backlog for retry().
  void post(Event event);
  // False: the main loop has not taken the last 64 chunks, this one is dropped.
  bool post_chunk(const CaptureChunk& chunk);
  void retry();
  bool backlogged() const { return !backlog_.empty(); }

  // Main thread.
  int fd() const { return bell_.fd(); }
  std::int64_t dispatch(EngineObserver& observer);

 private:
  void ring();

  SpscRing<CaptureChunk, 64> chunks_;
  SpscRing<Event, 256> events_;
  std::deque<Event> backlog_;  // audio thread only
  Bell bell_;
  std::atomic<std::int64_t> rung_ns_{0};  // when, the first time since dispatch(); 0: not
};

}  // namespace gv::audio
