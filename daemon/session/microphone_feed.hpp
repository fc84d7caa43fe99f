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
    sent,            // of what was not an activity: up to its end
    empty_activity,  // there was no sound of it, or is none any more: nothing of it is sent
    dropped_audio,   // the network does not take what is said, or too slowly: it is not sent
  };
  struct Piece {
    Kind kind = Kind::audio;
    std::span<const std::int16_t> samples;  // of audio; valid until the next call
    bool newest = false;                    // nothing later has been captured
  };

  // How much sound waits for a connection: a sentence, where the service finds out by itself when
  // it ends; long presses, where their ends are marked.
  static constexpr std::size_t kept_frames = std::size_t{10} * 16000;
  static constexpr std::size_t kept_frames_by_key = std::size_t{30} * 16000;
  // A session begins.
  void begin(bool by_key);
  // By key, with the key down all sound is kept until it can be sent; from a moment at which it
  // went up on, no more than what may turn out to be before the next press.
  void key(bool down, std::int64_t at_ns);

  // From the device. How many frames that were to be sent had to go for it: the network has taken
  // nothing for so long.
  std::size_t heard(std::span<const std::int16_t> samples, std::int64_t captured_ns);
  // The microphone is closed: what it heard is not for the service any more.
  void forget();

  // The service gets what was captured after that moment and before that one, behind what was asked
  // for before, until cut() or disconnected(); activity: between the marks of one.
  void send(std::int64_t since_ns, std::int64_t until_ns, bool activity);
  // The last of these ends there.
  void end(std::int64_t until_ns);
  static constexpr std::int64_t no_end = std::numeric_limits<std::int64_t>::max();
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
    std::int64_t until_ns = no_end;
    bool activity = false;
    std::int64_t said_before_ns = 0;  // it was asked for
    bool begun = false;               // the service knows of it

    bool holds(const Uplink::Chunk& chunk) const {
      return chunk.captured_ns > since_ns && chunk.begin_ns() < until_ns;
    }
  };
  std::optional<Piece> next_audio(const Uplink::Chunk& chunk, std::int64_t now_ns,
                                  std::size_t unsent_bytes);
  bool too_late(const Uplink::Chunk& chunk, std::size_t unsent_bytes);
  std::optional<Piece> silence(const Stretch& stretch, std::int64_t now_ns);
  bool over(const Stretch& stretch, const Uplink::Chunk* chunk, std::int64_t now_ns) const;

  Uplink uplink_;
  Pace pace_;
  std::deque<Stretch> stretches_;
  bool by_key_ = false;
  bool key_down_ = false;
  std::int64_t key_moved_ns_ = 0;
  std::uint64_t sent_ = 0;          // the number of the newest chunk that is done with
  std::int64_t missed_ns_ = 0;      // the last connection did not get what came after; 0: it did
  std::int64_t skip_until_ns_ = 0;  // what is older is too late
  std::int64_t last_audio_ns_ = 0;  // when next() gave some
  std::int64_t due_ns_ = 0;
};

}  // namespace gv::session
