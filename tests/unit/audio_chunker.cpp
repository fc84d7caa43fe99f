#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/audio/chunker.hpp"

using gv::audio::CaptureChunk;
using gv::audio::Chunker;

namespace {

constexpr std::int64_t frame_ns = 62'500;

struct Result {
  std::vector<unsigned> sizes;
  std::vector<std::int64_t> times;
  std::vector<std::int16_t> samples;
};

// Delivers `total` samples of a ramp in pieces of `piece`; sample n is heard at (n + 1) * frame_ns.
Result run(unsigned period_ms, std::size_t piece, std::size_t total) {
  Chunker chunker(period_ms);
  std::vector<std::int16_t> ramp(total);
  std::iota(ramp.begin(), ramp.end(), std::int16_t{0});
  Result result;
  for (std::size_t at = 0; at < total; at += piece) {
    const std::size_t n = std::min(piece, total - at);
    chunker.push(std::span(ramp).subspan(at, n), static_cast<std::int64_t>(at + n) * frame_ns);
    CaptureChunk chunk;
    while (chunker.pop(chunk)) {
      result.sizes.push_back(chunk.frames);
      result.times.push_back(chunk.captured_ns);
      result.samples.insert(result.samples.end(), chunk.view().begin(), chunk.view().end());
    }
  }
  return result;
}

}  // namespace

TEST_CASE("chunks hold every sample once, 20 to 40 ms, with the time of their last") {
  for (const unsigned period : {10U, 20U, 30U, 40U}) {
    for (const std::size_t piece : {1U, 160U, 320U, 341U, 683U, 3840U, 700U}) {
      CAPTURE(period);
      CAPTURE(piece);
      const Result result = run(period, piece, 16000);
      std::int64_t frames = 0;
      for (std::size_t i = 0; i < result.sizes.size(); ++i) {
        CHECK(result.sizes[i] >= 16 * std::max(period, 20U));
        CHECK(result.sizes[i] <= 640);
        frames += result.sizes[i];
        CHECK(result.times[i] == frames * frame_ns);
      }
      CHECK(frames > 16000 - 640);
      for (std::size_t i = 0; i < result.samples.size(); ++i) {
        REQUIRE(result.samples[i] == static_cast<std::int16_t>(i));
      }
    }
  }
}

TEST_CASE("a period of the device is passed on at once, whole") {
  CHECK(run(20, 320, 3200).sizes == std::vector<unsigned>(10, 320));
  CHECK(run(20, 341, 3410).sizes == std::vector<unsigned>(10, 341));
  CHECK(run(40, 640, 6400).sizes == std::vector<unsigned>(10, 640));
  CHECK(run(10, 160, 3200).sizes == std::vector<unsigned>(10, 320));
}

TEST_CASE("reset forgets what was not delivered") {
  Chunker chunker(20);
  const std::vector<std::int16_t> old(300, 1);
  const std::vector<std::int16_t> fresh(320, 2);
  chunker.push(old, 0);
  chunker.reset();
  chunker.push(fresh, 0);
  CaptureChunk chunk;
  REQUIRE(chunker.pop(chunk));
  CHECK(chunk.frames == 320);
  CHECK(chunk.samples[0] == 2);
}
