#include "tests/loop/audio_pulse_server.hpp"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gv::test {
namespace {

bool listening(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const bool up = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return up;
}

void run(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw std::runtime_error(command + " failed");
}

}  // namespace

PulseServer::PulseServer(const std::string& alias) : alias_(alias) {
  std::string name = (std::filesystem::temp_directory_path() / "gv-pulse-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  folder_ = name;
  const std::string socket_path = name + "/native";
  // norewinds: without it a null sink renders two seconds ahead. The socket comes last: who can
  // connect finds everything in place.
  std::ofstream(folder_ / "bed.pa")
      << "load-module module-null-sink sink_name=speaker norewinds=1 rate=48000 channels=1\n"
         "load-module module-null-sink sink_name=room norewinds=1 rate=48000 channels=1\n"
         "load-module module-remap-source master=room.monitor source_name=mic remix=no\n"
         "set-default-sink speaker\n"
         "set-default-source mic\n"
         "load-module module-native-protocol-unix auth-anonymous=1 socket="
      << socket_path << "\n";
  if (alias.empty()) {
    set_environment();
  } else {
    std::ofstream config(folder_ / "asound.conf");
    config << "</usr/share/alsa/alsa.conf>\n";
    for (const std::string pcm : {"speaker", "monitor", "room", "mic"}) {
      config << "pcm." << alias << "_" << pcm << " { type pulse server \"unix:" << socket_path
             << "\" device \"" << (pcm == "monitor" ? "speaker.monitor" : pcm) << "\" }\n";
    }
    setenv("ALSA_CONFIG_PATH", (folder_ / "asound.conf").c_str(), 1);
  }
  start();
}

void PulseServer::set_environment() const {
  for (const char* name :
       {"XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH", "XDG_CONFIG_HOME"}) {
    setenv(name, folder_.c_str(), 1);
  }
  setenv("PULSE_SERVER", ("unix:" + folder_.string() + "/native").c_str(), 1);
  unsetenv("DBUS_SESSION_BUS_ADDRESS");
}

void PulseServer::start() {
  const std::string name = folder_.string();
  const std::string socket_path = name + "/native";
  const std::string log = "--log-target=file:" + name + "/log";
  const std::string script = name + "/bed.pa";
  process_ = fork();
  if (process_ == 0) {
    set_environment();
    setenv("HOME", name.c_str(), 1);
    execlp("pulseaudio", "pulseaudio", "-n", "-F", script.c_str(), "--daemonize=no",
           "--exit-idle-time=-1", "--use-pid-file=no", "--realtime=no", "--high-priority=no",
           log.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  for (int attempt = 0; attempt < 1000; ++attempt) {
    if (listening(socket_path)) return;
    if (waitpid(process_, nullptr, WNOHANG) == process_) {
      process_ = -1;
      break;
    }
    poll(nullptr, 0, 10);
  }
  throw std::runtime_error("pulseaudio did not start. On Debian: apt install pulseaudio");
}

PulseServer::~PulseServer() {
  kill();
  if (!alias_.empty()) unsetenv("ALSA_CONFIG_PATH");
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void PulseServer::kill() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

void PulseServer::freeze() {
  ::kill(process_, SIGSTOP);
}

void PulseServer::unfreeze() {
  ::kill(process_, SIGCONT);
}

void PulseServer::suspend_source(const std::string& source, bool suspended) const {
  run("pactl suspend-source " + source + (suspended ? " 1" : " 0"));
}

void PulseServer::suspend_sink(const std::string& sink, bool suspended) const {
  run("pactl suspend-sink " + sink + (suspended ? " 1" : " 0"));
}

bool PulseServer::is_recorded() const {
  // The loop from the room to the microphone is a recording of the server's own.
  return std::system("pactl list source-outputs | grep -q 'ALSA Capture'") == 0;
}

}  // namespace gv::test
