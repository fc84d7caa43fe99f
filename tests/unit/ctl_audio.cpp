// doctor --audio: what a microphone heard of the test signal, in numbers and advice.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include "ctl/audio_measure.hpp"
#include "ctl/audio_report.hpp"
#include "daemon/echo/delay_finder.hpp"

using namespace gv;
using namespace gv::ctl;

namespace {

constexpr unsigned rate = 16000;
constexpr std::size_t before = rate / 2;
constexpr std::size_t longest = 2 * rate;

// A room: the signal comes back after delay_ms at `gain`, in noise of that amplitude.
AudioCheck room(double gain, std::size_t delay_ms, int noise) {
  AudioCheck check;
  check.capture.info = audio::StreamInfo{"mic", 48000, 1, 960, 11520};
  check.playback.info = audio::StreamInfo{"speaker", 48000, 2, 960, 2880};
  check.signal = test_signal(rate, 4);
  check.signal_at = before;
  check.recording.resize(before + check.signal.size() + 2 * rate);
  std::uint32_t random = 7;
  for (auto& sample : check.recording) {
    random = random * 1664525 + 1013904223;
    sample = noise == 0
                 ? std::int16_t{0}
                 : static_cast<std::int16_t>(static_cast<int>(random >> 16U) % (2 * noise) - noise);
  }
  for (std::size_t i = 0; i < check.signal.size(); ++i) {
    auto& sample = check.recording[before + delay_ms * rate / 1000 + i];
    sample =
        static_cast<std::int16_t>(std::clamp(sample + gain * check.signal[i], -32768.0, 32767.0));
  }
  return check;
}

const Finding* about(const Findings& findings, const std::string& what) {
  const auto found = std::ranges::find(findings, what, &Finding::about);
  return found == findings.end() ? nullptr : &*found;
}

std::string recommended(const AudioCheck& check, const std::optional<Cancellation>& cancellation,
                        const EchoSettings& echo = {}) {
  const Findings findings = report(check, cancellation, echo);
  const Finding* finding = about(findings, "audio.echo");
  return finding == nullptr ? "" : std::string(finding->values.at("recommended").as_string());
}

}  // namespace

TEST_CASE("the test signal: 20 dB below full scale, without clicks, the same every time") {
  for (const unsigned hz : {16000U, 24000U}) {
    const auto signal = test_signal(hz, 2);
    CHECK(signal.size() == 2 * hz);
    CHECK(dbfs(signal) == doctest::Approx(-20).epsilon(0.01));
    CHECK(std::abs(signal.front()) < 100);
    CHECK(std::abs(signal.back()) < 100);
    CHECK(signal == test_signal(hz, 2));
    CHECK(std::ranges::max(signal) < 32767);
  }
}

// Where nothing tells of the delay the canceller must find it by ear, or it is blamed for it.
TEST_CASE("the test signal shows the canceller's own delay finder how late it is heard") {
  for (const std::size_t delay_ms : {60U, 220U, 600U, 1200U, 2000U}) {
    CAPTURE(delay_ms);
    const AudioCheck check = room(0.1, delay_ms, 20);
    echo::DelayFinder finder;
    std::size_t found_ms = 0;
    for (std::size_t at = 0; at + 160 <= check.signal.size() && found_ms == 0; at += 160) {
      finder.add(std::span(check.recording).subspan(before + at).first<160>(),
                 std::span(check.signal).subspan(at).first<160>());
      if (finder.echo() && finder.echo()->later_ns) found_ms = at / 16;
    }
    MESSAGE(delay_ms << " ms: found after " << found_ms << " ms");
    REQUIRE(found_ms > 0);
    CHECK(found_ms < delay_ms + 1500);
    CHECK(std::abs(static_cast<double>(*finder.echo()->later_ns) / 1e6 -
                   static_cast<double>(delay_ms)) <= 20);
  }
}

TEST_CASE("an echo is found at its delay and with its loss, in noise too") {
  for (const std::size_t delay_ms : {0U, 5U, 120U, 500U, 1233U, 2000U}) {
    for (const double loss_db : {6.0, 20.0, 30.0}) {
      const AudioCheck check = room(std::pow(10, -loss_db / 20), delay_ms, 20);
      const auto echo = find_echo(check.recording, check.signal, before, longest);
      REQUIRE(echo);
      CHECK(echo->delay_frames == delay_ms * 16);
      CHECK(echo->return_loss_db == doctest::Approx(loss_db).epsilon(0.05));
      CHECK(echo->begins);
    }
  }
}

TEST_CASE("no echo is found in noise, in silence, or where nothing was recorded") {
  for (const int noise : {0, 1, 300}) {
    const AudioCheck check = room(0, 0, noise);
    CHECK_FALSE(find_echo(check.recording, check.signal, before, longest));
  }
  CHECK_FALSE(find_echo({}, test_signal(rate, 1), 0, longest));
}

TEST_CASE("a speaker that swallows the beginning: the rest is found, and it is told") {
  AudioCheck check = room(0.1, 90, 20);
  std::fill_n(check.recording.begin() + before, 90 * 16 + 3 * rate / 2, std::int16_t{3});
  const auto echo = find_echo(check.recording, check.signal, before, longest);
  REQUIRE(echo);
  CHECK(echo->delay_frames == 90 * 16);
  CHECK(echo->return_loss_db == doctest::Approx(20).epsilon(0.05));
  CHECK_FALSE(echo->begins);
  const Findings findings = report(check, Cancellation{30}, {});
  CHECK(about(findings, "echo")->verdict == Verdict::doubtful);
  CHECK(about(findings, "echo")->advice != "");
  CHECK(recommended(check, Cancellation{30}) == "cancel");
}

TEST_CASE("the advice: a good canceller, a bad one, none") {
  const AudioCheck loud = room(0.2, 80, 50);
  CHECK(has_echo(loud));
  CHECK(recommended(loud, Cancellation{35}) == "cancel");
  CHECK(recommended(loud, Cancellation{8}) == "half-duplex");
  CHECK(recommended(loud, Cancellation{}) == "");
  CHECK(recommended(loud, std::nullopt, {config::Echo::automatic, false}) == "half-duplex");
  CHECK(recommended(loud, Cancellation{}, {.starts = false}) == "half-duplex");
}

TEST_CASE("a device that fails the second time is told of, not blamed on the room") {
  const Cancellation lost{.failure = "'hw:7' was unplugged"};
  const Findings findings = report(room(0.2, 80, 50), lost, {});
  const Finding* finding = about(findings, "cancellation");
  REQUIRE(finding);
  CHECK(finding->verdict == Verdict::bad);
  CHECK(finding->text.find("'hw:7' was unplugged") != std::string::npos);
  CHECK(finding->advice == "gemini-voicectl devices");
  CHECK(about(findings, "audio.echo") == nullptr);
}

TEST_CASE("that no echo was found is no reason to switch it off") {
  CHECK(recommended(room(0, 0, 50), std::nullopt) == "auto");
  AudioCheck headphones = room(0, 0, 50);
  headphones.playback.info->headphones = true;
  CHECK(recommended(headphones, std::nullopt) == "off");
  // Something was heard, though not the test sound: somebody, or a way of more than 2 s.
  AudioCheck noisy = room(0, 0, 50);
  for (std::size_t i = before + rate; i < before + 2 * rate; ++i)
    noisy.recording[i] = static_cast<std::int16_t>(20 * noisy.recording[i]);
  const Findings findings = report(noisy, std::nullopt, {});
  CHECK(about(findings, "echo")->verdict == Verdict::doubtful);
  CHECK(about(findings, "echo")->advice != "");
  CHECK(recommended(noisy, std::nullopt) == "half-duplex");
}

TEST_CASE("what is in force, what auto would be, and why") {
  AudioCheck check = room(0.2, 80, 50);
  const auto mode = [&check](const EchoSettings& echo) {
    const Findings findings = report(check, Cancellation{35}, echo);
    const Finding* finding = about(findings, "echo mode");
    REQUIRE(finding);
    return *finding;
  };
  CHECK(mode({}).text == "configured is 'auto', which is cancel here: no headphones are known of");
  CHECK(mode({config::Echo::half_duplex})
            .text.starts_with("configured is 'half-duplex'; 'auto' would be cancel: "));
  CHECK(mode({config::Echo::off}).values.at("in_force") == "off");
  CHECK(mode({config::Echo::automatic, false}).values.at("in_force") == "half-duplex");
  const Finding refused = mode({.starts = false});
  CHECK(refused.values.at("in_force") == "half-duplex");
  CHECK(refused.text.ends_with(": the echo canceller does not start"));
  check.playback.info->headphones = true;
  CHECK(mode({}).values.at("in_force") == "off");
  CHECK(mode({}).text.find("headphones are plugged in") != std::string::npos);
  CHECK(mode({config::Echo::cancel}).values.at("in_force") == "cancel");
}

TEST_CASE("a configuration that does something else than what is recommended is warned of") {
  const AudioCheck check = room(0.2, 80, 50);
  const auto advice = [&check](double erle_db, config::Echo wanted) {
    return *about(report(check, Cancellation{erle_db}, {wanted}), "audio.echo");
  };
  CHECK(advice(35, config::Echo::automatic).verdict == Verdict::good);
  CHECK(advice(35, config::Echo::automatic).advice == "");
  CHECK(advice(35, config::Echo::off).verdict == Verdict::doubtful);
  CHECK(advice(35, config::Echo::off).advice.starts_with("audio.echo: cancel "));
  CHECK(advice(8, config::Echo::automatic).advice.starts_with("audio.echo: half-duplex "));
  CHECK(advice(8, config::Echo::half_duplex).verdict == Verdict::good);
}

TEST_CASE("the numbers of the path") {
  AudioCheck check = room(0.1, 80, 50);
  check.capture_interval_ms = 25.5;
  check.capture_delay_ms = 12;
  check.playback_delay_ms = 47;
  const Findings findings = report(check, Cancellation{35}, {});
  const Finding* trip = about(findings, "round trip");
  REQUIRE(trip);
  CHECK(trip->values.at("speaker_to_microphone_ms").as_double() == doctest::Approx(80));
  CHECK(about(findings, "echo")->values.at("echo_return_loss_db").as_double() ==
        doctest::Approx(20).epsilon(0.05));
  CHECK(about(findings, "microphone")->values.at("buffer_ms").as_double() == doctest::Approx(240));
  CHECK(about(findings, "microphone")->values.at("interval_ms").as_double() == 25.5);
  CHECK(about(findings, "microphone")->values.at("delay_ms").as_double() == 12);
  CHECK(about(findings, "speaker")->values.at("period_ms").as_double() == doctest::Approx(20));
  CHECK(about(findings, "speaker")->values.at("delay_ms").as_double() == 47);
}

TEST_CASE("a microphone that is muted at the mixer is told from a quiet room") {
  const Findings muted = report(room(0, 0, 0), std::nullopt, {});
  CHECK(about(muted, "level")->verdict == Verdict::bad);
  CHECK(about(muted, "level")->advice != "");
  CHECK(about(muted, "audio.echo") == nullptr);
  const Findings quiet = report(room(0, 0, 2), std::nullopt, {});
  CHECK(about(quiet, "level")->verdict == Verdict::good);
}

TEST_CASE("clipping is told") {
  const Findings findings = report(room(30, 10, 50), std::nullopt, {});
  CHECK(about(findings, "level")->verdict == Verdict::doubtful);
  CHECK(about(findings, "level")->values.at("clipped_samples").as_uint64() > 100);
  CHECK(about(findings, "level")->advice != "");
}

TEST_CASE("a device that does not open: why, and no more") {
  AudioCheck check;
  check.capture.failure = "'hw:7' is not there";
  const Findings findings = report(check, std::nullopt, {});
  CHECK(findings.size() == 2);
  CHECK(findings[0].verdict == Verdict::bad);
  CHECK_FALSE(has_echo(check));
  CHECK(render(findings[0], false) ==
        "failed   microphone    'hw:7' is not there\n"
        "                       Try: gemini-voicectl devices\n");
}
