#include "daemon/audio/backoff.hpp"

#include <algorithm>
#include <utility>

namespace gv::audio {
namespace {

constexpr std::int64_t first_ns = 100'000'000;
constexpr std::int64_t quick_ns = 1'600'000'000;
constexpr std::int64_t slow_ns = 5'000'000'000;
constexpr std::int64_t quick_for_ns = 60'000'000'000;
constexpr std::int64_t proven_ns = 10'000'000'000;

}  // namespace

std::int64_t Backoff::lost(std::int64_t now, std::int64_t opened_ns) {
  if (next_ns_ != 0 && now - opened_ns < proven_ns) return wait(now);
  since_ns_ = now;
  next_ns_ = first_ns;
  return 0;
}

std::int64_t Backoff::wait(std::int64_t now) {
  if (now - since_ns_ > quick_for_ns) return slow_ns;
  return std::exchange(next_ns_, std::min(next_ns_ * 2, quick_ns));
}

void Retake::lost(std::int64_t used_ns) {
  constexpr std::int64_t most_ns = 60'000'000'000;
  constexpr std::int64_t good_ns = 30'000'000'000;
  wait_ns_ = used_ns < good_ns ? std::min(wait_ns_ * 2, most_ns) : least_ns;
}

}  // namespace gv::audio
