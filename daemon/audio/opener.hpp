// Opens and closes PCMs on a short-lived thread of its own: with a sound server that hangs, both
// can take for ever, and the other direction must not wait for that. One thread at most; all
// functions are called by the audio thread. A thread that never ends is left behind at the end: it
// holds nothing but the state that it shares.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "daemon/audio/alsa_open.hpp"
#include "daemon/audio/alsa_pcm.hpp"
#include "daemon/audio/events.hpp"

namespace gv::audio {

class Opener {
 public:
  // The bell is rung when there is a result, and when busy() has become false.
  explicit Opener(std::shared_ptr<Bell> bell);

  bool busy() const;
  // Only while not busy. `old` is closed before anything is opened; a task without devices does
  // just that, and gives no result.
  void begin(OpenTask task, std::optional<AlsaPcm> old = std::nullopt);
  std::optional<OpenResult> take();
  // The result is not wanted any more: what is open, or will be, is closed.
  void abandon();
  // At the end: gives a thread that is about to finish the time to.
  void wait(std::chrono::milliseconds limit);

 private:
  struct Shared;
  static void run(Shared& shared, const OpenTask& task);

  std::shared_ptr<Shared> shared_;
};

}  // namespace gv::audio
