// The session as it is seen and heard without looking: earcons, a hook, a notification, a bar.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>

#include <doctest/doctest.h>

#include "daemon/audio/earcon.hpp"
#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/calls.hpp"
#include "tests/e2e/support/neighbour.hpp"
#include "tests/e2e/support/programs.hpp"
#include "tests/support/attempts.hpp"

using namespace gv::e2e;
using gv::audio::Earcon;

namespace {

// How alike what was heard from `from` on is to the earcon.
double likeness(const SpeakerRecorder& speaker, std::size_t from, Earcon which) {
  speaker.catch_up();
  const Samples heard = speaker.samples(from, speaker.size());
  return find_similar(heard, gv::audio::synthesise(which)).similarity;
}

// Does something, and waits until a sound has come of it and gone.
template <class Deed>
double rings(const SpeakerRecorder& speaker, Earcon which, Deed deed) {
  speaker.catch_up();
  const std::size_t from = speaker.size();
  deed();
  speaker.wait_for_sound(from);
  speaker.wait_for_quiet(milliseconds(300), patience);
  return likeness(speaker, from, which);
}

StageOptions with_earcons(bool earcons) {
  StageOptions options;
  options.daemon.earcons = earcons;
  return options;
}

}  // namespace

TEST_CASE("start, mute, unmute and stop are heard, each as itself, and Stop stays fast") {
  for (gv::test::Attempts attempts; attempts.next();) {
    Stage stage(with_earcons(true));
    SpeakerRecorder speaker(*stage.bed, 24000);
    double worst = 1;
    const auto check = [&](Earcon which, const auto& deed) {
      worst = std::min(worst, rings(speaker, which, deed));
    };
    check(Earcon::start, [&] { stage.start_session(); });
    check(Earcon::mute, [&] { stage.voice->mute(true); });
    check(Earcon::unmute, [&] { stage.voice->mute(false); });
    std::int64_t microphone_ms = 0;
    std::int64_t over_ms = 0;
    check(Earcon::stop, [&] {
      const auto asked = std::chrono::steady_clock::now();
      const auto since = [asked] {
        return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - asked)
            .count();
      };
      stage.voice->stop();
      stage.voice->wait_for_property("CaptureOpen", false);
      microphone_ms = since();
      stage.voice->wait_for_signal("SessionEnded");
      over_ms = since();
    });
    MESSAGE("worst likeness ", worst, "; the microphone is closed after ", microphone_ms,
            " ms, the session is over after ", over_ms, " ms");
    if ((worst < 0.98 || over_ms > 800) && attempts.spoilt()) continue;
    CHECK(worst >= 0.98);
    CHECK(over_ms < 800);
    CHECK(stage.voice->property("PlaybackOpen") == false);
    CHECK(likeness(speaker, 0, Earcon::error) < 0.9);
    break;
  }
}

TEST_CASE("earcons off: silence") {
  Stage stage(with_earcons(false));
  const SpeakerRecorder speaker(*stage.bed, 24000);
  stage.start_session();
  stage.voice->mute(true);
  stage.voice->wait_for_property("CaptureOpen", false);
  stage.voice->stop();
  stage.voice->wait_for_signal("SessionEnded");
  speaker.catch_up();
  CHECK(end_of_sound(speaker.samples(), 0) == 0);
}

TEST_CASE("a hook runs with what happened, and a reload brings another") {
  const TempDir dir;
  const auto line = [&dir](const char* file, const char* variables) {
    return std::string("[sh, -c, 'echo ") + variables + " >> \"$0\"', " + (dir / file).string() +
           "]\n";
  };
  StageOptions options;
  options.daemon.more =
      "hooks:\n  session_started: " +
      line("log", "$GEMINI_VOICE_EVENT $GEMINI_VOICE_PROFILE ${GEMINI_API_KEY:-none}") +
      "  session_ended: " + line("log", "$GEMINI_VOICE_EVENT $GEMINI_VOICE_REASON");
  Stage stage(std::move(options));
  const auto said = [&dir](const std::string& text) {
    return [&dir, text] { return read_file(dir / "log") == text; };
  };
  stage.start_session();
  require("the first hook has run", said("session_started assistant none\n"));
  std::string config = read_file(stage.daemon->config_file());
  config.resize(config.find("hooks:"));
  write_file(stage.daemon->config_file(),
             config + "hooks: {muted: " + line("log", "quiet") + "}\n");
  CHECK(ctl(stage, {"reload"}).status == 0);
  stage.voice->mute(true);
  require("the new hook has run", said("session_started assistant none\nquiet\n"));
  stage.voice->stop();
  stage.voice->wait_for_signal("SessionEnded");
  stage.daemon->process().signal(SIGTERM);
  CHECK(stage.daemon->process().wait() == 0);
  CHECK(read_file(dir / "log") == "session_started assistant none\nquiet\n");
}

TEST_CASE("a notification shows the session, mutes it and stops it") {
  StageOptions options;
  options.daemon.more = "notifications: all\n";
  Stage stage(std::move(options));
  Neighbour notifications(stage.bus, GV_NOTIFICATIONS);
  stage.start_session();
  const std::string shown = notifications.hears("notify 1 ");
  CHECK(has(shown, "Listening [mute] [Mute] [stop] [Stop] urgency=0"));
  notifications.does("action 1 mute");
  stage.voice->wait_for_property("Muted", true);
  notifications.hears("notify 1 Muted [unmute]");
  notifications.does("action 1 stop");
  stage.voice->wait_for_state("idle");
  notifications.hears("close 1");
}

TEST_CASE("the bar is never blank: without the daemon, with it, and with the next one") {
  Stage stage;
  Environment environment = stage.bed->environment();
  environment.merge(stage.bus.environment());
  const Process bar({programs::ctl(), "watch", "--waybar"}, environment);
  const auto shows = [&bar](const std::string& what) {
    require(what.c_str(), [&bar, &what] {
      const std::string all = bar.output();
      const std::size_t end = all.rfind("}\n");
      const std::size_t begin = all.rfind('\n', end) + 1;
      return end != std::string::npos && has(all.substr(begin), what);
    });
  };
  shows("\"alt\":\"idle\"");
  stage.start_session();
  shows("\"class\":[\"listening\",\"microphone-open\"]");
  stage.voice->mute(true);
  shows("\"class\":[\"listening\",\"muted\"]");
  stage.daemon->process().signal(SIGKILL);
  shows("\"alt\":\"away\"");
  DaemonOptions options;
  options.endpoint = stage.sim->endpoint();
  options.ca_file = stage.authority.file().string();
  const Daemon next(stage.bus, *stage.bed, options);
  shows("\"alt\":\"idle\"");
  MESSAGE(bar.output());
}

TEST_CASE("without a bus the bar says that the daemon is away, and stays") {
  Process bar({programs::ctl(), "watch", "--waybar"},
              {{"DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all"}});
  require("it is shown", [&bar] { return has(bar.output(), "\"alt\":\"away\""); });
  CHECK_FALSE(bar.wait(milliseconds(500)).has_value());
  bar.end_for_sanitizers();
}
