#include "ctl/doctor/gather_bundle.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <system_error>
#include <utility>

#include <alsa/asoundlib.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "ctl/client.hpp"
#include "ctl/doctor/run.hpp"
#include "ctl/render.hpp"
#include "daemon/audio/alsa_devices.hpp"
#include "daemon/config/read_file.hpp"

namespace gv::ctl {
namespace {

constexpr std::chrono::milliseconds limit{3'000};

std::string answer_of(std::vector<std::string> argv) {
  const Ran ran = run_program(std::move(argv), limit);
  return ran.failure.empty() ? first_line(ran.output) : "";
}

// "Server Name: PulseAudio (on PipeWire 1.2.7)"
std::string sound_server() {
  const Ran ran = run_program({"pactl", "info"}, limit);
  std::istringstream lines(ran.output);
  std::string name;
  for (std::string line; std::getline(lines, line);) {
    for (const char* wanted : {"Server Name: ", "Server Version: "}) {
      if (line.starts_with(wanted))
        name += (name.empty() ? "" : " ") + line.substr(line.find(": ") + 2);
    }
  }
  return name.empty() ? answer_of({"pipewire", "--version"}) : name;
}

std::string distribution() {
  auto read = config::read_regular_file("/etc/os-release", 64UL * 1024);
  const auto* file = std::get_if<config::FileText>(&read);
  if (file == nullptr) return {};
  const auto properties = read_properties(file->text);
  const auto found = properties.find("PRETTY_NAME");
  if (found == properties.end()) return {};
  std::string name = found->second;
  std::erase(name, '"');
  return name;
}

std::string kernel() {
  utsname system{};
  if (::uname(&system) != 0) return {};
  return std::string(system.sysname) + " " + system.release + " " + system.machine;
}

std::string portal() {
  for (const char* program : {"/usr/libexec/xdg-desktop-portal", "/usr/lib/xdg-desktop-portal"}) {
    if (::access(program, X_OK) == 0) return answer_of({program, "--version"});
  }
  return {};
}

std::string plugin_files() {
  std::string names;
  for (const char* name : {"pulse", "pipewire", "jack"}) {
    std::array<char, 4096> path{};
    const std::string file = std::string("libasound_module_pcm_") + name + ".so";
    if (::snd_dlpath(path.data(), path.size(), file.c_str()) < 0) continue;
    if (::access(path.data(), R_OK) == 0) names += (names.empty() ? "" : ", ") + std::string(name);
  }
  return names;
}

Part log_lines(const UnitFacts& unit) {
  if (!unit.systemd) return {"", "systemd does not run, so nobody has kept it."};
  // Above debug there is no word of a conversation in it.
  const Ran ran = run_program({"journalctl", "--user", "-u", "gemini-voiced", "-n", "200", "-p",
                               "info", "--no-pager", "-o", "short-iso"},
                              limit);
  if (!ran.failure.empty()) return {"", "journalctl: " + ran.failure};
  return {ran.output, ""};
}

Part device_list() {
  std::string text;
  for (const audio::DeviceName& device : audio::list_devices()) {
    text += pad(device.direction == audio::Direction::capture ? "capture" : "playback", 9) +
            pad(device.name, 28) + device.description + "\n";
  }
  if (text.empty()) return {"", "ALSA knows none."};
  return {text, ""};
}

Part statistics_of(const Options& options, bool daemon_runs) {
  if (!daemon_runs) return {"", "The daemon does not run."};
  try {
    Options patient = options;
    patient.timeout = limit;
    Client client("doctor", patient);
    return {render_table(to_json(client.call(
                [](org::geminivoice::Voice1_proxy& voice) { return voice.GetStatistics(); }))),
            ""};
  } catch (const Problem& problem) {
    return {"", problem.what()};
  }
}

}  // namespace

Identity gather_identity() {
  Identity identity;
  if (const char* home = std::getenv("HOME")) identity.home = home;
  if (const passwd* user = ::getpwuid(::geteuid())) {
    identity.user = user->pw_name;
    const std::string_view gecos(user->pw_gecos == nullptr ? "" : user->pw_gecos);
    identity.full_name = gecos.substr(0, gecos.find(','));
  }
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) == 0) identity.host = host.data();
  return identity;
}

BundleFacts gather_bundle(const Options& options, const UnitFacts& unit, bool daemon_runs) {
  BundleFacts facts;
  facts.versions = {{"gemini-voicectl", GV_VERSION},
                    {"kernel", kernel()},
                    {"distribution", distribution()},
                    {"sound server", sound_server()},
                    {"ALSA library", ::snd_asoundlib_version()},
                    {"ALSA plug-ins", plugin_files()},
                    {"sdbus-c++ (built with)", GV_SDBUS_VERSION},
                    {"systemd", answer_of({"systemctl", "--version"})},
                    {"xdg-desktop-portal", portal()}};
  for (UnitFile& file : read_unit_files(unit))
    facts.unit.emplace_back(std::move(file.path), std::move(file.text));
  facts.statistics = statistics_of(options, daemon_runs);
  facts.log = log_lines(unit);
  facts.devices = device_list();
  return facts;
}

void write_bundle(const std::string& path, const std::string& text) {
  const auto fail = [&path](int error) {
    throw Problem(error == EEXIST ? Exit::refused : Exit::failed, "doctor --bundle",
                  path + ": " + std::generic_category().message(error), "another FILE");
  };
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) fail(errno);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = ::write(fd, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int reason = errno;
      ::close(fd);
      ::unlink(path.c_str());
      fail(reason);
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  ::close(fd);
}

}  // namespace gv::ctl
