// setup devices: meters of what the configuration names, without a daemon, and another choice.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "ctl/audio_check.hpp"
#include "ctl/audio_measure.hpp"
#include "ctl/config_file.hpp"
#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/set_key.hpp"
#include "ctl/setup_steps.hpp"
#include "ctl/watch_meters.hpp"
#include "daemon/audio/alsa_devices.hpp"
#include "daemon/config/dump.hpp"
#include "daemon/util/log.hpp"

namespace gv::ctl {
namespace {

constexpr int between_looks_ms = 100;
constexpr double sound_seconds = 1.5;
// A voice is louder than that; a room without one mostly is not.
constexpr double voice_dbfs = -50;

const char* what = "setup devices";

class Watcher final : public audio::EngineObserver {
 public:
  // One that was lost may come back.
  void capture_opened(const audio::StreamInfo& /*info*/) override {
    meters.capture_open = true;
    microphone_failure.clear();
  }
  void capture_closed() override { meters.capture_open = false; }
  void capture_failed(const Failure& failure) override {
    meters.capture_open = false;
    microphone_failure = failure.message;
  }
  void capture_lost(const Failure& failure) override { capture_failed(failure); }
  void captured(const audio::CaptureChunk& /*chunk*/) override {}
  void playback_opened(const audio::StreamInfo& /*info*/) override {
    meters.playback_open = true;
    speaker_failure.clear();
  }
  void headphones_changed(bool /*headphones*/) override {}
  void playback_closed() override { meters.playback_open = false; }
  void playback_failed(const Failure& failure) override {
    meters.playback_open = false;
    speaker_failure = failure.message;
  }
  void playback_lost(const Failure& failure) override { playback_failed(failure); }
  void play_started(std::uint64_t /*turn*/, std::int64_t /*received_ns*/,
                    std::int64_t /*accepted_ns*/, std::int64_t /*heard_ns*/) override {}
  void played(const audio::Played& /*played*/) override {}
  void barge_in(const audio::BargeInEvent& /*event*/) override {}
  void playout_room() override {}

  Meters meters;
  std::string microphone_failure;
  std::string speaker_failure;
};

std::string one_of(const std::vector<std::string>& devices) {
  std::string all;
  for (const std::string& device : devices)
    all += (all.empty() ? "" : ", else ") + device;
  return all;
}

// True: Enter was pressed, or the terminal is gone.
bool wait_for_enter(audio::Engine& engine) {
  pollfd watched[] = {{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                      {.fd = engine.event_fd(), .events = POLLIN, .revents = 0}};
  if (::poll(watched, 2, between_looks_ms) < 0 && errno != EINTR) return true;
  if (watched[0].revents == 0) return false;
  ask_line("");
  return true;
}

// Until Enter. Says what came of it; false: a device does not work, or nothing was heard.
bool watch(const config::Audio& wanted) {
  const std::unique_ptr<audio::Engine> engine = audio::make_alsa_engine();
  audio::CaptureSpec capture;
  capture.devices = wanted.capture_devices;
  capture.period_ms = static_cast<unsigned>(wanted.period.count());
  audio::PlaybackSpec playback;
  playback.devices = wanted.playback_devices;
  playback.period_ms = capture.period_ms;
  engine->open_capture(capture);
  engine->open_playback(playback);

  Watcher watcher;
  watcher.meters.daemon = true;
  watcher.meters.state = "listening";
  watcher.meters.echo_mode = "off";
  bool sounded = false;
  double loudest = silence_dbfs;
  print("Say something: the meter moves. The speaker gives a short noise. Enter ends this.");
  bool ended = false;
  while (!ended) {
    ended = wait_for_enter(*engine);
    engine->dispatch(watcher);
    if (watcher.meters.playback_open && !std::exchange(sounded, true))
      give_to_speaker(*engine, test_signal(audio::playback_rate, sound_seconds));
    const audio::Levels levels = engine->levels();
    watcher.meters.microphone_dbfs = levels.microphone_dbfs;
    watcher.meters.speaker_dbfs = levels.speaker_dbfs;
    if (watcher.meters.capture_open) loudest = std::max(loudest, levels.microphone_dbfs);
    print_raw('\r' + draw(watcher.meters, terminal_columns(), output_has_colour()) + "\033[K");
  }
  print("");
  if (!watcher.microphone_failure.empty()) print("Microphone: " + watcher.microphone_failure);
  if (!watcher.speaker_failure.empty()) print("Speaker: " + watcher.speaker_failure);
  if (!watcher.microphone_failure.empty() || !watcher.speaker_failure.empty()) return false;
  if (loudest < voice_dbfs) {
    print("The microphone heard next to nothing. Is it muted in the desktop's sound settings?");
    return false;
  }
  return true;
}

std::optional<std::string> choose(audio::Direction direction) {
  std::vector<audio::DeviceName> devices = audio::list_devices();
  std::erase_if(devices, [direction](const auto& one) { return one.direction != direction; });
  for (std::size_t i = 0; i < devices.size(); ++i)
    print("  " + std::to_string(i + 1) + "  " + devices[i].name + "  " + devices[i].description);
  const std::string answer = ask_line("[its number, Enter: leave it as it is] ");
  std::size_t number = 0;
  const auto read = std::from_chars(answer.data(), answer.data() + answer.size(), number);
  if (read.ec != std::errc{} || number < 1 || number > devices.size()) return std::nullopt;
  return devices[number - 1].name;
}

void change(const Call& call, audio::Direction direction) {
  const auto device = choose(direction);
  if (!device) return;
  const bool capture = direction == audio::Direction::capture;
  const ConfigFile file = read_config(what);
  config::Config wanted = file.config;
  auto& devices = capture ? wanted.audio.capture_devices : wanted.audio.playback_devices;
  devices = {*device};
  const config::Change edit{{"audio", capture ? "capture" : "playback", "device"},
                            config::as_scalar(*device)};
  write_config(file, changed(file, {edit}, wanted, what), what);
  std::string note;
  reload_daemon(call.options, note);
  print(file.path + " says so now." + (note.empty() ? "" : " Note: " + note));
}

}  // namespace

void set_up_devices(const Call& call) {
  log::set_level(log::Level::error);  // what the engine has to tell is told here
  while (true) {
    const config::Audio audio = read_config(what).config.audio;
    print("Microphone: " + one_of(audio.capture_devices) +
          "; speaker: " + one_of(audio.playback_devices));
    const bool good = watch(audio);
    const std::string answer =
        ask_line("[m: another microphone, s: another speaker, Enter: these] ");
    if (answer == "m") {
      change(call, audio::Direction::capture);
    } else if (answer == "s") {
      change(call, audio::Direction::playback);
    } else if (good) {
      return;
    } else {
      throw Problem(Exit::device, what, "the devices are not as they should be",
                    "this step again, or gemini-voicectl devices");
    }
  }
}

}  // namespace gv::ctl
