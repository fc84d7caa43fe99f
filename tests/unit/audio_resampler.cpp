#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/audio/resampler.hpp"

using gv::audio::Resampler;

namespace {

constexpr double amplitude = 16000;

double tone(double frequency, double time) {
  return amplitude * std::sin(2 * std::numbers::pi * frequency * time);
}

// One second of a tone through the converter in uneven pieces, then silence to bring out its rest.
std::vector<std::int16_t> convert(unsigned in_rate, unsigned out_rate, double frequency) {
  Resampler resampler(in_rate, out_rate);
  std::vector<std::int16_t> in(in_rate);
  for (std::size_t n = 0; n < in.size(); ++n) {
    in[n] =
        static_cast<std::int16_t>(std::lround(tone(frequency, static_cast<double>(n) / in_rate)));
  }
  in.resize(in.size() + resampler.latency() + 2);
  std::vector<std::int16_t> out;
  std::span<const std::int16_t> rest(in);
  for (std::size_t piece = 1; !rest.empty(); piece = piece * 7 % 1009) {
    const std::size_t n = std::min(piece, rest.size());
    resampler.process(rest.first(n), out);
    rest = rest.subspan(n);
  }
  return out;
}

// Against the tone itself at the same time: a delay of a single sample would ruin it. Edges, where
// the filter sees the tone's sudden start and end, are left out.
double snr_db(const std::vector<std::int16_t>& out, unsigned rate, double frequency) {
  double signal = 0;
  double noise = 0;
  for (std::size_t n = rate / 50; n < rate - rate / 50; ++n) {
    const double ideal = tone(frequency, static_cast<double>(n) / rate);
    signal += ideal * ideal;
    noise += (out[n] - ideal) * (out[n] - ideal);
  }
  return 10 * std::log10(signal / noise);
}

double level_db(const std::vector<std::int16_t>& out, unsigned rate) {
  double power = 0;
  for (std::size_t n = rate / 50; n < rate - rate / 50; ++n)
    power += 1.0 * out[n] * out[n];
  power /= rate * 0.96;
  return 10 * std::log10(power / (amplitude * amplitude / 2) + 1e-12);
}

}  // namespace

TEST_CASE("tones keep their shape and place") {
  struct Case {
    unsigned in;
    unsigned out;
    double frequency;
  };
  for (const Case& one :
       {Case{24000, 48000, 1000}, Case{24000, 48000, 10000}, Case{16000, 48000, 1000},
        Case{48000, 16000, 1000}, Case{48000, 16000, 6000}, Case{24000, 44100, 1000}}) {
    CAPTURE(one.in);
    CAPTURE(one.out);
    CAPTURE(one.frequency);
    const std::vector<std::int16_t> out = convert(one.in, one.out, one.frequency);
    REQUIRE(out.size() >= one.out);  // nothing is held back
    CHECK(out.size() <= one.out + 8);
    const double snr = snr_db(out, one.out, one.frequency);
    MESSAGE(one.in, " -> ", one.out, " Hz, ", one.frequency, " Hz: ", snr, " dB");
    CHECK(snr >= 70);
  }
}

TEST_CASE("what the lower rate cannot hold does not fold back into it") {
  const double alias = level_db(convert(48000, 16000, 10000), 16000);
  MESSAGE("alias ", alias, " dB");
  CHECK(alias < -60);
}

TEST_CASE("equal rates pass unchanged") {
  std::mt19937 random(1);
  std::vector<std::int16_t> in(5000);
  for (std::int16_t& sample : in)
    sample = static_cast<std::int16_t>(random());
  Resampler resampler(24000, 24000);
  CHECK(resampler.latency() == 0);
  std::vector<std::int16_t> out;
  resampler.process(in, out);
  CHECK(out == in);
}

TEST_CASE("after reset nothing of the old sound is left") {
  Resampler resampler(24000, 48000);
  std::vector<std::int16_t> out;
  resampler.process(std::vector<std::int16_t>(1000, 20000), out);
  resampler.reset();
  out.clear();
  resampler.process(std::vector<std::int16_t>(1000, 0), out);
  CHECK(out == std::vector<std::int16_t>(out.size(), 0));
}
