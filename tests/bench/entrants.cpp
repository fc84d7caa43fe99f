#include "tests/bench/entrants.hpp"

#include "tests/e2e/support/session_bus.hpp"
#include "tests/e2e/support/voice_client.hpp"

using namespace gv::e2e;

namespace gv::bench {
namespace {

class Ours final : public Entrant {
 public:
  Ours(const Surroundings& around, const DaemonOptions& options)
      : daemon_(bus_, around.bed, with_a_system_bus(options, bus_)), voice_(bus_) {}

  void begin() override {
    voice_.start();
    voice_.wait_for_state("listening");
  }
  std::vector<pid_t> processes() override { return {daemon_.process().pid()}; }
  std::string errors() override { return daemon_.log(); }
  boost::json::object statistics() override { return voice_.statistics(); }

 private:
  // Where there is none it is looked for, every now and then.
  static DaemonOptions with_a_system_bus(DaemonOptions options, const SessionBus& bus) {
    options.environment["DBUS_SYSTEM_BUS_ADDRESS"] = bus.address();
    return options;
  }

  SessionBus bus_;
  Daemon daemon_;
  VoiceClient voice_;
};

// Debian's Python, which has its packages. PortAudio takes what ALSA calls the default.
path default_devices(const TempDir& dir, const Bed& bed) {
  const auto side = [](const std::string& name) {
    return "{ type plug slave.pcm \"" + name + "\" }";
  };
  path file = dir / "asound.conf";
  write_file(file, "</usr/share/alsa/alsa.conf>\npcm.!default { type asym\n  playback.pcm " +
                       side(bed.playback_device()) + "\n  capture.pcm " +
                       side(bed.capture_device()) + "\n}\n");
  return file;
}

class Tutorial final : public Entrant {
 public:
  Tutorial(const Surroundings& around, bool queue, int chunk)
      : command_{"/usr/bin/python3", GV_TUTORIAL, queue ? "queue" : "no-queue",
                 around.sim->endpoint(), std::to_string(chunk)},
        environment_(around.bed.environment()) {
    environment_["ALSA_CONFIG_PATH"] = default_devices(dir_, around.bed).string();
    environment_["SSL_CERT_FILE"] = around.authority.file().string();
    environment_["GEMINI_API_KEY"] = test_key;
  }

  void begin() override { process_ = std::make_unique<Process>(command_, environment_); }
  std::vector<pid_t> processes() override { return {process_->pid()}; }
  std::string errors() override { return process_->errors(); }

 private:
  TempDir dir_;
  std::vector<std::string> command_;
  Environment environment_;
  std::unique_ptr<Process> process_;
};

class Floor final : public Entrant {
 public:
  explicit Floor(const Surroundings& around)
      : capture_(around.bed.capture_device()),
        playback_(around.bed.playback_device()),
        environment_(around.bed.environment()) {}

  // The rates, periods and buffers that the daemon asks a sound server for (audio/alsa_open.cpp).
  void begin() override {
    recorder_ = std::make_unique<Process>(
        std::vector<std::string>{"arecord", "-q", "-D", capture_, "-t", "raw", "-f", "S16_LE", "-r",
                                 "48000", "--period-size=960", "--buffer-size=11520", "/dev/null"},
        environment_);
    player_ = std::make_unique<Process>(
        std::vector<std::string>{"aplay", "-q", "-D", playback_, "-t", "raw", "-f", "S16_LE", "-r",
                                 "48000", "--period-size=960", "--buffer-size=2880", "/dev/zero"},
        environment_);
  }
  std::vector<pid_t> processes() override { return {recorder_->pid(), player_->pid()}; }
  std::string errors() override { return recorder_->errors() + player_->errors(); }

 private:
  std::string capture_;
  std::string playback_;
  Environment environment_;
  std::unique_ptr<Process> recorder_;
  std::unique_ptr<Process> player_;
};

}  // namespace

Entry ours(const std::string& buffering, const std::string& echo) {
  Entry entry{"gemini-voiced " + buffering + (echo == "off" ? "" : ", echo cancelled")};
  entry.enter = [buffering, echo](const Surroundings& around) {
    DaemonOptions options;
    options.endpoint = around.sim->endpoint();
    options.ca_file = around.authority.file().string();
    options.buffering = buffering;
    options.echo = echo;
    return std::make_unique<Ours>(around, options);
  };
  return entry;
}

Entry tutorial(bool queue, int chunk) {
  Entry entry{(queue ? "live_test.py, " : "no_queue_version.py, ") + std::to_string(chunk) +
              " frames"};
  entry.sim = {"--legacy"};
  entry.enter = [queue, chunk](const Surroundings& around) {
    return std::make_unique<Tutorial>(around, queue, chunk);
  };
  return entry;
}

Entry floor_of_alsa() {
  Entry entry{"arecord and aplay, 20 ms periods"};
  entry.converses = false;
  entry.enter = [](const Surroundings& around) { return std::make_unique<Floor>(around); };
  return entry;
}

}  // namespace gv::bench
