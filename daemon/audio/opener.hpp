// Opens PCMs on a short-lived thread: with a sound server that hangs it can take up to half a
// minute, and the other direction must not wait for that. One thread at a time; all functions are
// called by the audio thread. A thread that does not come to an end is left behind: it holds
// nothing but the state that it shares, and closes what it opens after all.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/audio/alsa_open.hpp"
#include "daemon/audio/alsa_pcm.hpp"
#include "daemon/audio/events.hpp"

namespace gv::audio {

class Opener {
 public:
  // The bell is rung when there is a result, and when ready() may have become true.
  explicit Opener(std::shared_ptr<Bell> bell) : bell_(std::move(bell)) {}

  bool busy() const;
  bool wanted() const;  // what it is busy with
  // Which device it is busy with, and since when.
  std::size_t index() const;
  std::int64_t since_ns() const;
  // Not busy, and few enough threads were left behind.
  bool ready() const;
  // Only while ready. `old` is closed before anything is opened; a task without devices does just
  // that, and gives no result. Where it throws for want of memory it has not begun.
  void begin(OpenTask task, std::optional<AlsaPcm> old = std::nullopt);
  std::optional<OpenResult> take();
  // The result is not wanted any more: what is open, or will be, is closed.
  void abandon();
  // Abandons, and is not busy from now on.
  void leave();
  // At the end: gives a thread that is about to finish the time to.
  void wait(std::chrono::milliseconds limit);

 private:
  struct Job;
  static void run(Job& job, const OpenTask& task);

  std::shared_ptr<Bell> bell_;
  std::shared_ptr<Job> job_;  // the last one
  std::vector<std::weak_ptr<Job>> left_;
};

}  // namespace gv::audio
