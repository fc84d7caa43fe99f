#include "daemon/audio/reflex.hpp"

#include <algorithm>
#include <utility>

#include "daemon/audio/engine.hpp"

namespace gv::audio {

void Reflex::allow(bool allowed) {
  if (std::exchange(allowed_, allowed) != allowed) deaf();
}

void Reflex::deaf() {
  filled_ = 0;
  if (barge_in_.acting()) playback_.restore();
  barge_in_.reset();
}

void Reflex::heard(std::span<const std::int16_t> samples, std::int64_t last_ns,
                   std::optional<bool> voice) {
  if (!allowed_) return;
  while (!samples.empty()) {
    const std::size_t n = std::min(samples.size(), frame_.size() - filled_);
    std::copy_n(samples.begin(), n, frame_.begin() + static_cast<std::ptrdiff_t>(filled_));
    filled_ += n;
    samples = samples.subspan(n);
    if (filled_ < frame_.size()) return;
    filled_ = 0;
    const auto later = static_cast<std::int64_t>(samples.size());
    feed(last_ns - later * 1'000'000'000 / capture_rate, voice);
  }
}

void Reflex::feed(std::int64_t end_ns, std::optional<bool> voice) {
  // What was done may be undone: by the service's word, by the end of the answer.
  const bool undone = barge_in_.acting() && !playback_.reacting();
  const bool audible = !undone && playback_.sounding(now_ns());
  switch (barge_in_.feed(frame_, voice, audible, end_ns)) {
    case BargeIn::Command::none:
      return;
    case BargeIn::Command::duck:
      if (!playback_.duck(barge_in_.speech_ns())) barge_in_.refused();
      return;
    case BargeIn::Command::hold:
      if (playback_.hold(barge_in_.speech_ns())) return;
      barge_in_.refused();
      return playback_.restore();  // it may have been softer
    case BargeIn::Command::restore:
      return playback_.restore();
  }
}

}  // namespace gv::audio
