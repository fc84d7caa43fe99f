#include "tests/echo/bed.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <optional>
#include <random>
#include <span>

namespace gv::test {
namespace {

constexpr unsigned rate = 16000;
constexpr std::size_t block = 320;          // of the microphone's device: 20 ms
constexpr std::size_t written_block = 480;  // of the speaker's
constexpr std::int64_t epoch_ns = 1'000'000'000'000;
constexpr double capture_delay_ms = 8;

std::int64_t at_ms(double ms) {
  return epoch_ns + std::llround(ms * 1e6);
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Signal echo_of(const Scene& scene, std::size_t samples) {
  Signal played = convert(scene.far, 24000, rate);
  if (scene.overdriven_dbfs < 10) played = overdrive(played, scene.overdriven_dbfs);
  if (scene.crushed) {
    const Signal other = noise(played.size(), -10, 17);
    for (std::size_t n = 0; n < played.size(); ++n)
      played[n] = std::abs(played[n]) * other[n] / 10000;
  }
  Signal at_microphone = convolve(played, response(scene.room));
  set_level(at_microphone, scene.echo_dbfs, rate);
  return shift(at_microphone, scene.device_delay_ms * rate / 1000, 1 + scene.drift_ppm * 1e-6,
               samples);
}

// What Cleaner and Reflex make of the latest block.
void react(Outcome& outcome, const echo::EchoFilter& filter,
           const std::vector<std::int16_t>& cleaned, audio::BargeIn& reflex) {
  constexpr std::size_t length = audio::BargeIn::frame;
  std::optional<bool> voice;
  if (filter.measures().far_active()) {
    voice = filter.near_speech().state() != echo::NearSpeech::State::silent;
  }
  for (std::size_t at = cleaned.size() - block; at < cleaned.size(); at += length) {
    const std::size_t frame = at / length;
    const auto samples = std::span(cleaned).subspan(at).first<length>();
    const auto what = reflex.feed(samples, voice, static_cast<double>(frame) >= adapted_s * 100,
                                  at_ms(static_cast<double>(frame + 1) * 10));
    if (what != audio::BargeIn::Command::none) outcome.acts.push_back({frame, what});
  }
}

}  // namespace

Outcome play(const Scene& scene, const echo::Settings* settings) {
  const auto quiet = static_cast<std::size_t>(quiet_s * 1000);
  Scene delayed = scene;
  delayed.far.insert(delayed.far.begin(), quiet * 24, 0);
  const std::size_t samples = delayed.far.size() * 2 / 3 / block * block;
  Outcome outcome;
  outcome.echo = echo_of(delayed, samples);
  outcome.captured = outcome.echo;
  add(outcome.captured, scene.near);
  add(outcome.captured, noise(samples, scene.noise_dbfs, 7));

  const std::vector<std::int16_t> far = to_samples(delayed.far);
  const std::vector<std::int16_t> near = to_samples(outcome.captured);
  std::minstd_rand random(11);
  std::uniform_real_distribution<double> wobble(-scene.delay_wobble_ms, scene.delay_wobble_ms);
  echo::FarEnd far_end;
  std::optional<echo::EchoFilter> filter;
  if (settings != nullptr) filter.emplace(echo::make_canceller(*settings), far_end);
  audio::BargeIn reflex;
  std::vector<std::int16_t> cleaned;
  cleaned.reserve(near.size());
  std::size_t written = 0;
  for (std::size_t at = 0; at + block <= near.size(); at += block) {
    // The microphone's clock is the monotonic one; a block is read some time after it is complete.
    const double captured_ms = static_cast<double>(at + block) * 1000 / rate;
    const double begin = cpu_seconds();
    for (;;) {
      const double write_ms = static_cast<double>(written) / 24 / (1 + scene.drift_ppm * 1e-6);
      if (write_ms > captured_ms + capture_delay_ms || written + written_block > far.size()) break;
      const double delay_ms = scene.device_delay_ms + scene.delay_bias_ms + wobble(random);
      if (filter) {
        far_end.wrote(std::span(far).subspan(written, written_block),
                      at_ms(write_ms + std::max(0.0, delay_ms)));
      }
      written += written_block;
    }
    const std::span<const std::int16_t> fresh = std::span(near).subspan(at, block);
    if (filter) {
      const std::size_t before = outcome.speech.size();
      std::int64_t last_ns = 0;
      filter->process(fresh, at_ms(captured_ms + wobble(random) / 5), cleaned, last_ns);
      outcome.speech.resize(before + block / 160, filter->near_speech().state());
      react(outcome, *filter, cleaned, reflex);
    } else {
      cleaned.insert(cleaned.end(), fresh.begin(), fresh.end());
    }
    outcome.cpu_s += cpu_seconds() - begin;
  }
  if (filter) {
    outcome.measures = filter->measures();
    outcome.untold_ms = static_cast<double>(filter->untold_ns()) * 1e-6;
    outcome.echo_found = filter->echo_found();
  }
  outcome.cleaned.assign(cleaned.begin(), cleaned.end());
  return outcome;
}

double erle_db(const Outcome& outcome) {
  constexpr std::size_t piece = 160;
  const auto power = [](const Signal& signal, std::size_t at) {
    double sum = 0;
    for (std::size_t n = at; n < at + piece; ++n)
      sum += static_cast<double>(signal[n]) * signal[n];
    return sum;
  };
  double loudest = 0;
  for (std::size_t at = 0; at + piece <= outcome.echo.size(); at += piece)
    loudest = std::max(loudest, power(outcome.echo, at));
  double before = 0;
  double after = 0;
  for (auto at = static_cast<std::size_t>(adapted_s * rate); at + piece <= outcome.cleaned.size();
       at += piece) {
    if (power(outcome.echo, at) < loudest / 1000) continue;
    before += power(outcome.captured, at);
    after += power(outcome.cleaned, at);
  }
  return decibels(before / after);
}

bool leaves_more() {
  static const bool does = echo::make_canceller({})->residue().beyond_frames.has_value();
  return does;
}

double least_erle_db(const Room& room, double erle_db) {
  if (!leaves_more() || room.reverberation_s < 0.3) return erle_db;
  return erle_db - (room.reverberation_s < 0.5 ? 6 : 15);
}

unsigned events(const Outcome& outcome, echo::NearSpeech::State state) {
  unsigned count = 0;
  for (auto frame = static_cast<std::size_t>(adapted_s * 100); frame < outcome.speech.size();
       ++frame) {
    if (outcome.speech[frame] >= state && outcome.speech[frame - 1] < state) ++count;
  }
  return count;
}

unsigned acts(const Outcome& outcome, audio::BargeIn::Command what) {
  return static_cast<unsigned>(std::count_if(outcome.acts.begin(), outcome.acts.end(),
                                             [what](const Act& act) { return act.what == what; }));
}

}  // namespace gv::test
