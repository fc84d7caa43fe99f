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
  // Instead of the one before, or nullptr: nothing is cleaned.
  void use(std::unique_ptr<echo::Canceller> canceller);
  void set_mode(EchoHandling mode) { mode_ = mode; }
  // A microphone begins. Another one than before is in another place.
  void begin(const std::string& device);

  // samples: 16 kHz, the last of them captured at last_ns. Replaces them by what there is clean by
  // now, up to 10 ms less or more, and gives the time of the last of these.
  std::int64_t clean(std::vector<std::int16_t>& samples, std::int64_t last_ns);
  // Somebody speaks into the microphone; none: it is not known, because nothing is cleaned.
  std::optional<bool> voice() const;

  void wrote(std::span<const std::int16_t> samples, std::int64_t first_heard_ns) override;
  void took_back(std::size_t frames) override;
  void cut(std::int64_t now_ns) override;

  // Any thread.
  Levels levels(std::int64_t now) const;

 private:
  // Until the canceller knows the room it leaves words of the echo: so long the microphone is
  // silent while something is played.
  static constexpr std::size_t learning_samples = echo::rate * 3 / 2;
  bool learning() const {
    return mode_ == EchoHandling::cancel && learnt_ < learning_samples &&
           filter_->measures().far_active();
  }
  bool active() const { return filter_ && mode_ != EchoHandling::off; }

  echo::FarEnd far_end_;
  std::unique_ptr<echo::EchoFilter> filter_;
  EchoHandling mode_ = EchoHandling::off;
  std::string device_;
  std::vector<std::int16_t> cleaned_;
  std::size_t learnt_ = 0;  // samples of this room, while something was played

  // dBFS; NaN: not known.
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  std::atomic<double> microphone_dbfs_{silence_dbfs};
  std::atomic<double> speaker_dbfs_{silence_dbfs};
  std::atomic<double> erle_db_{unknown};
  std::atomic<double> coupling_db_{unknown};
  std::atomic<std::int64_t> microphone_ns_{0};
  std::atomic<std::int64_t> speaker_ns_{0};
};

}  // namespace gv::audio
