#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <system_error>

#include <pwd.h>
#include <unistd.h>

#include "ctl/doctor/gather.hpp"
#include "ctl/doctor/run.hpp"
#include "daemon/bus/names.hpp"
#include "daemon/bus/sd_bus.hpp"
#include "daemon/config/read_file.hpp"

namespace gv::ctl {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds program_limit{1'500};
constexpr std::uint64_t call_limit_us = 2'000'000;
constexpr const char* notification_name = "org.freedesktop.Notifications";
constexpr const char* portal_name = "org.freedesktop.portal.Desktop";

struct Error {
  sd_bus_error error{};
  Error() = default;
  Error(const Error&) = delete;
  Error& operator=(const Error&) = delete;
  ~Error() { sd_bus_error_free(&error); }
  std::string words(int result) const {
    return error.message != nullptr ? error.message : std::generic_category().message(-result);
  }
};

// Calls of the bus itself.
class Bus {
 public:
  // Throws std::system_error where there is none that answers.
  Bus() : bus_(bus::open_session_bus()) {
    sd_bus_set_method_call_timeout(bus_.get(), call_limit_us);
    list("ListNames", names_);
    list("ListActivatableNames", activatable_);
  }

  bool has(std::string_view name) const { return within(names_, name); }
  bool activatable(std::string_view name) const { return within(activatable_, name); }

  // Empty: nobody has it.
  std::string owner(const char* name) {
    Error error;
    sd_bus_message* raw = nullptr;
    if (call("GetNameOwner", name, error, raw) < 0) return {};
    const bus::MessageHandle reply(raw);
    const char* text = nullptr;
    return sd_bus_message_read(raw, "s", &text) > 0 ? text : "";
  }

  // 0: not known.
  long process(const char* name) {
    Error error;
    sd_bus_message* raw = nullptr;
    if (call("GetConnectionUnixProcessID", name, error, raw) < 0) return 0;
    const bus::MessageHandle reply(raw);
    std::uint32_t pid = 0;
    return sd_bus_message_read(raw, "u", &pid) > 0 ? static_cast<long>(pid) : 0;
  }

  // By its unique name, so that nothing is started. Why it cannot be read; empty: it was.
  std::string property(const std::string& owner, const char* name, std::string& value) {
    Error error;
    char* text = nullptr;
    const int result = sd_bus_get_property_string(bus_.get(), owner.c_str(), bus::object_path,
                                                  bus::interface_name, name, &error.error, &text);
    if (result < 0) return error.words(result);
    value = text;
    std::free(text);  // as sd_bus_get_property_string(3) asks for
    return {};
  }

 private:
  static bool within(const std::vector<std::string>& all, std::string_view name) {
    return std::ranges::find(all, name) != all.end();
  }

  int call(const char* method, const char* argument, Error& error, sd_bus_message*& reply) {
    return sd_bus_call_method(bus_.get(), "org.freedesktop.DBus", "/org/freedesktop/DBus",
                              "org.freedesktop.DBus", method, &error.error, &reply, "s", argument);
  }

  void list(const char* method, std::vector<std::string>& names) {
    Error error;
    sd_bus_message* raw = nullptr;
    const int result =
        sd_bus_call_method(bus_.get(), "org.freedesktop.DBus", "/org/freedesktop/DBus",
                           "org.freedesktop.DBus", method, &error.error, &raw, nullptr);
    if (result < 0) throw std::system_error(-result, std::generic_category(), method);
    const bus::MessageHandle reply(raw);
    const char* name = nullptr;
    bus::check(sd_bus_message_enter_container(raw, 'a', "s"), method);
    while (sd_bus_message_read(raw, "s", &name) > 0)
      names.emplace_back(name);
  }

  bus::BusHandle bus_;
  std::vector<std::string> names_;
  std::vector<std::string> activatable_;
};

std::string environment_or(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

// Where session buses look for what they may start.
std::string activation_file() {
  const std::string home = environment_or("HOME", "/");
  std::string folders = environment_or("XDG_DATA_HOME", home + "/.local/share") + ':' +
                        environment_or("XDG_DATA_DIRS", "/usr/local/share:/usr/share");
  std::istringstream each(folders);
  for (std::string folder; std::getline(each, folder, ':');) {
    std::string file = folder + "/dbus-1/services/" + std::string(bus::bus_name) + ".service";
    std::error_code ignored;
    if (fs::exists(file, ignored)) return file;
  }
  return {};
}

std::string program_of(long pid) {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
  return error ? std::string() : program.string();
}

bool lingers() {
  const passwd* user = ::getpwuid(::geteuid());
  std::error_code ignored;
  return user != nullptr &&
         fs::exists(std::string("/var/lib/systemd/linger/") + user->pw_name, ignored);
}

std::string last_error_line() {
  const Ran ran = run_program({"journalctl", "--user", "-u", "gemini-voiced", "-n", "1", "-p",
                               "warning", "-o", "cat", "--no-pager"},
                              program_limit);
  return ran.failure.empty() ? first_line(ran.output) : "";
}

}  // namespace

BusFacts gather_bus() {
  BusFacts facts;
  facts.addressed = !environment_or("DBUS_SESSION_BUS_ADDRESS", "").empty();
  try {
    Bus bus;
    const std::string name(bus::bus_name);
    facts.activatable = bus.activatable(name);
    if (!facts.activatable) facts.activation = activation_file();
    facts.notifications = bus.has(notification_name) || bus.activatable(notification_name);
    facts.portal = bus.has(portal_name) || bus.activatable(portal_name);
    const std::string owner = bus.owner(name.c_str());
    facts.owned = !owner.empty();
    if (!facts.owned) return facts;
    facts.owner = bus.process(owner.c_str());
    facts.program = program_of(facts.owner);
    facts.silence = bus.property(owner, "Version", facts.version);
    if (facts.silence.empty()) facts.silence = bus.property(owner, "State", facts.state);
  } catch (const std::system_error& e) {
    // Which is how libsystemd says that it knows no address.
    facts.error = e.code().value() == ENOMEDIUM
                      ? "neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set"
                      : e.code().message();
  }
  return facts;
}

UnitFacts gather_unit() {
  UnitFacts facts;
  std::error_code ignored;
  facts.systemd = fs::exists("/run/systemd/system", ignored);  // sd_booted(3)
  if (!facts.systemd) return facts;
  constexpr const char* wanted =
      "--property=LoadState,UnitFileState,ActiveState,SubState,Result,ExecMainStatus,"
      "FragmentPath,DropInPaths";
  const Ran ran =
      run_program({"systemctl", "--user", "show", "gemini-voiced.service", wanted}, program_limit);
  facts.error = ran.failure;
  if (!facts.error.empty()) return facts;
  facts.shown = read_properties(ran.output);
  facts.linger = lingers();
  if (facts.shown["ActiveState"] == "failed") facts.last_line = last_error_line();
  return facts;
}

std::vector<UnitFile> read_unit_files(const UnitFacts& facts) {
  constexpr std::size_t most = 64UL * 1024;
  std::vector<UnitFile> files;
  for (const char* property : {"FragmentPath", "DropInPaths"}) {
    const auto found = facts.shown.find(property);
    if (found == facts.shown.end()) continue;
    std::istringstream paths(found->second);
    for (std::string path; paths >> path;) {
      auto read = config::read_regular_file(path, most);
      if (auto* file = std::get_if<config::FileText>(&read)) {
        files.push_back({path, std::move(file->text)});
      }
    }
  }
  return files;
}

bool manager_has(const std::string& variable) {
  const Ran ran = run_program({"systemctl", "--user", "show-environment"}, program_limit);
  return ran.output.starts_with(variable + "=") ||
         ran.output.find("\n" + variable + "=") != std::string::npos;
}

}  // namespace gv::ctl
