#include "tests/e2e/support/sound_server.hpp"

#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "tests/e2e/support/session_bus.hpp"
#include "tests/e2e/support/sockets.hpp"

namespace gv::e2e {
namespace {

// `pactl list short`: the number of a device comes first; of a stream, that of its device second.
std::vector<std::string> streams_of(const char* devices, std::string_view name,
                                    const char* streams) {
  std::string index;
  std::string own;
  std::string device;
  std::string rest;
  std::istringstream known(run({"pactl", "list", "short", devices}).output);
  while (known >> own >> device && std::getline(known, rest)) {
    if (device == name) index = own;
  }
  std::vector<std::string> result;
  std::istringstream open(run({"pactl", "list", "short", streams}).output);
  while (open >> own >> device && std::getline(open, rest)) {
    if (device == index) result.push_back(own);
  }
  return result;
}

// What is the same on both servers: their devices, as modules of PulseAudio, and how they are
// asked.
class ServerBed : public Bed {
 public:
  std::string playback_device() const override { return "pulse:speaker"; }
  std::string capture_device() const override { return "pulse:mic"; }
  std::string listening_device() const override { return "pulse:speaker.monitor"; }
  std::string speaking_device() const override { return "pulse:room"; }
  unsigned speaking_rate() const override { return 48000; }

  Environment environment() const override {
    return {{"PULSE_SERVER", "unix:" + socket()},
            {"XDG_RUNTIME_DIR", dir_.name().string()},
            {"HOME", dir_.name().string()},
            {"XDG_CONFIG_HOME", (dir_ / "config").string()},
            {"XDG_STATE_HOME", (dir_ / "state").string()}};
  }

  bool playback_in_use() const override { return !playing_on("speaker").empty(); }
  bool capture_in_use() const override { return !recording_from("mic").empty(); }
  bool exact() const override { return false; }

 protected:
  explicit ServerBed(unsigned speaker_rate) : speaker_rate_(speaker_rate) {
    // The test's own PCMs find the server, and leave no cookie in the user's home.
    for (const auto& [name, value] : environment())
      ::setenv(name.c_str(), value.c_str(), 1);
  }

  const TempDir& dir() const { return dir_; }
  std::string socket() const { return (dir_ / "native").string(); }

  // What is played into the room is heard by the microphone. PulseAudio's null sink renders two
  // seconds ahead unless norewinds is set (audio.md section 2.2).
  std::vector<std::string> modules() const {
    const std::string sink =
        "module-null-sink norewinds=1 channels=1 channel_map=mono format=s16le";
    return {sink + " sink_name=speaker rate=" + std::to_string(speaker_rate_),
            sink + " sink_name=room rate=48000",
            "module-remap-source master=room.monitor source_name=mic channels=1 channel_map=mono "
            "remix=no"};
  }

 private:
  TempDir dir_;
  unsigned speaker_rate_;
};

class PulseAudioBed final : public ServerBed {
 public:
  explicit PulseAudioBed(unsigned speaker_rate) : ServerBed(speaker_rate) {
    std::filesystem::create_directory(dir() / "pulse");
    std::string script;
    for (const std::string& module : modules())
      script += "load-module " + module + "\n";
    // Who can connect finds everything in place.
    write_file(dir() / "bed.pa", script +
                                     "set-default-sink speaker\nset-default-source mic\n"
                                     "load-module module-native-protocol-unix auth-anonymous=1 "
                                     "socket=" +
                                     socket() + "\n");
    start();
  }

  // A period of its own, and of the recording, and what its times are wrong by: measured, what
  // takes 44 ms on kernel devices takes 95 to 106.
  double added_ms() const override { return 45; }
  void freeze_server() override { server_->signal(SIGSTOP); }
  void thaw_server() override { server_->signal(SIGCONT); }
  void kill_server() override { server_.reset(); }
  void start_server() override { start(); }

 private:
  void start() {
    Environment server = environment();
    server["PULSE_RUNTIME_PATH"] = (dir() / "pulse").string();
    server["PULSE_STATE_PATH"] = (dir() / "pulse").string();
    server["DBUS_SESSION_BUS_ADDRESS"] = "";
    server["PULSE_SERVER"] = "";
    server_ = std::make_unique<Process>(
        std::vector<std::string>{"pulseaudio", "-n", "-F", (dir() / "bed.pa").string(),
                                 "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
                                 "--realtime=no", "--high-priority=no", "--log-target=stderr"},
        server);
    require("the sound server answers", [this] {
      if (!server_->running()) throw std::runtime_error("pulseaudio: " + server_->errors());
      return takes_connections(socket());
    });
  }

  std::unique_ptr<Process> server_;
};

// What both programs of PipeWire's need. They run at ordinary priority: there is no RTKit.
constexpr const char* pipewire_basics = R"(
context.spa-libs = {
  audio.convert.* = audioconvert/libspa-audioconvert
  support.* = support/libspa-support
}
)";

// In real time 21 ms at a time, which is what it takes by itself: its clients ask for 5, and at
// ordinary priority a machine that has other work misses some of those.
std::string server_properties() {
  return std::string("context.properties = { core.daemon = true core.name = pipewire-0 ") +
         (virtual_time() ? "" : "default.clock.min-quantum = 1024 ") +
         "mem.allow-mlock = false }\n";
}

constexpr const char* pipewire_server = R"(
context.modules = [
  { name = libpipewire-module-protocol-native }
  { name = libpipewire-module-metadata }
  { name = libpipewire-module-spa-node-factory }
  { name = libpipewire-module-client-node }
  { name = libpipewire-module-client-device }
  { name = libpipewire-module-access }
  { name = libpipewire-module-adapter }
  { name = libpipewire-module-link-factory }
  { name = libpipewire-module-session-manager }
]
context.objects = [ {
  factory = spa-node-factory
  args = {
    factory.name = support.node.driver node.name = Dummy-Driver
    node.group = pipewire.dummy priority.driver = 20000
  }
} ]
)";

constexpr const char* pulse_protocol = R"(
context.properties = { mem.allow-mlock = false }
context.modules = [
  { name = libpipewire-module-protocol-native }
  { name = libpipewire-module-client-node }
  { name = libpipewire-module-adapter }
  { name = libpipewire-module-metadata }
  { name = libpipewire-module-protocol-pulse }
]
)";

class PipeWireBed final : public ServerBed {
 public:
  explicit PipeWireBed(unsigned speaker_rate) : ServerBed(speaker_rate) {
    write_file(dir() / "pipewire.conf", pipewire_basics + server_properties() + pipewire_server);
    std::string commands;
    for (const std::string& module : modules())
      commands += "  { cmd = \"load-module\" args = \"" + module + "\" }\n";
    write_file(dir() / "pulse.conf",
               std::string(pipewire_basics) + pulse_protocol + "pulse.cmd = [\n" + commands +
                   "]\npulse.properties = { server.address = [ \"unix:" + socket() + "\" ] }\n");
    // WirePlumber as it is installed, but that it leaves the machine's own devices alone: so it is
    // told up to version 0.4, and from 0.5 on.
    const auto part = [this](const char* file, const char* content) {
      const path whole = dir() / "config/wireplumber" / file;
      std::filesystem::create_directories(whole.parent_path());
      write_file(whole, content);
    };
    part("main.lua.d/51-bed.lua",
         "alsa_monitor.enabled = false\nv4l2_monitor.enabled = false\n"
         "libcamera_monitor.enabled = false\n");
    part("bluetooth.lua.d/51-bed.lua", "bluez_monitor.enabled = false\n");
    part(
        "wireplumber.conf.d/51-bed.conf",
        "wireplumber.profiles = { main = { hardware.audio = disabled hardware.bluetooth = disabled "
        "hardware.video-capture = disabled } }\n");
    start();
  }

  // Two periods more: its microphone is a stream from the room, and one into the source.
  double added_ms() const override { return 45; }
  void freeze_server() override { signal_all(SIGSTOP); }
  void thaw_server() override { signal_all(SIGCONT); }
  void kill_server() override { programs_.clear(); }
  void start_server() override { start(); }

 private:
  void start() {
    launch({"pipewire", "-c", (dir() / "pipewire.conf").string()});
    require("PipeWire answers", [this] {
      check_running();
      return takes_connections((dir() / "pipewire-0").string());
    });
    launch({"wireplumber"});
    launch({"pipewire", "-c", (dir() / "pulse.conf").string()});
    // Its devices are its clients' and come one after another; then two become the default ones.
    require("the sound server has its devices", [this] {
      check_running();
      return run({"pactl", "set-default-sink", "speaker"}).status == 0 &&
             run({"pactl", "set-default-source", "mic"}).status == 0 &&
             run({"pactl", "get-default-sink"}).output == "speaker\n" &&
             run({"pactl", "get-default-source"}).output == "mic\n";
    });
  }

  void launch(const std::vector<std::string>& command) {
    Environment server = environment();
    server.merge(bus_.environment());
    programs_.push_back(std::make_unique<Process>(command, server));
  }

  void check_running() {
    for (const auto& program : programs_) {
      if (!program->running()) throw std::runtime_error("PipeWire: " + program->errors());
    }
  }

  void signal_all(int number) {
    for (const auto& program : programs_)
      program->signal(number);
  }

  SessionBus bus_;  // WirePlumber asks it for devices that others reserve
  std::vector<std::unique_ptr<Process>> programs_;
};

}  // namespace

std::vector<std::string> playing_on(std::string_view sink) {
  return streams_of("sinks", sink, "sink-inputs");
}

std::vector<std::string> recording_from(std::string_view source) {
  return streams_of("sources", source, "source-outputs");
}

std::unique_ptr<Bed> make_pulseaudio_bed(unsigned speaker_rate) {
  return std::make_unique<PulseAudioBed>(speaker_rate);
}

std::unique_ptr<Bed> make_pipewire_bed(unsigned speaker_rate) {
  return std::make_unique<PipeWireBed>(speaker_rate);
}

}  // namespace gv::e2e
