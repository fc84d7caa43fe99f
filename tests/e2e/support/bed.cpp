#include "tests/e2e/support/bed.hpp"

#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "tests/e2e/support/sockets.hpp"

namespace gv::e2e {
namespace {

class PulseBed final : public Bed {
 public:
  explicit PulseBed(unsigned speaker_rate) {
    std::filesystem::create_directory(dir_ / "pulse");
    // norewinds: a null sink that may rewind renders two seconds ahead (audio.md section 2.2).
    write_file(dir_ / "bed.pa",
               "load-module module-null-sink sink_name=speaker norewinds=1 channels=1 "
               "format=s16le rate=" +
                   std::to_string(speaker_rate) +
                   "\nload-module module-null-sink sink_name=room norewinds=1 channels=1 "
                   "format=s16le rate=48000\n"
                   "load-module module-remap-source master=room.monitor source_name=mic remix=no\n"
                   "set-default-sink speaker\nset-default-source mic\n"
                   // Who can connect finds everything in place.
                   "load-module module-native-protocol-unix auth-anonymous=1 socket=" +
                   socket() + "\n");
    // The test's own PCMs find the server, and leave no cookie in the user's home.
    for (const auto& [name, value] : environment())
      ::setenv(name.c_str(), value.c_str(), 1);
    start_server();
  }

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

  bool playback_in_use() const override { return has_stream("sinks", "speaker", "sink-inputs"); }
  bool capture_in_use() const override { return has_stream("sources", "mic", "source-outputs"); }
  bool exact() const override { return false; }

  void freeze_server() override { server_->signal(SIGSTOP); }
  void thaw_server() override { server_->signal(SIGCONT); }
  void kill_server() override { server_.reset(); }
  void start_server() override {
    Environment server = environment();
    server["PULSE_RUNTIME_PATH"] = (dir_ / "pulse").string();
    server["PULSE_STATE_PATH"] = (dir_ / "pulse").string();
    server["DBUS_SESSION_BUS_ADDRESS"] = "";
    server["PULSE_SERVER"] = "";
    server_ = std::make_unique<Process>(
        std::vector<std::string>{"pulseaudio", "-n", "-F", (dir_ / "bed.pa").string(),
                                 "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
                                 "--realtime=no", "--high-priority=no", "--log-target=stderr"},
        server);
    require("the sound server answers", [this] {
      if (!server_->running()) throw std::runtime_error("pulseaudio: " + server_->errors());
      return takes_connections(socket());
    });
  }

 private:
  std::string socket() const { return (dir_ / "native").string(); }

  // `pactl list short`: the number of a device comes first; of a stream, that of its device second.
  static bool has_stream(const char* devices, std::string_view name, const char* streams) {
    std::string index;
    std::string own;
    std::string device;
    std::string rest;
    std::istringstream known(run({"pactl", "list", "short", devices}).output);
    while (known >> own >> device && std::getline(known, rest)) {
      if (device == name) index = own;
    }
    std::istringstream open(run({"pactl", "list", "short", streams}).output);
    while (open >> own >> device && std::getline(open, rest)) {
      if (device == index) return true;
    }
    return false;
  }

  TempDir dir_;
  std::unique_ptr<Process> server_;
};

class KernelBed final : public Bed {
 public:
  std::string playback_device() const override { return "hw:Speaker,0"; }
  std::string capture_device() const override { return "hw:Mic,1"; }
  std::string listening_device() const override { return "hw:Speaker,1"; }
  std::string speaking_device() const override { return "hw:Mic,0"; }
  unsigned speaking_rate() const override { return 16000; }

  Environment environment() const override {
    return {{"HOME", dir_.name().string()},
            {"XDG_RUNTIME_DIR", dir_.name().string()},
            {"XDG_CONFIG_HOME", (dir_ / "config").string()},
            {"XDG_STATE_HOME", (dir_ / "state").string()}};
  }

  bool playback_in_use() const override { return open("/proc/asound/Speaker/pcm0p/sub0/status"); }
  bool capture_in_use() const override { return open("/proc/asound/Mic/pcm1c/sub0/status"); }
  bool exact() const override { return true; }

 private:
  static bool open(const char* status) { return !read_file(status).starts_with("closed"); }

  TempDir dir_;
};

}  // namespace

bool on_kernel() {
  const char* kind = std::getenv("GV_BED");
  return kind != nullptr && std::string_view(kind) == "kernel";
}

std::unique_ptr<Bed> make_bed(unsigned speaker_rate) {
  if (on_kernel()) return std::make_unique<KernelBed>();
  return std::make_unique<PulseBed>(speaker_rate);
}

}  // namespace gv::e2e
