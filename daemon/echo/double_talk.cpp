#include "daemon/echo/double_talk.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace gv::echo {
namespace {

constexpr std::array<float, 9> centres_hz{280, 450, 700, 1050, 1550, 2300, 3400, 4800, 6500};
constexpr float quality = 2.2F;

// All levels: dB of a sample's unit, full scale being 90.
constexpr float heard_db = 20;          // the far end's that can make an echo
constexpr float fade_db = 0.7F;         // of a frame: 60 dB in 0.9 s, as in a hall
constexpr float rise_db = 0.3F;         // of what is learnt, when exceeded,
constexpr float fall_db = 0.003F;       // and when not: about one frame in a hundred exceeds it
constexpr unsigned first_frames = 100;  // which teach faster
constexpr unsigned least_learnt = 150;  // frames with the far end in this band
constexpr float floor_rise_db = 0.02F;  // 2 dB in a second
constexpr float above_floor_db = 8;
constexpr float margin_db = 2;
constexpr float most_db = 10;            // that one band has to say
constexpr float enough_db = 5;           // of all bands together
constexpr unsigned enough_frames = 3;    // longer than a click and a key
constexpr unsigned longest_words = 200;  // frames: sooner than that the answer has fallen silent

float decibels(float power) {
  return 10 * std::log10(power + 1e-3F);
}

}  // namespace

DoubleTalk::DoubleTalk() {
  for (std::size_t n = 0; n < bands; ++n) {
    const float angle = 2 * std::numbers::pi_v<float> * centres_hz[n] / static_cast<float>(rate);
    const float alpha = std::sin(angle) / (2 * quality);
    Filter filter;
    filter.gain = alpha / (1 + alpha);
    filter.a1 = 2 * std::cos(angle) / (1 + alpha);
    filter.a2 = (alpha - 1) / (1 + alpha);
    bands_[n].near = filter;
    bands_[n].far = filter;
  }
}

float DoubleTalk::Filter::power(ConstFrame frame) {
  float sum = 0;
  for (const std::int16_t sample : frame) {
    const auto x = static_cast<float>(sample);
    const float y = gain * (x - x2) + a1 * y1 + a2 * y2;
    x2 = x1;
    x1 = x;
    y2 = y1;
    y1 = y;
    sum += y * y;
  }
  // What fades away for ever costs a lot to compute with.
  if (sum < 1e-6F) y1 = y2 = 0;
  return sum / static_cast<float>(frame.size());
}

float DoubleTalk::excess_db(Band& band, ConstFrame captured, ConstFrame far, bool learn) const {
  const float near_db = decibels(band.near.power(captured));
  band.latest[frames_ % reach] = decibels(band.far.power(far));
  band.tail_db = std::max(band.tail_db - fade_db, *std::ranges::max_element(band.latest));
  band.floor_db = std::min(band.floor_db + floor_rise_db, near_db);
  if (band.tail_db < heard_db) return 0;
  const bool sounds = near_db > band.floor_db + above_floor_db;
  const float ratio_db = near_db - band.tail_db;
  const float excess = ratio_db - band.coupling_db - margin_db;
  if (learn) {
    if (band.learnt == 0) band.coupling_db = ratio_db;
    ++band.learnt;
    const float step = band.learnt < first_frames ? 3 : rise_db;
    band.coupling_db +=
        ratio_db > band.coupling_db ? std::min(step, ratio_db - band.coupling_db) : -fall_db;
  }
  return sounds && band.learnt > least_learnt ? std::clamp(excess, 0.0F, most_db) : 0;
}

bool DoubleTalk::add(ConstFrame captured, ConstFrame far, bool learn) {
  ++frames_;
  // What goes on for longer is a speaker turned up, or a microphone moved.
  untaught_ = learn ? 0 : untaught_ + 1;
  learn = learn || untaught_ > longest_words;
  float sum = 0;
  for (Band& band : bands_)
    sum += excess_db(band, captured, far, learn);
  if (sum >= enough_db) {
    exceeding_ = std::min(exceeding_ + 1, enough_frames);
  } else if (exceeding_ > 0) {
    --exceeding_;
  }
  return exceeding_ >= enough_frames;
}

}  // namespace gv::echo
