#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "ctl/config_file.hpp"
#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/secret_input.hpp"
#include "ctl/set_key.hpp"
#include "ctl/verbs.hpp"
#include "daemon/config/dump.hpp"
#include "daemon/config/example.hpp"
#include "daemon/config/json_schema.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/paths.hpp"

namespace gv::ctl {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

// The file in force; nullopt: the built-in defaults hold.
std::optional<std::string> file_in_force() {
  return gv::config::find_config_file(std::nullopt, gv::config::process_environment());
}

// Loads it and tells every mistake; throws Problem where there are errors.
gv::config::Config load_or_tell(const Call& call, const std::string& path, const char* what) {
  const gv::config::Result result = gv::config::load_file(path);
  std::size_t errors = 0;
  for (const gv::config::Diagnostic& d : result.diagnostics) {
    const bool error = d.severity == gv::config::Severity::error;
    errors += error ? 1 : 0;
    if (call.options.json) {
      print(json::object{{"file", d.file},
                         {"line", d.line},
                         {"column", d.column},
                         {"key", d.key},
                         {"message", d.message},
                         {"severity", error ? "error" : "warning"}});
    } else {
      const std::string line = gv::config::format(d) + '\n';
      [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    }
  }
  if (!result.ok()) {
    throw Problem(
        Exit::config_invalid, what,
        path + " has " + std::to_string(errors) + (errors == 1 ? " mistake" : " mistakes"),
        "to mend the lines named, then gemini-voicectl config check");
  }
  return result.config;
}

int check(const Call& call) {
  const auto path = call.arguments.words.size() > 1
                        ? std::optional<std::string>(call.arguments.words[1])
                        : file_in_force();
  if (path) load_or_tell(call, *path, "config check");
  if (call.options.json) {
    print(json::object{{"path", path.value_or("")}, {"valid", true}});
    return 0;
  }
  print(path ? *path + ": valid" : "There is no configuration file; the built-in defaults hold.");
  return 0;
}

int show(const Call& call) {
  if (call.options.json) {
    throw Problem(Exit::usage, "config show", "prints YAML, not JSON", "it without --json");
  }
  const auto path = file_in_force();
  print_raw(
      gv::config::dump(path ? load_or_tell(call, *path, "config show") : gv::config::Config{}));
  return 0;
}

// Also what the manual page and the installed schema are made of.
int schema(const Call& /*call*/) {
  print(gv::config::json_schema());
  return 0;
}

int path(const Call& call) {
  const auto in_force = file_in_force();
  const std::string name = in_force ? *in_force : user_file("config");
  std::error_code ignored;
  if (call.options.json) {
    print(json::object{{"path", name}, {"exists", fs::exists(name, ignored)}});
  } else {
    print(name);
  }
  return 0;
}

int init(const Call& call) {
  const std::string name = user_file("config");
  const auto fail = [&name](int error) {
    throw Problem(error == EEXIST ? Exit::refused : Exit::failed, "config init",
                  name + ": " + std::generic_category().message(error),
                  error == EEXIST ? "gemini-voicectl config check" : "GEMINI_VOICE_CONFIG=FILE");
  };
  std::error_code error;
  const fs::path folder = fs::path(name).parent_path();
  if (!folder.empty()) fs::create_directories(folder, error);
  if (error) fail(error.value());
  // Readable by its owner alone: instructions are private, and people put keys into such files.
  const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) fail(errno);
  std::string_view rest = gv::config::example_yaml();
  while (!rest.empty()) {
    const ssize_t written = ::write(fd, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int reason = errno;
      ::close(fd);
      ::unlink(name.c_str());  // half a file would be taken for the configuration
      fail(reason);
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  ::close(fd);
  if (call.options.json) {
    print(json::object{{"path", name}});
  } else {
    print(name);
  }
  return 0;
}

int set_key(const Call& call) {
  const bool to_file = call.arguments.has("--file");
  const bool to_keyring = call.arguments.has("--keyring");
  if (to_file && to_keyring) {
    throw Problem(Exit::usage, "config set-key", "--file and --keyring exclude each other",
                  "gemini-voicectl config --help");
  }
  const gv::config::Secret typed = read_secret("API key (it is not shown): ");
  const StoredKey stored = store_key(typed,
                                     to_file      ? KeyPlace::file
                                     : to_keyring ? KeyPlace::keyring
                                                  : KeyPlace::best,
                                     call.options);
  if (!call.options.json) {
    print_raw(describe(stored));
    print(stored.reloaded ? "Next: gemini-voicectl start"
                          : "Next: systemctl --user enable --now gemini-voiced, then "
                            "gemini-voicectl start");
    return 0;
  }
  print(json::object{{"stored_in", stored.in_keyring ? "keyring" : "file"},
                     {"key_file", stored.file},
                     {"config", stored.config},
                     {"reloaded", stored.reloaded},
                     {"notes", json::array(stored.notes.begin(), stored.notes.end())}});
  return 0;
}

}  // namespace

int config(const Call& call) {
  const std::string& verb = call.arguments.words[0];
  if (!call.arguments.options.empty() && verb != "set-key") {
    throw Problem(Exit::usage, "config " + verb,
                  call.arguments.options.begin()->first + " is an option of set-key",
                  "gemini-voicectl config --help");
  }
  if (call.arguments.words.size() > 1 && verb != "check") {
    throw Problem(Exit::usage, "config " + verb, "unexpected '" + call.arguments.words[1] + "'",
                  "gemini-voicectl config --help");
  }
  if (verb == "check") return check(call);
  if (verb == "show") return show(call);
  if (verb == "path") return path(call);
  if (verb == "init") return init(call);
  if (verb == "schema") return schema(call);
  if (verb == "set-key") return set_key(call);
  throw Problem(Exit::usage, "config", "unknown verb '" + verb + "'",
                "gemini-voicectl config --help");
}

}  // namespace gv::ctl
