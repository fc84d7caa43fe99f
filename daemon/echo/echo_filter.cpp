#include "daemon/echo/echo_filter.hpp"

#include <algorithm>
#include <utility>

namespace gv::echo {

EchoFilter::EchoFilter(std::unique_ptr<Canceller> canceller, const FarEnd& far_end)
    : canceller_(std::move(canceller)), far_end_(far_end) {}

void EchoFilter::reset() {
  canceller_->reset();
  double_talk_.reset();
  resume();
}

void EchoFilter::resume() {
  timeline_.reset();
  filled_ = 0;
  measures_.reset();
  near_speech_.reset();
}

void EchoFilter::process(std::span<const std::int16_t> samples, std::int64_t last_ns,
                         std::vector<std::int16_t>& out, std::int64_t& out_last_ns) {
  const auto count = static_cast<std::int64_t>(samples.size());
  const std::int64_t first_ns = last_ns - count * 1'000'000'000 / rate;
  captured_ += timeline_.observe(captured_, first_ns, samples.size());
  while (!samples.empty()) {
    const std::size_t taken = std::min(samples.size(), frame_samples - filled_);
    std::copy_n(samples.begin(), taken, frame_.begin() + static_cast<std::ptrdiff_t>(filled_));
    samples = samples.subspan(taken);
    filled_ += taken;
    captured_ += static_cast<std::int64_t>(taken);
    if (filled_ == frame_samples) clean(out);
  }
  out_last_ns = last_ns - static_cast<std::int64_t>(filled_) * 1'000'000'000 / rate;
}

void EchoFilter::clean(std::vector<std::int16_t>& out) {
  filled_ = 0;
  const std::int64_t first_ns =
      timeline_.time_of(captured_ - static_cast<std::int64_t>(frame_samples));
  std::array<std::int16_t, frame_samples> far;
  far_end_.read(first_ns + reference_lead_ns, far);
  std::array<std::int16_t, frame_samples> near = frame_;
  canceller_->process(near, far);
  measures_.add(frame_, near, far);
  const bool learn = near_speech_.state() == NearSpeech::State::silent;
  const bool beyond_echo = double_talk_.add(frame_, far, learn);
  const NearSpeech::State state = near_speech_.add({
      .voice = canceller_->voice(),
      .captured_dbfs = measures_.captured_dbfs(),
      .cleaned_dbfs = measures_.cleaned_dbfs(),
      .floor_dbfs = measures_.floor_dbfs(),
      .far_active = measures_.far_active(),
      .beyond_echo = beyond_echo,
  });
  canceller_->favour_near(state != NearSpeech::State::silent);
  out.insert(out.end(), near.begin(), near.end());
}

}  // namespace gv::echo
