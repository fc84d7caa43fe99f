#include "daemon/audio/cleaner.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gv::audio {
namespace {

// A meter shows silence when nothing has come for so long.
constexpr std::int64_t meter_ns = 200'000'000;

double dbfs(std::span<const std::int16_t> samples) {
  double sum = 0;
  for (const double sample : samples)
    sum += sample * sample;
  if (sum <= 0) return Levels::silence_dbfs;
  const double power = sum / static_cast<double>(samples.size()) / (32768.0 * 32768.0);
  return std::max(Levels::silence_dbfs, 10 * std::log10(power));
}

std::optional<double> known(double value) {
  return std::isnan(value) ? std::nullopt : std::optional(value);
}

}  // namespace

void Cleaner::use(std::unique_ptr<echo::Canceller> canceller) {
  filter_.reset();
  if (canceller) filter_ = std::make_unique<echo::EchoFilter>(std::move(canceller), far_end_);
  device_.clear();
}

void Cleaner::begin(const std::string& device) {
  erle_db_ = unknown;
  coupling_db_ = unknown;
  if (!filter_) return;
  if (std::exchange(device_, device) == device) {
    filter_->resume();
  } else {
    filter_->reset();
    learnt_ = 0;
  }
}

std::int64_t Cleaner::clean(std::vector<std::int16_t>& samples, std::int64_t last_ns) {
  if (active()) {
    cleaned_.clear();
    filter_->process(samples, last_ns, cleaned_, last_ns);
    samples.swap(cleaned_);
    if (learning()) {
      learnt_ += samples.size();
      std::ranges::fill(samples, std::int16_t{0});
    }
    erle_db_ = filter_->measures().erle_db().value_or(unknown);
    coupling_db_ = filter_->measures().coupling_db().value_or(unknown);
  }
  if (!samples.empty()) {
    microphone_dbfs_ = dbfs(samples);
    microphone_ns_ = last_ns;
  }
  return last_ns;
}

std::optional<bool> Cleaner::voice() const {
  if (!active() || !filter_->measures().far_active()) return std::nullopt;
  if (learning()) return false;  // and is silent
  return filter_->near_speech().state() != echo::NearSpeech::State::silent;
}

void Cleaner::wrote(std::span<const std::int16_t> samples, std::int64_t first_heard_ns) {
  if (filter_) far_end_.wrote(samples, first_heard_ns);
  speaker_dbfs_ = dbfs(samples);
  speaker_ns_ = first_heard_ns;
}

void Cleaner::took_back(std::size_t frames) {
  if (filter_) far_end_.took_back(frames);
}

void Cleaner::cut(std::int64_t now_ns) {
  if (filter_) far_end_.cut(now_ns);
  speaker_dbfs_ = Levels::silence_dbfs;
}

Levels Cleaner::levels(std::int64_t now) const {
  const auto recent = [now](double dbfs, std::int64_t at_ns) {
    return now - at_ns > meter_ns ? Levels::silence_dbfs : dbfs;
  };
  return {.microphone_dbfs = recent(microphone_dbfs_, microphone_ns_),
          .speaker_dbfs = recent(speaker_dbfs_, speaker_ns_),
          .erle_db = known(erle_db_),
          .coupling_db = known(coupling_db_)};
}

}  // namespace gv::audio
