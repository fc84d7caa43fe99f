#include "daemon/echo/echo_filter.hpp"

#include <algorithm>
#include <utility>

namespace gv::echo {
namespace {

// How far behind its reference the canceller wants an echo to begin, and what it bears.
constexpr std::int64_t wanted_ns = 30'000'000;
constexpr std::int64_t least_ns = 8'000'000;
constexpr std::int64_t most_ns = 55'000'000;
// After a move: what is left of the echo until then is no speech. Measured in tests/echo: after 100
// frames an echo as loud as words still passed for some in a hall.
constexpr int settling_frames = 200;

}  // namespace

EchoFilter::EchoFilter(std::unique_ptr<Canceller> canceller, const FarEnd& far_end)
    : canceller_(std::move(canceller)),
      far_end_(far_end),
      measures_(canceller_->residue()),
      near_speech_(canceller_->residue()) {}

void EchoFilter::cancel(bool wanted) {
  if (std::exchange(cancels_, wanted) != wanted) measures_.reset();
}

void EchoFilter::reset(std::int64_t untold_ns) {
  canceller_->reset();
  untold_ns_ = untold_ns;
  canceller_untold_ns_ = untold_ns;
  double_talk_.reset();
  settling_ = 0;
  resume();
}

void EchoFilter::resume() {
  timeline_.reset();
  filled_ = 0;
  finder_.reset();
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
  std::array<std::int16_t, frame_samples> far{};
  if (cancels_) {
    far_end_.read(first_ns + reference_lead_ns, far);
    finder_.add(frame_, far);
    follow_delay();
    if (untold_ns_ != 0) far_end_.read(first_ns + reference_lead_ns - untold_ns_, far);
  }
  std::array<std::int16_t, frame_samples> near = frame_;
  if (canceller_untold_ns_ != untold_ns_) {
    std::array<std::int16_t, frame_samples> early{};
    if (cancels_) far_end_.read(first_ns + reference_lead_ns - canceller_untold_ns_, early);
    canceller_->process(near, early);
  } else {
    canceller_->process(near, far);
  }
  const std::optional<DelayFinder::Echo> echo = finder_.echo();
  measures_.add(frame_, near, far, echo ? echo->alike : 0);
  const bool learn = near_speech_.state() == NearSpeech::State::silent;
  const bool beyond_echo = double_talk_.add(frame_, far, learn);
  // What it took for speech would be spared by the canceller, and so go on being speech.
  const bool settled = settling_ == 0;
  if (!settled) --settling_;
  const NearSpeech::State state = near_speech_.add({
      .voice = settled && canceller_->voice(),
      .captured_dbfs = measures_.captured_dbfs(),
      .cleaned_dbfs = measures_.cleaned_dbfs(),
      .floor_dbfs = measures_.floor_dbfs(),
      .far_active = measures_.far_active(),
      .beyond_echo = beyond_echo,
  });
  canceller_->favour_near(state != NearSpeech::State::silent);
  out.insert(out.end(), near.begin(), near.end());
}

// Rarely, and then by much: each move is another room to the canceller.
void EchoFilter::follow_delay() {
  const std::optional<DelayFinder::Echo> echo = finder_.echo();
  if (!echo || !echo->later_ns) return;
  const std::int64_t behind_ns = *echo->later_ns - untold_ns_;
  if (behind_ns >= least_ns && behind_ns <= most_ns) return;
  untold_ns_ = *echo->later_ns - wanted_ns;
  if (!canceller_->finds(*echo->later_ns - canceller_untold_ns_)) {
    canceller_untold_ns_ = untold_ns_;
    canceller_->far_moved();
  }
  // They were learnt from a reference that was not the right one.
  measures_.reset();
  double_talk_.reset();
  near_speech_.reset();
  settling_ = settling_frames;
}

}  // namespace gv::echo
