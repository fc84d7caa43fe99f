#include "tests/e2e/support/microphone.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace gv::e2e {

Microphone::Microphone(const Bed& bed) : Microphone(bed.speaking_device(), bed.speaking_rate()) {}

Microphone::Microphone(const std::string& speaking_device, unsigned rate)
    : rate_(rate), device_(speaking_device), timeline_(rate) {
  begin();
}

Microphone::Microphone(const Bed& bed, Ambience ambience)
    : rate_(bed.speaking_rate()),
      device_(bed.speaking_device()),
      buffer_ms_(bed.exact() ? 20 : 60),
      ambience_(std::move(ambience)),
      timeline_(bed.speaking_rate()) {}

void Microphone::begin() {
  auto pcm = std::make_unique<Pcm>(device_, SND_PCM_STREAM_PLAYBACK, rate_, buffer_ms_);
  thread_ = std::thread([this, owned = std::move(pcm)] { speak(*owned); });
}

Microphone::~Microphone() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
}

void Microphone::speak(Pcm& pcm) {
  std::vector<std::int16_t> block(pcm.period());
  std::int64_t written = 0;
  while (!ending_) {
    std::ranges::fill(block, std::int16_t{0});
    {
      const std::lock_guard lock(mutex_);
      // A phrase begins with a block, so that its first frame is known.
      if (current_ < phrases_.size()) {
        Phrase& phrase = phrases_[current_];
        if (phrase.said == 0) phrase.first_frame = written;
        const std::size_t count = std::min(block.size(), phrase.samples.size() - phrase.said);
        std::copy_n(phrase.samples.begin() + static_cast<std::ptrdiff_t>(phrase.said), count,
                    block.begin());
        phrase.said += count;
        if (phrase.said == phrase.samples.size()) ++current_;
      }
    }
    if (ambience_) ambience_(block);
    pcm.write(block);
    written += static_cast<std::int64_t>(block.size());
    const std::int64_t delay = pcm.delay();
    const std::int64_t now = now_ns();
    const std::lock_guard lock(mutex_);
    timeline_.add(written, now + delay * 1'000'000'000LL / rate_);
    xruns_ = pcm.xruns();
  }
}

std::size_t Microphone::say(std::span<const std::int16_t> samples) {
  const std::lock_guard lock(mutex_);
  phrases_.push_back({{samples.begin(), samples.end()}, 0, 0});
  return phrases_.size() - 1;
}

void Microphone::wait_until_said(std::size_t phrase, std::chrono::milliseconds limit) const {
  require(
      "the phrase was said",
      [this, phrase] {
        const std::lock_guard lock(mutex_);
        return current_ > phrase;
      },
      limit);
}

std::int64_t Microphone::time_of(std::size_t phrase, std::size_t sample) const {
  const std::lock_guard lock(mutex_);
  return timeline_.time_of(phrases_[phrase].first_frame + static_cast<std::int64_t>(sample));
}

}  // namespace gv::e2e
