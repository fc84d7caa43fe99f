// What is done to the microphone's sound before anybody gets it: the speaker's voice is taken out,
// the hum, and what else is wanted. Also the meters. Audio thread, but for levels().
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/audio/engine.hpp"
#include "daemon/audio/taps.hpp"
#include "daemon/echo/echo_filter.hpp"
#include "daemon/echo/far_end.hpp"

namespace gv::audio {

class Cleaner final : public PlaybackTap {
 public:
  // Instead of the one before, or nullptr: nothing is cleaned. settings: what it does.
  void use(std::unique_ptr<echo::Canceller> canceller, const echo::Settings& settings);
  void set_mode(EchoHandling mode);
  // Nothing is sent but what is said under the key: no word of that is kept back.
  void set_by_key(bool by_key) { by_key_ = by_key; }
  // A microphone begins, or a speaker. Another one than before is in another place.
  void microphone(const std::string& device);
  void speaker(const std::string& device);

  // samples: 16 kHz, the last of them captured at last_ns. Replaces them by what is clean by now:
  // whole frames, so that up to 10 ms come with the next call. Gives the time of the last of these.
  std::int64_t clean(std::vector<std::int16_t>& samples, std::int64_t last_ns);
  // Somebody speaks into the microphone. Nobody, until the room is known; none: that is not told
  // where nothing is cleaned, or nothing played.
  std::optional<bool> voice() const;
  // How much later than its device says the speaker is heard, as far as that was found.
  std::int64_t untold_ns() const { return filter_ ? filter_->untold_ns() : 0; }

  void wrote(std::span<const std::int16_t> samples, std::int64_t first_heard_ns) override;
  void took_back(std::size_t frames) override;
  void cut(std::int64_t now_ns) override;

  // Any thread.
  Levels levels(std::int64_t now) const;

 private:
  // A speaker and a microphone that hears it, or does not.
  struct Place {
    std::string microphone;
    std::string speaker;
    std::size_t learnt = 0;  // samples captured while something was played
    std::size_t loud = 0;    // of these, such that could be an echo
    bool known = false;
    std::int64_t untold_ns = 0;
    bool moved = false;  // it is, or was, another than 0
    // What the canceller knew of it is not so any more: another second.
    void learn_again();
  };

  bool active() const { return filter_ && (mode_ == EchoHandling::cancel || does_more_); }
  void arrive();
  void watch(std::size_t samples);
  void keep_back(std::vector<std::int16_t>& samples);
  bool learning() const;

  echo::FarEnd far_end_;
  std::unique_ptr<echo::EchoFilter> filter_;
  bool does_more_ = false;  // than to cancel
  EchoHandling mode_ = EchoHandling::off;
  bool by_key_ = false;
  std::string microphone_;
  std::string speaker_;
  std::vector<Place> places_;  // the last one is where we are
  std::vector<std::int16_t> cleaned_;
  std::size_t keep_back_ = 0;  // samples yet to come
  std::size_t late_ = 0;       // likewise, in which what was played may yet be heard
  bool told_dead_ = false;

  // dBFS; NaN: not known.
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  std::atomic<double> microphone_dbfs_{silence_dbfs};
  std::atomic<double> speaker_dbfs_{silence_dbfs};
  std::atomic<double> erle_db_{unknown};
  std::atomic<double> coupling_db_{unknown};
  std::atomic<unsigned> bad_s_{0};
  std::atomic<std::int64_t> microphone_ns_{0};
  std::atomic<std::int64_t> speaker_ns_{0};
};

}  // namespace gv::audio
