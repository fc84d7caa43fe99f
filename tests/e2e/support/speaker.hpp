// What comes out of the speaker: recorded from construction on by a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/bed.hpp"
#include "tests/e2e/support/pcm.hpp"

namespace gv::e2e {

class SpeakerRecorder {
 public:
  // Returns when the recording runs. On a loopback card this also settles the card's rate.
  SpeakerRecorder(const Bed& bed, unsigned rate);
  // Of another speaker than the bed's.
  SpeakerRecorder(const std::string& listening_device, unsigned rate);
  ~SpeakerRecorder();
  SpeakerRecorder(const SpeakerRecorder&) = delete;
  SpeakerRecorder& operator=(const SpeakerRecorder&) = delete;

  unsigned rate() const { return rate_; }
  unsigned xruns() const { return xruns_; }  // of the recording: it is worthless if not 0
  std::size_t size() const;
  std::vector<std::int16_t> samples() const;
  std::vector<std::int16_t> samples(std::size_t from, std::size_t to) const;  // as far as recorded
  std::int64_t time_of(std::size_t frame) const;                              // CLOCK_MONOTONIC, ns
  std::int64_t frame_at(std::int64_t ns) const;

  // Until something louder than `threshold` was heard at frame `from` or later: its frame.
  std::size_t wait_for_sound(std::size_t from = 0, int threshold = 200,
                             std::chrono::milliseconds limit = patience) const;
  // Until the last `quiet` were silent: the number of frames by then.
  std::size_t wait_for_quiet(std::chrono::milliseconds quiet,
                             std::chrono::milliseconds limit) const;
  // Until everything that crossed the device by now is in samples().
  void catch_up() const;

 private:
  void record(Pcm& pcm);

  unsigned rate_;
  mutable std::mutex mutex_;
  std::vector<std::int16_t> samples_;
  Timeline timeline_;
  std::size_t last_sound_ = 0;  // one past the last sample above quiet_threshold
  std::atomic<unsigned> xruns_ = 0;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace gv::e2e
