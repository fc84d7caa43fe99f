// doctor: what works and what does not, with the next step.
#include <cstdlib>
#include <string>

#include "ctl/audio_check.hpp"
#include "ctl/audio_report.hpp"
#include "ctl/client.hpp"
#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/verbs.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/paths.hpp"
#include "daemon/echo/canceller.hpp"
#include "daemon/util/log.hpp"

namespace gv::ctl {
namespace {

gv::config::Config configuration() {
  const auto file = gv::config::find_config_file(std::nullopt, gv::config::process_environment());
  if (!file) return {};
  gv::config::Result result = gv::config::load_file(*file);
  if (!result.ok()) {
    throw Problem(Exit::config_invalid, "doctor", *file + " has mistakes",
                  "gemini-voicectl config check");
  }
  return std::move(result.config);
}

// Enough to find the signal by, two seconds late too; and for a canceller that must find the delay
// by itself, learn the room, and then be measured.
constexpr int listening_seconds = 4;
constexpr int cancelling_seconds = 8;

// The devices are the daemon's while it talks, and a test sound is nothing for the service to hear.
void need_silence(const Call& call) {
  try {
    Client client("doctor", call.options);
    if (!client.daemon_runs() || text_of(client.properties(), "state") == "idle") return;
  } catch (const Problem&) {
    return;  // no bus or no answer: then there is no conversation to disturb
  }
  throw Problem(Exit::refused, "doctor", "a conversation is going on", "gemini-voicectl stop");
}

Findings audio_findings(const gv::config::Audio& wanted) {
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
  const AudioCheck second = check_audio(capture, playback, cancelling_seconds);
  echo.starts = second.cancels;
  return report(check, Cancellation{second.levels.erle_db, second.failure()}, echo);
}

}  // namespace

int doctor(const Call& call) {
  if (!call.arguments.has("--audio")) {
    throw Problem(Exit::failed, "doctor", "only --audio is available in this version",
                  "gemini-voicectl doctor --audio");
  }
  need_silence(call);
  gv::log::set_level(gv::log::Level::warning);  // what the engine has to tell is in the findings
  const gv::config::Config config = configuration();
  if (!call.options.json) {
    print("Playing a test sound for " + std::to_string(listening_seconds) + " seconds, then for " +
          std::to_string(cancelling_seconds) + "; please be quiet.");
  }
  bool bad = false;
  for (const Finding& finding : audio_findings(config.audio)) {
    if (call.options.json) {
      print(to_json(finding));
    } else {
      print_raw(render(finding, output_has_colour()));
    }
    bad = bad || finding.verdict == Verdict::bad;
  }
  return static_cast<int>(bad ? Exit::device : Exit::done);
}

}  // namespace gv::ctl
