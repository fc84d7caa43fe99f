// The port between the main loop and the audio thread. The main thread calls everything here; the
// audio thread, which owns both PCMs from open to close, is behind it. Nothing else is shared.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/audio/earcon.hpp"
#include "daemon/audio/playout_queue.hpp"
#include "daemon/echo/canceller.hpp"
#include "daemon/util/clock.hpp"
#include "daemon/util/error.hpp"
#include "daemon/util/level.hpp"

namespace gv::audio {

inline constexpr unsigned capture_rate =
    16000;  // Hz, what the service hears (live-api.md section 4)
inline constexpr unsigned playback_rate = 24000;                 // Hz, what the service says
inline constexpr unsigned max_chunk_frames = capture_rate / 25;  // 40 ms

using gv::now_ns;

enum class Direction { capture, playback };

// What is done about the speaker's sound in the microphone.
enum class EchoHandling {
  off,
  // The microphone is silent while an answer is audible, and half_duplex_tail_ns beyond.
  half_duplex,
  cancel,  // as `off` where it is not built in
};

struct CaptureSpec {
  // ALSA PCM names, tried in order. Where it is not the first that is in use, the engine looks
  // every 5 s whether that one opens, and changes to it; ever more seldom, down to once a minute,
  // where that one was lost within 30 s again and again.
  std::vector<std::string> devices;
  unsigned period_ms = 20;  // of the device
  EchoHandling echo = EchoHandling::off;
  // Only what is said while a key is held is wanted: nothing of that is kept back, neither by
  // half_duplex nor until the canceller knows the room.
  bool by_key = false;
  // Of the canceller. It is there, and can be switched to, unless `echo` is false in it.
  echo::Settings processing = echo::nothing;
  // The reflex: who speaks while an answer is heard makes it softer, and silent, before the service
  // has heard of it; not in half-duplex, which hears nobody meanwhile. False: nothing that is said
  // changes what is heard.
  bool barge_in = false;
};

struct PlaybackSpec {
  std::vector<std::string> devices;
  // A card's is at most 10. With a server, which plays what it has, 10 brings the reflex to the ear
  // 20 ms sooner than 20 does, and wakes all that have to do with it twice as often, with half the
  // reserve: not unless that is asked for (audio.md 1.1).
  unsigned period_ms = 20;
  unsigned prebuffer_ms = 60;  // 0: every answer starts with its first sample
  bool adapt = true;           // more than that after the network was too slow
};

// What a device granted.
struct StreamInfo {
  std::string device;
  unsigned rate = 0;  // Hz
  unsigned channels = 0;
  unsigned period_frames = 0;  // at `rate`
  unsigned buffer_frames = 0;
  bool headphones = false;  // of a speaker, where its card tells
};

// 20 to 40 ms of microphone, 16 kHz mono.
struct CaptureChunk {
  std::array<std::int16_t, max_chunk_frames> samples;
  unsigned frames = 0;
  std::int64_t captured_ns = 0;  // when its last sample crossed the device, by snd_pcm_delay
  std::span<const std::int16_t> view() const { return {samples.data(), frames}; }
};

// The end of an answer at the speaker.
struct Played {
  std::uint64_t turn = 0;
  unsigned heard_ms = 0;  // written minus what the device still held
  bool cut = false;       // by flush() or close_playback(), or for want of a device
  // When flush() or close_playback() had stopped the device; 0 where that is not known: not cut,
  // no device, a server that did not answer, or closed with a server.
  std::int64_t silent_ns = 0;
  std::int64_t end_ns = 0;  // when its last sample left the device; 0: unknown, or it was cut
};

// What the reflex did to the answer that is being heard.
struct BargeInEvent {
  enum class Kind {
    ducked,    // softer: somebody may be speaking
    held,      // silent: somebody is
    restored,  // as before, from where it was held on: it was no speech, or did not interrupt
  };
  Kind kind = Kind::ducked;
  std::int64_t speech_ns = 0;  // when what it reacted to began, at the microphone
  std::int64_t done_ns = 0;    // when the device had been told
};

// Counters of the audio thread since it was created; the caller keeps a copy to take differences.
struct Counters {
  std::uint64_t capture_xruns = 0;
  std::uint64_t playback_xruns = 0;
  std::uint64_t capture_lost = 0;  // devices
  std::uint64_t playback_lost = 0;
  std::uint64_t capture_frames = 0;   // at 16 kHz, delivered or dropped
  std::uint64_t capture_dropped = 0;  // frames lost because the main loop did not take them
  std::uint64_t playback_frames =
      0;                    // at 24 kHz, of answers (not of silence) written to the device
  std::uint64_t ducks = 0;  // answers made softer
  std::uint64_t holds = 0;
  std::uint64_t restores = 0;
  std::uint64_t wakeups = 0;  // of the audio thread
  std::uint64_t faults = 0;   // exceptions in it: no memory
};

// What the meters show now; dBFS as in util/level.hpp.
struct Levels {
  double microphone_dbfs = silence_dbfs;  // cleaned; with what is kept back
  double speaker_dbfs = silence_dbfs;
  std::optional<double> erle_db;      // what the canceller takes away; unknown without an echo
  std::optional<double> coupling_db;  // what of the speaker arrives at the microphone
  unsigned bad_s = 0;                 // seconds of echo in a row that the canceller left there
};

// Called from dispatch(), on the main thread.
class EngineObserver {
 public:
  virtual ~EngineObserver() = default;
  // A device is in use: the first, the one after a loss, or the first of the list, which has come
  // back while another was in use.
  virtual void capture_opened(const StreamInfo& info) = 0;
  // Answers close_capture(): the device is released. A sound server that hangs is waited for, 4 s
  // at most: then this comes with a warning in the log, and the server has it until it answers.
  virtual void capture_closed() = 0;
  // No device of the list could be opened when that was asked for; closed. device_unavailable.
  virtual void capture_failed(const Failure& failure) = 0;
  // The device in use is gone. The engine tries the list, from the first on, until one opens or
  // close_capture() is called. Once per outage; not closed. error: device_unavailable.
  virtual void capture_lost(const Failure& failure) = 0;
  virtual void captured(const CaptureChunk& chunk) = 0;
  virtual void playback_opened(const StreamInfo& info) = 0;
  // Something was plugged into the jack of the card in use, or pulled out of it.
  virtual void headphones_changed(bool headphones) = 0;
  virtual void playback_closed() = 0;  // as capture_closed()
  virtual void playback_failed(const Failure& failure) = 0;
  // As capture_lost(). What is queued waits for the next device, for 5 s; after that it and what
  // comes is dropped, and reported as played(cut), until there is one.
  virtual void playback_lost(const Failure& failure) = 0;
  // The device accepted the first sample of this turn's answer, and plays it at heard_ns, by
  // snd_pcm_delay. accepted_ns minus the block's received_ns is wire_to_device.
  virtual void play_started(std::uint64_t turn, std::int64_t received_ns, std::int64_t accepted_ns,
                            std::int64_t heard_ns) = 0;
  virtual void played(const Played& played) = 0;
  // flush() ends what it tells of: there is no event for that.
  virtual void barge_in(const BargeInEvent& event) = 0;
  // The queue has emptied to the level armed with playout().arm_room().
  virtual void playout_room() = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;

  // Opening and closing are requests: their result comes through the observer. Opening a direction
  // that is not closed is an error of the caller, but it may be asked for while the closing is
  // under way, and waits for that; closing a closed one does nothing. Between the two the engine
  // keeps the direction at a device of its list; each direction for itself.
  virtual void open_capture(const CaptureSpec& spec) = 0;
  virtual void close_capture() = 0;
  virtual void open_playback(const PlaybackSpec& spec) = 0;
  // Answers are cut; an earcon is heard to its end first, for 300 ms at most.
  virtual void close_playback() = 0;

  // Producer side of the answer's samples; after commit() or end_turn() call wake_playback().
  virtual PlayoutQueue& playout() = 0;
  virtual void wake_playback() = 0;

  // Barge-in: what is queued and what the device holds is dropped now. Audio committed before this
  // call is never heard after it. Reports played(cut) for every turn that had audio.
  virtual void flush() = 0;

  // Plays it over whatever is heard; nothing where the speaker is not open.
  virtual void ring(Earcon which) = 0;

  virtual Counters counters() const = 0;
  virtual Levels levels() const = 0;
  // From the next sample on; until then what the CaptureSpec said.
  virtual void set_echo(EchoHandling handling) = 0;
  // The canceller that the last open_capture() asked for is there. False: the library refused.
  virtual bool cancels() const = 0;

  // Readable when dispatch() has something to deliver. The descriptor stays the engine's.
  virtual int event_fd() const = 0;
  // Returns for how long the first of it has waited, in ns; 0 where there was nothing.
  virtual std::int64_t dispatch(EngineObserver& observer) = 0;
};

// The real one: an ALSA audio thread. Throws std::system_error where the thread cannot be made.
std::unique_ptr<Engine> make_alsa_engine();

}  // namespace gv::audio
