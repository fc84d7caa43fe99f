#include "daemon/echo/measures.hpp"

#include <algorithm>
#include <cmath>

namespace gv::echo {
namespace {

constexpr double full_power = 32768.0 * 32768.0;
constexpr double active_dbfs = -60;  // of the far end: quieter is no speech
constexpr unsigned piece_frames = 100;
constexpr double heard_db = 6;            // above the microphone's own noise
constexpr double floor_rise_db = 0.02;    // per frame: 2 dB in a second
constexpr double least_floor_dbfs = -80;  // else it takes long to rise from digital silence
// A canceller that does not fit leaves all of it. Who talks over an echo makes the microphone
// follow it less, too.
constexpr double bad_db = 8;
constexpr double surely_alike = 0.6;
constexpr double least_coupling_db = -40;

double power(ConstFrame frame) {
  double sum = 0;
  for (const std::int16_t sample : frame)
    sum += static_cast<double>(sample) * sample;
  return sum / static_cast<double>(frame.size());
}

double dbfs(double power) {
  return std::max(Measures::silence_dbfs, 10 * std::log10(std::max(power, 1e-3) / full_power));
}

}  // namespace

void Measures::add(ConstFrame captured, ConstFrame cleaned, ConstFrame far, double alike) {
  const double captured_power = power(captured);
  const double cleaned_power = power(cleaned);
  const double far_power = power(far);
  captured_dbfs_ = dbfs(captured_power);
  cleaned_dbfs_ = dbfs(cleaned_power);
  zeros_ = captured_power == 0 ? std::min(zeros_ + 1, 1000) : 0;
  const bool active = dbfs(far_power) > active_dbfs;
  far_hangover_ = active ? residue_.room_frames : std::max(0, far_hangover_ - 1);
  floor_dbfs_ = std::max(least_floor_dbfs, std::min(floor_dbfs_ + floor_rise_db, captured_dbfs_));
  if (alike == 0 || !far_active() || captured_dbfs_ < floor_dbfs_ + heard_db) return;
  current_.captured += captured_power;
  current_.cleaned += cleaned_power;
  current_.far += far_power;
  if (++current_.frames < piece_frames) return;
  const auto ratio_db = [this](double below) {
    return 10 * std::log10((current_.captured + 1) / (below + 1));
  };
  // In noise there may be nothing left that could be taken.
  const double left_dbfs = dbfs(current_.cleaned / piece_frames);
  if (ratio_db(current_.cleaned) >= bad_db || left_dbfs < floor_dbfs_ + heard_db) {
    bad_ = 0;
  } else if (alike >= surely_alike && ratio_db(current_.far) > least_coupling_db) {
    ++bad_;
  }
  pieces_[count_++ % most_pieces] = current_;
  current_ = {};
}

std::optional<double> Measures::median(double Piece::*above, double Piece::*below) const {
  const std::size_t size = std::min(count_, most_pieces);
  if (size < 2) return std::nullopt;
  std::array<double, most_pieces> values{};
  for (std::size_t n = 0; n < size; ++n)
    values[n] = 10 * std::log10((pieces_[n].*above + 1) / (pieces_[n].*below + 1));
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(size / 2);
  std::nth_element(values.begin(), middle, values.begin() + static_cast<std::ptrdiff_t>(size));
  return *middle;
}

std::optional<double> Measures::erle_db() const {
  return median(&Piece::captured, &Piece::cleaned);
}

std::optional<double> Measures::coupling_db() const {
  return median(&Piece::captured, &Piece::far);
}

}  // namespace gv::echo
