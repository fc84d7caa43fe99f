// What of the microphone goes out, and when: the stretches of sound that the machine asks for, in
// order, each in the brackets of an activity where the user talks by key (live-api.md section
// 2.1.4), late sound paced, live sound behind it. Pure; main thread; owned by the driver, which
// sends what next() gives. Times are CLOCK_MONOTONIC, ns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <span>

#include "daemon/session/pace.hpp"
#include "daemon/session/uplink.hpp"

namespace gv::session {

class MicrophoneFeed {
 public:
  enum class Kind {
    audio,
    activity_start,
    activity_end,
    empty_activity,  // it ended before the microphone gave a sound: nothing of it is sent
    dropped_audio,   // the network does not take what is said: the newest is not sent
  };
  struct Piece {
    Kind kind = Kind::audio;
    std::span<const std::int16_t> samples;  // of audio; valid until the next call
    bool newest = false;                    // nothing later has been captured
  };

  // How much sound waits for a connection: a sentence, where the service finds out by itself when
  // it ends; a long press, where its end is marked.
  static constexpr std::size_t kept_frames = std::size_t{10} * 16000;
  static constexpr std::size_t kept_frames_by_key = std::size_t{30} * 16000;
  void keep_at_most(std::size_t frames) { uplink_.limit(frames); }

  // From the device.
  void heard(std::span<const std::int16_t> samples, std::int64_t captured_ns) {
    uplink_.keep(samples, captured_ns);
  }
  // The microphone is closed: what it heard is not for the service any more.
  void forget() { uplink_.clear(); }

  // The service gets what was captured after that moment, until cut() or disconnected(); as an
  // activity, until end().
  void send(std::int64_t since_ns, bool activity);
  // The last activity ends there.
  void end(std::int64_t until_ns);
  // Nothing more of what was asked for. True: an activity is open at the service.
  bool cut();
  // There is no service any more; the next one knows nothing.
  void disconnected();

  // What is to be sent now; unsent_bytes: what the transport holds. Call it until it gives nothing.
  std::optional<Piece> next(std::int64_t now_ns, std::size_t unsent_bytes);
  // When next() is to be called without a new sound; 0: only then.
  std::int64_t due_ns() const { return due_ns_; }

 private:
  struct Stretch {
    std::int64_t since_ns = 0;
    std::int64_t until_ns = std::numeric_limits<std::int64_t>::max();
    bool activity = false;
    bool begun = false;  // the service knows of it
  };
  std::optional<Piece> next_audio(const Uplink::Chunk& chunk, std::int64_t now_ns,
                                  std::size_t unsent_bytes);
  std::optional<Piece> silence(const Stretch& stretch, std::int64_t now_ns);
  bool over(const Stretch& stretch, const Uplink::Chunk* chunk, std::int64_t now_ns) const;

  Uplink uplink_;
  Pace pace_;
  std::deque<Stretch> stretches_;
  std::uint64_t sent_ = 0;          // the number of the newest chunk that is done with
  std::int64_t last_audio_ns_ = 0;  // when next() gave some
  std::int64_t due_ns_ = 0;
};

}  // namespace gv::session
