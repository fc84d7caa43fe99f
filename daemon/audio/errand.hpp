// Sends a PCM away to a short-lived thread for calls that wait for the sound server: with one that
// is frozen they take up to 30 s (libpulse's own limit), and the audio thread has another direction
// and commands to look after. One errand at a time; all functions are called by the audio thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "daemon/audio/alsa_pcm.hpp"
#include "daemon/audio/events.hpp"
#include "daemon/audio/recovery.hpp"

namespace gv::audio {

// Closes it; where that may wait for a sound server, on a thread that is left to itself. Where no
// thread can be made it is closed here and now, and waited for: so with Errand::begin().
void release(AlsaPcm pcm);

class Errand {
 public:
  // What the work has to tell.
  struct Report {
    Recovery recovery = Recovery::done;
    long result = 0;        // of the last call: frames or negative errno
    std::int64_t when = 0;  // when it had silenced the device, or written to it
  };
  // wanted: false once the PCM is to be closed after the work.
  using Work = std::function<Report(AlsaPcm&, const std::atomic<bool>& wanted)>;
  struct Outcome {
    AlsaPcm pcm;
    Report report;
  };

  // The bell is rung when the PCM is back.
  explicit Errand(std::shared_ptr<Bell> bell) : bell_(std::move(bell)) {}
  ~Errand() { abandon(); }
  Errand(const Errand&) = delete;
  Errand& operator=(const Errand&) = delete;

  bool away() const { return shared_ != nullptr; }
  // `work` runs on the other thread and owns what it needs.
  void begin(AlsaPcm pcm, Work work);
  // The PCM, once it is back.
  std::optional<Outcome> take();
  // It is not wanted back: closed when the work is done.
  void abandon();

 private:
  struct Shared;

  std::shared_ptr<Bell> bell_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace gv::audio
