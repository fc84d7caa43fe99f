#include "ctl/audio_report.hpp"

#include <cmath>
#include <cstdio>

#include "ctl/audio_measure.hpp"

namespace gv::ctl {
namespace {

constexpr std::size_t frames_per_ms = audio::capture_rate / 1000;
constexpr std::size_t longest_path = 600 * frames_per_ms;
// Below that a canceller leaves words that the service would take for the user's.
constexpr double good_erle_db = 20;

std::string number(double value, int decimals = 0) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

double in_ms(unsigned frames, unsigned rate) {
  return rate == 0 ? 0 : 1000.0 * frames / rate;
}

Finding device(const char* about, const AudioCheck::Side& side) {
  if (!side.failure.empty()) {
    return {about, Verdict::bad, side.failure, "gemini-voicectl devices", {}};
  }
  if (!side.info) return {about, Verdict::bad, "not tried", "", {}};
  const audio::StreamInfo& info = *side.info;
  const double period = in_ms(info.period_frames, info.rate);
  const double buffer = in_ms(info.buffer_frames, info.rate);
  return {about,
          Verdict::good,
          "'" + info.device + "': " + std::to_string(info.rate) + " Hz, " +
              std::to_string(info.channels) + " channel(s), period " + number(period, 1) +
              " ms, buffer " + number(buffer, 1) + " ms",
          "",
          {{"device", info.device},
           {"rate", info.rate},
           {"channels", info.channels},
           {"period_ms", period},
           {"buffer_ms", buffer}}};
}

Finding hearing(const Hearing& heard) {
  Finding finding{"level",
                  Verdict::good,
                  "the room " + number(heard.noise_dbfs) + " dBFS, the test sound " +
                      number(heard.level_dbfs) + " dBFS",
                  "",
                  {{"noise_dbfs", heard.noise_dbfs},
                   {"level_dbfs", heard.level_dbfs},
                   {"clipped_samples", heard.clipped}}};
  if (heard.all_zero) {
    finding.verdict = Verdict::bad;
    finding.text =
        "the microphone gives nothing but zeros: it is muted at the mixer or switched off";
    finding.advice = "pavucontrol, wpctl set-mute @DEFAULT_SOURCE@ 0, or alsamixer";
  } else if (heard.clipped > 0) {
    finding.verdict = Verdict::doubtful;
    finding.text += "; " + std::to_string(heard.clipped) + " samples at full scale";
    finding.advice = "a lower microphone gain or speaker volume";
  }
  return finding;
}

Finding round_trip(const AudioCheck& check, const Echo& echo) {
  const double out = static_cast<double>(echo.delay_frames) / frames_per_ms;
  return {
      "round trip",
      Verdict::good,
      number(out) + " ms until it sounds at the microphone, " + number(check.capture_latency_ms) +
          " ms more until it is read",
      "",
      {{"speaker_to_microphone_ms", out}, {"microphone_to_program_ms", check.capture_latency_ms}}};
}

Finding xruns(const audio::Counters& counters) {
  const std::uint64_t all = counters.capture_xruns + counters.playback_xruns;
  Finding finding{
      "gaps",
      all == 0 ? Verdict::good : Verdict::doubtful,
      all == 0 ? "none" : std::to_string(all) + " times the sound stood still",
      "",
      {{"capture_xruns", counters.capture_xruns}, {"playback_xruns", counters.playback_xruns}}};
  if (all > 0) finding.advice = "a longer audio.period";
  return finding;
}

Finding recommendation(const char* mode, const std::string& why) {
  return {"audio.echo",
          Verdict::good,
          std::string(mode) + ", because " + why,
          "",
          {{"recommended", mode}}};
}

std::optional<Echo> echo_of(const AudioCheck& check) {
  return find_echo(check.recording, check.signal, check.signal_at, longest_path);
}

void judge_echo(Findings& findings, const AudioCheck& check,
                const std::optional<Cancellation>& cancellation) {
  const std::optional<Echo> echo = echo_of(check);
  if (!echo) {
    findings.push_back({"echo", Verdict::good, "the microphone does not hear the speaker", "", {}});
    findings.push_back(recommendation(
        "off", "nothing of what is played comes back (headphones, or the volume is down)"));
    return;
  }
  findings.push_back(round_trip(check, *echo));
  findings.push_back({"echo",
                      Verdict::good,
                      "comes back " + number(echo->return_loss_db) + " dB below what is played",
                      "",
                      {{"echo_return_loss_db", echo->return_loss_db}}});
  if (!cancellation) {
    findings.push_back(recommendation("half-duplex", "no echo cancellation is built in"));
    return;
  }
  if (!cancellation->erle_db) {
    findings.push_back({"cancellation",
                        Verdict::doubtful,
                        "the second test sound was not heard well enough to tell",
                        "again, in a quieter room",
                        {}});
    return;
  }
  const double erle = *cancellation->erle_db;
  const bool good = erle >= good_erle_db;
  findings.push_back({"cancellation",
                      good ? Verdict::good : Verdict::doubtful,
                      "takes " + number(erle) + " dB off the echo (ERLE)",
                      "",
                      {{"echo_erle_db", erle}}});
  findings.push_back(good ? recommendation("cancel", "the echo is cancelled well")
                          : recommendation("half-duplex", "cancellation leaves too much of it"));
}

}  // namespace

bool has_echo(const AudioCheck& check) {
  return check.capture.failure.empty() && check.playback.failure.empty() && echo_of(check);
}

Findings report(const AudioCheck& check, const std::optional<Cancellation>& cancellation) {
  Findings findings{device("microphone", check.capture), device("speaker", check.playback)};
  if (findings[0].verdict == Verdict::bad || findings[1].verdict == Verdict::bad) return findings;
  const Hearing heard = hear(check.recording, check.signal_at);
  findings.push_back(hearing(heard));
  findings.push_back(xruns(check.counters));
  if (!heard.all_zero) judge_echo(findings, check, cancellation);
  return findings;
}

}  // namespace gv::ctl
