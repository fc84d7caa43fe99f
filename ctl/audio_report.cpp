#include "ctl/audio_report.hpp"

#include <cmath>
#include <cstdio>

#include "ctl/audio_measure.hpp"
#include "daemon/session/echo_policy.hpp"

namespace gv::ctl {
namespace {

constexpr std::size_t frames_per_ms = audio::capture_rate / 1000;
constexpr std::size_t longest_path = 2000 * frames_per_ms;
// Below that a canceller leaves words that the service would take for the user's.
constexpr double good_erle_db = 20;
// So much louder than the room while the test sound was played: something was heard.
constexpr double louder_db = 3;

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

Finding microphone(const AudioCheck& check) {
  Finding finding = device("microphone", check.capture);
  if (finding.verdict == Verdict::bad || check.capture_interval_ms <= 0) return finding;
  finding.text += "; gives something every " + number(check.capture_interval_ms, 1) + " ms, " +
                  number(check.capture_delay_ms, 1) + " ms after it sounded";
  finding.values["interval_ms"] = check.capture_interval_ms;
  finding.values["delay_ms"] = check.capture_delay_ms;
  return finding;
}

Finding speaker(const AudioCheck& check) {
  Finding finding = device("speaker", check.playback);
  if (finding.verdict == Verdict::bad || check.recording.empty()) return finding;
  finding.text += "; sounds " + number(check.playback_delay_ms, 1) + " ms after it is given";
  if (check.playback.info->headphones) finding.text += "; headphones";
  finding.values["delay_ms"] = check.playback_delay_ms;
  finding.values["headphones"] = check.playback.info->headphones;
  return finding;
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

// The daemon's own rule, as it would be here.
session::EchoPolicy policy_of(config::Echo wanted, const AudioCheck& check,
                              const EchoSettings& echo) {
  session::EchoPolicy policy;
  policy.begin(wanted, echo.built_in);
  policy.playing_to(check.playback.info->headphones);
  if (!echo.starts) policy.no_canceller();
  return policy;
}

std::string_view configured_word(config::Echo wanted) {
  switch (wanted) {
    case config::Echo::automatic:
      return "auto";
    case config::Echo::cancel:
      return "cancel";
    case config::Echo::half_duplex:
      return "half-duplex";
    case config::Echo::off:
      return "off";
  }
  return {};
}

// What the daemon does here, and why.
Finding echo_mode(const AudioCheck& check, const EchoSettings& echo) {
  const session::EchoPolicy policy = policy_of(config::Echo::automatic, check, echo);
  const std::string_view automatic = session::contract_name(policy.mode());
  const std::string_view in_force =
      session::contract_name(policy_of(echo.wanted, check, echo).mode());
  const std::string why = policy.why();
  std::string text = "configured is 'auto', which is " + std::string(automatic) + " here: " + why;
  if (echo.wanted != config::Echo::automatic) {
    text = "configured is '" + std::string(configured_word(echo.wanted)) + "'; 'auto' would be " +
           std::string(automatic) + ": " + why;
  }
  return {"echo mode",
          Verdict::good,
          text,
          "",
          {{"configured", configured_word(echo.wanted)},
           {"in_force", in_force},
           {"automatic", automatic},
           {"why", why}}};
}

// A warning where what is configured does something else.
Finding recommendation(session::EchoMode mode, const std::string& why, const AudioCheck& check,
                       const EchoSettings& echo) {
  const std::string word(session::contract_name(mode));
  Finding finding{
      "audio.echo", Verdict::good, word + ", because " + why, "", {{"recommended", word}}};
  if (policy_of(echo.wanted, check, echo).mode() == mode) {
    finding.text += "; that is what the configuration does";
  } else {
    finding.verdict = Verdict::doubtful;
    finding.advice = "audio.echo: " + word + " in the configuration, then gemini-voicectl reload";
  }
  return finding;
}

std::optional<Echo> echo_of(const AudioCheck& check) {
  return find_echo(check.recording, check.signal, check.signal_at, longest_path);
}

// That none was found does not say that there is none: never a reason for `off`.
void judge_no_echo(Findings& findings, const AudioCheck& check, const EchoSettings& echo) {
  const Hearing heard = hear(check.recording, check.signal_at);
  const double more = heard.level_dbfs - heard.noise_dbfs;
  if (check.playback.info->headphones) {
    findings.push_back(
        {"echo", Verdict::good, "the microphone does not hear the headphones", "", {}});
    findings.push_back(recommendation(session::EchoMode::off,
                                      "nothing of what is played comes back", check, echo));
    return;
  }
  if (more < louder_db) {
    findings.push_back(
        {"echo",
         Verdict::good,
         "the microphone does not hear the speaker: headphones, or the volume is down",
         "the same at the volume at which you listen, if it is a speaker",
         {}});
    findings.push_back({"audio.echo",
                        Verdict::good,
                        "auto: with headphones it does no harm, and 'off' is right with them alone",
                        "",
                        {{"recommended", "auto"}}});
    return;
  }
  findings.push_back({"echo",
                      Verdict::doubtful,
                      "while the test sound played the microphone was " + number(more) +
                          " dB louder than before, but the sound was not found in it: its way is "
                          "longer than 2 s, or somebody spoke",
                      "again, while it is quiet",
                      {{"louder_db", more}}});
  findings.push_back(recommendation(session::EchoMode::half_duplex,
                                    "what cannot be found cannot be cancelled either", check,
                                    echo));
}

void judge_echo(Findings& findings, const AudioCheck& check,
                const std::optional<Cancellation>& cancellation, const EchoSettings& settings) {
  using session::EchoMode;
  const std::optional<Echo> echo = echo_of(check);
  if (!echo) return judge_no_echo(findings, check, settings);
  findings.push_back(round_trip(check, *echo));
  findings.push_back({"echo",
                      Verdict::good,
                      "comes back " + number(echo->return_loss_db) + " dB below what is played",
                      "",
                      {{"echo_return_loss_db", echo->return_loss_db}}});
  if (!echo->begins) {
    findings.back().verdict = Verdict::doubtful;
    findings.back().text += "; its beginning is missing: the speaker wakes up late";
    findings.back().advice = "the power saving of the speaker, its amplifier or the sound card off";
  }
  if (cancellation && !cancellation->failure.empty()) {
    findings.push_back(
        {"cancellation",
         Verdict::bad,
         "cannot be told; a device failed at the second test sound: " + cancellation->failure,
         "gemini-voicectl devices",
         {}});
    return;
  }
  if (!settings.built_in || !settings.starts) {
    const std::string why = policy_of(config::Echo::cancel, check, settings).why();
    findings.push_back(recommendation(EchoMode::half_duplex, why, check, settings));
    return;
  }
  if (!cancellation || !cancellation->erle_db) {
    findings.push_back({"cancellation",
                        Verdict::doubtful,
                        "the second test sound was not heard well enough to tell",
                        "again, in a quieter room",
                        {}});
    return;
  }
  const double erle = *cancellation->erle_db;
  const bool good = cancellation->good();
  findings.push_back({"cancellation",
                      good ? Verdict::good : Verdict::doubtful,
                      "takes " + number(erle) + " dB off the echo (ERLE)",
                      "",
                      {{"echo_erle_db", erle}}});
  findings.push_back(
      good ? recommendation(EchoMode::cancel, "the echo is cancelled well", check, settings)
           : recommendation(EchoMode::half_duplex, "cancellation leaves too much of it", check,
                            settings));
}

}  // namespace

bool Cancellation::good() const {
  return erle_db && *erle_db >= good_erle_db;
}

bool has_echo(const AudioCheck& check) {
  return check.failure().empty() && echo_of(check);
}

Findings report(const AudioCheck& check, const std::optional<Cancellation>& cancellation,
                const EchoSettings& echo) {
  Findings findings{microphone(check), speaker(check)};
  if (findings[0].verdict == Verdict::bad || findings[1].verdict == Verdict::bad) return findings;
  const Hearing heard = hear(check.recording, check.signal_at);
  findings.push_back(hearing(heard));
  findings.push_back(xruns(check.counters));
  findings.push_back(echo_mode(check, echo));
  if (!heard.all_zero) judge_echo(findings, check, cancellation, echo);
  return findings;
}

}  // namespace gv::ctl
