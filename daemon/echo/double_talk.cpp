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
constexpr float heard_power = 100;      // the far end's that can make an echo
constexpr float kept = 0.85F;           // of a frame: 60 dB in 0.9 s, as in a hall
constexpr float follow = 0.05F;         // of what the weights are wrong by
constexpr float rise_db = 0.1F;         // of a limit, when exceeded,
constexpr float fall_db = 0.001F;       // and when not: about one frame in a hundred exceeds it
constexpr unsigned first_frames = 60;   // which teach the weights, faster, and no limit
constexpr unsigned soon_frames = 300;   // until then the limits move
constexpr float soon = 5;               // times as fast
constexpr unsigned least_learnt = 150;  // frames with the far end in this band
constexpr float floor_rise_db = 0.02F;  // 2 dB in a second
constexpr float above_floor_db = 8;
constexpr float fresh = 0.2F;    // of what is smoothed, what one frame is
constexpr float most_times = 3;  // what is expected, does one frame count there
constexpr float margin_db = 1;
constexpr float most_db = 6;             // that one frame has to say,
constexpr float least_db = 1.4F;         // and what says nothing
constexpr float enough_db = 13;          // of several frames: longer than a click and a key
constexpr unsigned longest_words = 200;  // frames: sooner than that the answer has fallen silent

float decibels(float power) {
  return 10 * std::log10(power + 1e-3F);
}

void gather(float& evidence, float sum_db) {
  evidence = std::clamp(evidence + std::min(sum_db, most_db) - least_db, 0.0F, enough_db);
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

float DoubleTalk::Limit::excess_db(float beyond_db, float speed) {
  const float excess = beyond_db - most_db - margin_db;
  most_db +=
      beyond_db > most_db ? std::min(speed * rise_db, beyond_db - most_db) : -speed * fall_db;
  return std::max(excess, 0.0F);
}

DoubleTalk::Excess DoubleTalk::excess(Band& band, ConstFrame captured, ConstFrame far, bool learn) {
  const float near = band.near.power(captured);
  const float near_db = decibels(near);
  float& tail = band.played.back();
  tail = kept * tail + band.played[reach - 1];
  std::copy_backward(band.played.begin(), band.played.begin() + reach - 1,
                     band.played.begin() + reach);
  band.played.front() = band.far.power(far);
  band.floor_db = std::min(band.floor_db + floor_rise_db, near_db);
  if (!plays(band)) return {};
  float expected = 0;
  float square = 0;
  for (std::size_t n = 0; n <= reach; ++n) {
    expected += band.weights[n] * band.played[n];
    square += band.played[n] * band.played[n];
  }
  band.echo = std::max(expected, kept * band.echo);
  const float floor = std::pow(10.0F, band.floor_db / 10);
  const bool sounds = near_db > band.floor_db + above_floor_db;
  const float expects = band.echo + floor;
  // A key is loud for a moment, and would be for longer in the mean.
  band.near_lately += fresh * (std::min(near, most_times * expects) - band.near_lately);
  band.echo_lately += fresh * (expects - band.echo_lately);
  const bool first = band.learnt < first_frames;
  if (learn) {
    ++band.learnt;
    // Not more than what is expected, or words would be learnt at once.
    const float wrong = first ? near - expected : std::min(near - expected, expected + floor);
    const float step = (first ? 4 : 1) * follow * wrong / square;
    for (std::size_t n = 0; n <= reach; ++n)
      band.weights[n] = std::max(0.0F, band.weights[n] + step * band.played[n]);
  }
  const float now_db = near_db - decibels(expects);
  const float lately_db = decibels(band.near_lately) - decibels(band.echo_lately);
  const float speed = !learn || first ? 0 : band.learnt < soon_frames ? soon : 1;
  const Excess excess{band.now.excess_db(now_db, speed), band.lately.excess_db(lately_db, speed)};
  return sounds && band.learnt > least_learnt ? excess : Excess{};
}

bool DoubleTalk::plays(const Band& band) {
  return *std::ranges::max_element(band.played) >= heard_power;
}

void DoubleTalk::forget() {
  for (Band& band : bands_) {
    band.learnt = 0;
    band.now = {};
    band.lately = {};
  }
}

bool DoubleTalk::add(ConstFrame captured, ConstFrame far, bool learn) {
  if (learn) {
    untaught_ = 0;
  } else if (std::ranges::any_of(bands_, plays)) {
    ++untaught_;
  }
  if (untaught_ > longest_words) {
    // What goes on for longer is a speaker turned up, or a microphone moved.
    if (untaught_ == longest_words + 1) forget();
    learn = true;
  }
  Excess sum;
  for (Band& band : bands_) {
    const Excess one = excess(band, captured, far, learn);
    sum.now_db += one.now_db;
    sum.lately_db += one.lately_db;
  }
  gather(evidence_.now_db, sum.now_db);
  gather(evidence_.lately_db, sum.lately_db);
  return std::max(evidence_.now_db, evidence_.lately_db) >= enough_db;
}

}  // namespace gv::echo
