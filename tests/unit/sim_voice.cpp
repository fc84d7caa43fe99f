// The sim's detector and sounds.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include "tests/sim/voice.hpp"

namespace {

using namespace gv::sim;

void append(Samples& to, const Samples& more) {
  to.insert(to.end(), more.begin(), more.end());
}
Samples loud(int ms) {
  return tone(400, ms / 1000.0, k_uplink_rate);
}
Samples quiet(int ms) {
  return Samples(static_cast<std::size_t>(ms) * 16);
}

double rms(std::span<const std::int16_t> samples) {
  double squares = 0;
  for (const double sample : samples) {
    squares += sample * sample;
  }
  return std::sqrt(squares / static_cast<double>(samples.size()));
}

}  // namespace

TEST_CASE("speech is found where it is, however it is cut into chunks") {
  Samples all = quiet(300);
  append(all, loud(1000));
  append(all, quiet(800));
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{333}, std::size_t{640}, all.size()}) {
    CAPTURE(chunk);
    Detector detector({.threshold_db = -42, .prefix_ms = 60, .silence_ms = 500});
    std::vector<Detector::Event> events;
    for (std::size_t i = 0; i < all.size(); i += chunk) {
      const auto found = detector.feed(std::span(all).subspan(i, std::min(chunk, all.size() - i)));
      events.insert(events.end(), found.begin(), found.end());
    }
    REQUIRE(events.size() == 2);
    CHECK(events[0] == Detector::Event{.start = true, .position = 300 * 16});
    CHECK(events[1] == Detector::Event{.start = false, .position = 1300 * 16});
  }
}

TEST_CASE("a click is no speech, a pause inside a sentence is no end, an offset is silence") {
  Detector detector({.threshold_db = -42, .prefix_ms = 60, .silence_ms = 500});
  CHECK(detector.feed(loud(50)).empty());
  CHECK(detector.feed(quiet(200)).empty());
  CHECK(detector.feed(Samples(16'000, 3000)).empty());
  CHECK(detector.feed(loud(200)).size() == 1);
  CHECK(detector.feed(quiet(490)).empty());
  CHECK(detector.feed(loud(200)).empty());
  CHECK(detector.feed(quiet(500)).size() == 1);
}

TEST_CASE("below the threshold is silence") {
  Samples soft = loud(500);
  for (std::int16_t& sample : soft) {
    sample = static_cast<std::int16_t>(sample / 100);
  }
  CHECK(Detector({.threshold_db = -42}).feed(soft).empty());
  CHECK(Detector({.threshold_db = -60}).feed(soft).size() == 1);
}

TEST_CASE("flush ends the speech that is under way") {
  Detector detector({});
  CHECK(!detector.flush());
  detector.feed(loud(200));
  CHECK(detector.speaking());
  CHECK(detector.flush() == Detector::Event{.start = false, .position = 200 * 16});
  CHECK(!detector.speaking());
}

TEST_CASE("resampling keeps length, level and time") {
  const Samples in = tone(1000, 1, k_uplink_rate);
  const Samples out = resample(in, k_uplink_rate, k_downlink_rate);
  const Samples wanted = tone(1000, 1, k_downlink_rate);
  REQUIRE(out.size() == wanted.size());
  Samples difference(out.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    difference[i] = static_cast<std::int16_t>(out[i] - wanted[i]);
  }
  const auto middle = std::span(difference).subspan(1000, 22'000);
  CHECK(20 * std::log10(rms(wanted) / rms(middle)) > 50);
  CHECK(resample(in, 16'000, 16'000) == in);
  CHECK(resample({}, 16'000, 24'000).empty());
}

TEST_CASE("bleeps take as long as speaking, and are audible") {
  const Samples sound = bleeps("Hello there");
  CHECK(sound.size() == 11 * 65 * 24);
  CHECK(rms(sound) > 1000);
  CHECK(bleeps("ä").size() == 65 * 24);
  CHECK(bleeps("a") != bleeps("b"));
}

TEST_CASE("fragments are the text again, cut between characters") {
  const std::string text = "You wrote: Größe, naïve, 日本語 and more words.";
  std::string joined;
  for (const std::string_view piece : fragments(text)) {
    CHECK((static_cast<unsigned char>(piece[0]) & 0xC0) != 0x80);
    joined += piece;
  }
  CHECK(joined == text);
  CHECK(fragments(text).size() > 4);
  CHECK(fragments("").empty());
}

TEST_CASE("peak") {
  CHECK(peak({}) == 0);
  CHECK(peak(Samples{1, -32768, 5}) == 32768);
}
