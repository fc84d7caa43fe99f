#include "ctl/doctor/audio.hpp"

#include <string>

#include "ctl/audio_check.hpp"
#include "ctl/audio_report.hpp"
#include "ctl/client.hpp"
#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "daemon/echo/canceller.hpp"
#include "daemon/util/log.hpp"

namespace gv::ctl {
namespace {

// Enough to find the signal by, two seconds late too; and for a canceller that must find the delay
// by itself, learn the room, and then be measured.
constexpr int listening_seconds = 4;
constexpr int cancelling_seconds = 8;
// Somebody who spoke spoils it, and a moment at which the sound server tells wrong times.
constexpr int most_passes = 2;

// The devices are the daemon's while it talks, and a test sound is nothing for the service to hear.
void need_silence(const Options& options) {
  try {
    Client client("doctor", options);
    if (!client.daemon_runs() || text_of(client.properties(), "state") == "idle") return;
  } catch (const Problem&) {
    return;  // no bus or no answer: then there is no conversation to disturb
  }
  throw Problem(Exit::refused, "doctor", "a conversation is going on", "gemini-voicectl stop");
}

Findings measure(const config::Audio& wanted, bool tell) {
  audio::CaptureSpec capture;
  capture.devices = wanted.capture_devices;
  capture.period_ms = static_cast<unsigned>(wanted.period.count());
  audio::PlaybackSpec playback;
  playback.devices = wanted.playback_devices;
  playback.period_ms = capture.period_ms;
  const AudioCheck check = check_audio(capture, playback, listening_seconds);
  EchoSettings echo{wanted.echo, echo::cancellation_built_in()};
  if (!echo.built_in || !has_echo(check)) return report(check, std::nullopt, echo);
  capture.echo = audio::EchoHandling::cancel;
  capture.processing = {.high_pass = wanted.high_pass,
                        .noise_suppression = wanted.noise_suppression,
                        .gain_control = wanted.gain_control};
  Cancellation best;
  for (int pass = 0; pass < most_passes && echo.starts && !best.good() && best.failure.empty();
       ++pass) {
    if (tell && pass > 0)
      print(std::string(best.erle_db ? "Much of the echo is left" : "Too little was heard") +
            "; once more.");
    const AudioCheck cancelled = check_audio(capture, playback, cancelling_seconds);
    echo.starts = cancelled.cancels;
    if (pass == 0 || cancelled.levels.erle_db > best.erle_db)
      best = {cancelled.levels.erle_db, cancelled.failure()};
  }
  return report(check, best, echo);
}

}  // namespace

Findings audio_findings(const config::Audio& wanted, const Options& options) {
  need_silence(options);
  log::set_level(log::Level::warning);  // what the engine has to tell is in the findings
  if (!options.json) {
    print("Playing a test sound for " + std::to_string(listening_seconds) + " seconds, then for " +
          std::to_string(cancelling_seconds) + "; please be quiet.");
  }
  Findings findings = measure(wanted, !options.json);
  for (Finding& finding : findings)
    finding.exit = Exit::device;
  return findings;
}

}  // namespace gv::ctl
