#include "ctl/audio_measure.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "daemon/util/level.hpp"

namespace gv::ctl {
namespace {

constexpr double full_scale = 32768;
constexpr std::size_t thinning = 4;

// The signal's share of what was heard at that shift: heard = gain * signal + all the rest.
double likeness(std::span<const std::int16_t> heard, std::span<const std::int16_t> signal) {
  std::int64_t cross = 0;
  std::int64_t own = 0;
  std::int64_t all = 0;
  for (std::size_t i = 0; i < signal.size(); ++i) {
    cross += std::int64_t{heard[i]} * signal[i];
    own += std::int64_t{signal[i]} * signal[i];
    all += std::int64_t{heard[i]} * heard[i];
  }
  if (own == 0 || all == 0) return 0;
  return static_cast<double>(cross) / static_cast<double>(own) * static_cast<double>(cross) /
         static_cast<double>(all);
}

// A quarter of the rate, each sample the mean of four.
std::vector<std::int16_t> thinned(std::span<const std::int16_t> samples) {
  std::vector<std::int16_t> few(samples.size() / thinning);
  for (std::size_t i = 0; i < few.size(); ++i) {
    int sum = 0;
    for (const std::int16_t sample : samples.subspan(i * thinning, thinning))
      sum += sample;
    few[i] = static_cast<std::int16_t>(sum / static_cast<int>(thinning));
  }
  return few;
}

struct Match {
  std::size_t shift = 0;
  double likeness = 0;
};

// The best shift from `first` to `last`.
Match best_match(std::span<const std::int16_t> heard, std::span<const std::int16_t> signal,
                 std::size_t first, std::size_t last) {
  Match best{first};
  for (std::size_t shift = first; shift <= last; ++shift) {
    const double here = likeness(heard.subspan(shift, signal.size()), signal);
    if (here > best.likeness) best = {shift, here};
  }
  return best;
}

// The same, looked for roughly first: two seconds of shifts are many.
Match find(std::span<const std::int16_t> heard, std::span<const std::int16_t> signal,
           std::size_t last) {
  if (heard.size() < signal.size()) return {};
  last = std::min(last, heard.size() - signal.size());
  const Match rough = best_match(thinned(heard), thinned(signal), 0, last / thinning);
  const std::size_t about = rough.shift * thinning;
  return best_match(heard, signal, about - std::min(about, 2 * thinning),
                    std::min(about + 2 * thinning, last));
}

std::uint32_t next_random(std::uint32_t& random) {
  random = random * 1664525 + 1013904223;
  return random >> 8U;
}

// How loud at each frame: syllables and pauses of uneven length, so that what is late by some of
// them is another sound. And a breath, as in speech: a canceller that has to begin anew
// (WebRTC 1.x, where the speaker is half a second late) would take what never pauses for the room's
// own noise.
std::vector<double> syllables(unsigned rate, std::size_t frames) {
  constexpr double least = 0.01;
  constexpr unsigned in_a_breath = 5;
  constexpr std::size_t breath_ms = 350;
  std::vector<double> loudness(frames, least);
  std::uint32_t random = 7;
  const auto some_ms = [&random, rate](unsigned from, unsigned more) {
    return std::size_t{from + next_random(random) % more} * rate / 1000;
  };
  unsigned spoken = 0;
  for (std::size_t at = 0; at < frames;) {
    const std::size_t length = some_ms(60, 300);
    for (std::size_t n = 0; n < length && at < frames; ++n, ++at) {
      const double part = static_cast<double>(n) / static_cast<double>(length);
      loudness[at] = std::max(least, std::sin(std::numbers::pi * part));
    }
    at += ++spoken % in_a_breath == 0 ? breath_ms * rate / 1000 : some_ms(20, 150);
  }
  return loudness;
}

}  // namespace

std::vector<std::int16_t> test_signal(unsigned rate, double seconds) {
  constexpr double level = 0.1;
  constexpr double bandwidth = 3500;  // Hz
  constexpr double rumble = 150;      // Hz, what small speakers do not give
  const auto frames = static_cast<std::size_t>(seconds * rate);
  const std::vector<double> loudness = syllables(rate, frames);
  std::vector<double> shape(frames);
  std::uint32_t random = 1;
  double low = 0;
  double lower = 0;
  double sum = 0;
  const double low_step = 1 - std::exp(-2 * std::numbers::pi * bandwidth / rate);
  const double lower_step = 1 - std::exp(-2 * std::numbers::pi * rumble / rate);
  for (std::size_t i = 0; i < frames; ++i) {
    const double noise = static_cast<double>(next_random(random)) / (1U << 24U) - 0.5;
    low += low_step * (noise - low);
    lower += lower_step * (low - lower);
    const double edge = std::min({1.0, static_cast<double>(i) / (0.01 * rate),
                                  static_cast<double>(frames - 1 - i) / (0.01 * rate)});
    shape[i] = (low - lower) * loudness[i] * edge;
    sum += shape[i] * shape[i];
  }
  const double scale =
      sum > 0 ? level * full_scale / std::sqrt(2 * sum / static_cast<double>(frames)) : 0;
  std::vector<std::int16_t> samples(frames);
  std::ranges::transform(shape, samples.begin(), [scale](double value) {
    return static_cast<std::int16_t>(std::clamp(value * scale, -full_scale, full_scale - 1));
  });
  return samples;
}

Hearing hear(std::span<const std::int16_t> recording, std::size_t signal_at) {
  const auto clips = [](std::int16_t sample) {
    return sample == std::numeric_limits<std::int16_t>::max() ||
           sample == std::numeric_limits<std::int16_t>::min();
  };
  return {
      .noise_dbfs = dbfs(recording.first(signal_at)),
      .level_dbfs = dbfs(recording.subspan(signal_at)),
      .clipped = static_cast<unsigned>(std::ranges::count_if(recording, clips)),
      .all_zero = std::ranges::all_of(recording, [](std::int16_t sample) { return sample == 0; }),
  };
}

std::optional<Echo> find_echo(std::span<const std::int16_t> recording,
                              std::span<const std::int16_t> signal, std::size_t signal_at,
                              std::size_t max_delay_frames) {
  // Of the echo of a room, the direct sound is a part only.
  constexpr double least_likeness = 0.02;
  // A second is enough to find it by. Of the first one nothing may be heard: amplifiers, receivers
  // and servers that sleep take their time.
  constexpr std::size_t piece_frames = 16000;
  if (recording.size() < signal_at) return std::nullopt;
  const auto heard = recording.subspan(signal_at);
  const std::size_t later = signal.size() * 3 / 8;
  const auto find_from = [&](std::size_t from) {
    const auto piece = signal.subspan(from, std::min(piece_frames, signal.size() - from));
    return heard.size() < from ? Match{} : find(heard.subspan(from), piece, max_delay_frames);
  };
  const Match early = find_from(0);
  const bool begins = early.likeness >= least_likeness;
  const Match best = begins ? early : find_from(later);
  if (best.likeness < least_likeness) return std::nullopt;
  const auto played = signal.subspan(begins ? 0 : later);
  const auto back = heard.subspan((begins ? 0 : later) + best.shift);
  const std::size_t both = std::min(played.size(), back.size());
  const double noise = mean_square(recording.first(signal_at));
  return Echo{
      best.shift,
      dbfs(played.first(both)) - dbfs(std::max(1e-3, mean_square(back.first(both)) - noise)),
      begins};
}

}  // namespace gv::ctl
