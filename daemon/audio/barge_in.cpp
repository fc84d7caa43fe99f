#include "daemon/audio/barge_in.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace gv::audio {
namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t frame_ns = 10 * ms;

// What is loud: so much above the room, and not less than a voice across it.
constexpr double above_room_db = 10;
constexpr double least_dbfs = -50;
// Where somebody is known to speak: the canceller takes much of the first syllables away.
constexpr double least_told_dbfs = -60;
constexpr double highest_floor_dbfs = -25;

constexpr unsigned suspect_frames = 3;   // longer than a click and a key
constexpr unsigned confirm_frames = 10;  // loud ones, and so many of them with a voice:
constexpr unsigned confirm_voiced = 6;
constexpr unsigned late_voiced = 10;  // of what was taken for noise at first
constexpr unsigned pause_frames = 6;  // a sound ends after so many quiet ones
constexpr unsigned rest_frames = 30;
constexpr std::int64_t doubt_ns = 200 * ms;         // suspicion ends
constexpr std::int64_t voiced_doubt_ns = 320 * ms;  // but not where a voice begins just then
constexpr unsigned hint_voiced = 2;
constexpr std::int64_t unanswered_ns = 700 * ms;  // after the voice: the service lets it pass
constexpr std::int64_t longest_hold_ns = 4000 * ms;

double level_db(std::span<const std::int16_t> samples) {
  double mean = 0;
  for (const std::int16_t sample : samples)
    mean += sample;
  mean /= static_cast<double>(samples.size());
  double power = 0;
  for (const std::int16_t sample : samples)
    power += (sample - mean) * (sample - mean);
  power /= static_cast<double>(samples.size()) * 32768.0 * 32768.0;
  return 10 * std::log10(power + 1e-10);
}

}  // namespace

BargeIn::Command BargeIn::feed(std::span<const std::int16_t, frame> samples,
                               std::optional<bool> speech, bool audible, std::int64_t end_ns) {
  count(listen(samples, speech), end_ns);
  const bool denied = std::exchange(speech_denied_, speech == false);
  if (denied && speech == true) suspect(end_ns);
  return judge(audible, end_ns);
}

void BargeIn::refused() {
  state_ = State::idle;
  let_pass_ = true;
}

BargeIn::Sound BargeIn::listen(std::span<const std::int16_t, frame> samples,
                               std::optional<bool> speech) {
  remember(samples);
  const double level = level_db(samples);
  const double least = speech == true ? least_told_dbfs : least_dbfs;
  const bool loud = level > std::max(floor_ + above_room_db, least);
  const bool counts = loud && speech.value_or(true);
  const bool voiced = counts && has_pitch();
  follow_room(level, loud, voiced);
  return {counts, voiced};
}

// Down at once, up slowly; quicker where something noisy goes on and on, such as a fan.
void BargeIn::follow_room(double level, bool loud, bool voiced) {
  constexpr unsigned long_noise = 50;
  noisy_ = loud && !voiced ? noisy_ + 1 : 0;
  if (level < floor_) {
    floor_ += 0.3 * (level - floor_);
  } else if (!loud) {
    floor_ += 0.05 * (level - floor_);
  } else if (noisy_ > long_noise) {
    floor_ += 0.2;
  } else {
    floor_ += 0.01;
  }
  floor_ = std::min(floor_, highest_floor_dbfs);
}

void BargeIn::remember(std::span<const std::int16_t, frame> samples) {
  constexpr std::size_t fold = 4;
  constexpr std::size_t fresh = frame / fold;
  std::copy(past_.begin() + fresh, past_.end(), past_.begin());
  for (std::size_t n = 0; n < fresh; ++n) {
    float sum = 0;
    for (std::size_t k = 0; k < fold; ++k)
      sum += samples[n * fold + k];
    past_[window - fresh + n] = sum / fold;
  }
}

// Whether the last 30 to 40 ms repeat themselves at 70 to 400 Hz. Looked at dull, through two poles
// at about 230 Hz: where a voice glides, as it does in short words, the rest of its vowel no longer
// fits after one period.
bool BargeIn::has_pitch() const {
  constexpr std::size_t shortest = 10;  // of 4 kHz
  constexpr std::size_t longest = 57;
  constexpr std::size_t length = window - longest;
  constexpr float alike = 0.7F;
  constexpr float dull = 0.3F;
  std::array<float, window> past = past_;
  const float mean = std::accumulate(past.begin(), past.end(), 0.0F) / window;
  float once = 0;
  float twice = 0;
  for (float& sample : past) {
    once += dull * (sample - mean - once);
    twice += dull * (once - twice);
    sample = twice;
  }
  const auto now = std::span(past).last<length>();
  float power = 0;
  for (const float sample : now)
    power += sample * sample;
  if (power < 1) return false;
  for (std::size_t lag = shortest; lag <= longest; ++lag) {
    const auto then = std::span(past).subspan(longest - lag, length);
    float product = 0;
    float then_power = 0;
    for (std::size_t n = 0; n < length; ++n) {
      product += now[n] * then[n];
      then_power += then[n] * then[n];
    }
    if (product > 0 && product * product > alike * alike * power * then_power) return true;
  }
  return false;
}

void BargeIn::count(Sound sound, std::int64_t end_ns) {
  if (sound.loud) {
    if (run_ == 0) run_began_ns_ = end_ns - frame_ns;
    quiet_ = 0;
    ++loud_;
    if (sound.voiced) {
      ++voiced_;
      last_voice_ns_ = end_ns;
    }
  } else {
    ++quiet_;
  }
  if (run_ > 0 || sound.loud) ++run_;
  if (quiet_ >= rest_frames) let_pass_ = false;
  if (quiet_ < pause_frames) return;
  run_ = 0;
  loud_ = 0;
  voiced_ = 0;
  noise_ = false;
}

// Of who begins to speak into an answer the cleaned sound has little at first.
void BargeIn::suspect(std::int64_t end_ns) {
  if (loud_ >= suspect_frames) return;
  if (run_ == 0) run_began_ns_ = end_ns - suspect_frames * frame_ns;
  quiet_ = 0;
  suspected_ = true;
  loud_ = suspect_frames;
  run_ = suspect_frames;
}

BargeIn::Command BargeIn::judge(bool audible, std::int64_t end_ns) {
  if (!audible) {
    // It may only have run dry, and would go on softer.
    suspected_ = false;
    const bool acted = std::exchange(state_, State::idle) != State::idle;
    return acted ? Command::restore : Command::none;
  }
  const bool speech = loud_ >= confirm_frames && voiced_ >= (noise_ ? late_voiced : confirm_voiced);
  switch (state_) {
    case State::idle:
      // A key is loud for a frame or two: what is loud now and again is no suspect.
      if (let_pass_ || quiet_ > 0 || loud_ < suspect_frames || 3 * loud_ < 2 * run_) break;
      if (noise_ && !speech) break;
      state_ = speech ? State::held : State::ducked;
      onset_ns_ = run_began_ns_;
      acted_ns_ = end_ns;
      return speech ? Command::hold : Command::duck;
    case State::ducked:
      if (speech) {
        suspected_ = false;
        state_ = State::held;
        acted_ns_ = end_ns;
        return Command::hold;
      }
      // Words may begin with a hiss.
      if ((run_ > 0 || suspected_) &&
          end_ns - acted_ns_ < (voiced_ >= hint_voiced ? voiced_doubt_ns : doubt_ns)) {
        break;
      }
      state_ = State::idle;
      suspected_ = false;
      noise_ = run_ > 0;
      run_ = noise_ ? 1 : 0;
      run_began_ns_ = end_ns;
      loud_ = 0;
      voiced_ = 0;
      return Command::restore;
    case State::held:
      if (end_ns - last_voice_ns_ < unanswered_ns && end_ns - acted_ns_ < longest_hold_ns) break;
      state_ = State::idle;
      let_pass_ = true;
      return Command::restore;
  }
  return Command::none;
}

}  // namespace gv::audio
