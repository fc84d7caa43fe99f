// Someone at the microphone: a thread that plays silence into it, and what it is given to say.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/bed.hpp"
#include "tests/e2e/support/pcm.hpp"

namespace gv::e2e {

class Microphone {
 public:
  // What else the microphone hears: adds it to the block that is about to be played into it.
  using Ambience = std::function<void(std::span<std::int16_t> block)>;

  explicit Microphone(const Bed& bed);
  // Another one than the bed's.
  Microphone(const std::string& speaking_device, unsigned rate);
  // Silent until begin(), so that the ambience may be made of what is not there yet.
  Microphone(const Bed& bed, Ambience ambience);
  ~Microphone();
  Microphone(const Microphone&) = delete;
  Microphone& operator=(const Microphone&) = delete;

  void begin();

  unsigned rate() const { return rate_; }
  unsigned xruns() const { return xruns_; }

  // Says these samples next, at rate(); returns the number of the phrase.
  std::size_t say(std::span<const std::int16_t> samples);
  // Until the phrase has been handed to the device whole.
  void wait_until_said(std::size_t phrase, std::chrono::milliseconds limit = patience) const;
  // When sample n of a phrase that has been said crossed the device; CLOCK_MONOTONIC, ns.
  std::int64_t time_of(std::size_t phrase, std::size_t sample) const;

 private:
  struct Phrase {
    std::vector<std::int16_t> samples;
    std::size_t said = 0;
    std::int64_t first_frame = 0;
  };

  void speak(Pcm& pcm);

  unsigned rate_;
  std::string device_;
  unsigned buffer_ms_ = 60;
  Ambience ambience_;
  mutable std::mutex mutex_;
  std::deque<Phrase> phrases_;
  std::size_t current_ = 0;
  Timeline timeline_;
  std::atomic<unsigned> xruns_ = 0;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace gv::e2e
