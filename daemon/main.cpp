// gemini-voiced: options, configuration, and the exit code. Everything else is in App.
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <getopt.h>
#include <malloc.h>

#include "daemon/app.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/paths.hpp"
#include "daemon/util/log.hpp"

namespace {

constexpr int exit_usage = 2;
constexpr int exit_config = 6;

constexpr std::string_view usage =
    R"(usage: gemini-voiced [OPTION]...
Holds spoken conversations with the Gemini Live API. Driven over D-Bus, by gemini-voicectl.

  --config FILE       read this configuration file
  --check-config      say what is wrong with the configuration, and exit
  --log-level LEVEL   error, warning, info or debug
  --version
  --help

Enable it with: systemctl --user enable --now gemini-voiced
)";

struct Options {
  std::optional<std::string> config;
  std::optional<gv::log::Level> log_level;
  bool check = false;
};

std::optional<gv::log::Level> parse_level(std::string_view text) {
  using gv::log::Level;
  constexpr std::array<std::pair<std::string_view, Level>, 4> levels{{{"error", Level::error},
                                                                      {"warning", Level::warning},
                                                                      {"info", Level::info},
                                                                      {"debug", Level::debug}}};
  for (const auto& [name, level] : levels) {
    if (name == text) return level;
  }
  return std::nullopt;
}

// Exits for --help, --version and mistakes.
Options parse_options(int argc, char** argv) {
  constexpr std::array<option, 6> known{{{"config", required_argument, nullptr, 'c'},
                                         {"check-config", no_argument, nullptr, 'k'},
                                         {"log-level", required_argument, nullptr, 'l'},
                                         {"version", no_argument, nullptr, 'v'},
                                         {"help", no_argument, nullptr, 'h'},
                                         {nullptr, 0, nullptr, 0}}};
  Options options;
  for (int which = 0; (which = getopt_long(argc, argv, "", known.data(), nullptr)) != -1;) {
    switch (which) {
      case 'c':
        options.config = optarg;
        break;
      case 'k':
        options.check = true;
        break;
      case 'l':
        options.log_level = parse_level(optarg);
        if (options.log_level) break;
        std::fprintf(stderr,
                     "gemini-voiced: --log-level: '%s' is not a level. "
                     "Try: error, warning, info or debug\n",
                     optarg);
        std::exit(exit_usage);
      case 'v':
        std::puts("gemini-voiced " GV_VERSION);
        std::exit(EXIT_SUCCESS);
      case 'h':
        std::fwrite(usage.data(), 1, usage.size(), stdout);
        std::exit(EXIT_SUCCESS);
      default:
        std::exit(exit_usage);
    }
  }
  if (optind < argc) {
    std::fprintf(stderr, "gemini-voiced: '%s' was not expected. Try: gemini-voiced --help\n",
                 argv[optind]);
    std::exit(exit_usage);
  }
  return options;
}

gv::config::Result read_config(const Options& options) {
  const auto path = gv::config::find_config_file(options.config, gv::config::process_environment());
  auto result = path ? gv::config::load_file(*path) : gv::config::Result{};
  auto& ca_file = result.config.api.ca_file;
  ca_file = gv::config::expand_home(ca_file, gv::config::process_environment());
  if (options.log_level) result.config.log_level = *options.log_level;
  return result;
}

// For Reload: a bad file is refused whole.
gv::config::Config reread_config(const Options& options) {
  auto result = read_config(options);
  if (!result.ok()) {
    std::string mistakes;
    for (const auto& diagnostic : result.diagnostics) {
      mistakes += gv::config::format(diagnostic) + "; ";
    }
    throw gv::FailureError(gv::Error::config_invalid,
                           mistakes +
                               "the old configuration stays. Try: gemini-voicectl config check" +
                               (options.config ? " " + *options.config : ""));
  }
  return std::move(result.config);
}

void show(const gv::config::Result& result) {
  for (const auto& diagnostic : result.diagnostics) {
    const bool error = diagnostic.severity == gv::config::Severity::error;
    gv::log::write(error ? gv::log::Level::error : gv::log::Level::warning, "config",
                   gv::config::format(diagnostic));
  }
}

int run(const Options& options) {
  auto result = read_config(options);
  if (options.check) {
    std::fputs(gv::config::format(result.diagnostics).c_str(), stderr);
    return result.ok() ? EXIT_SUCCESS : exit_config;
  }
  show(result);
  if (!result.ok()) {
    gv::log::error("config", "not started. Try: gemini-voicectl config check");
    return exit_config;
  }
  gv::log::set_level(result.config.log_level);
  // A peer that closes first must not end us.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);  // who started us may have it ignored: then no child's end is told
  // A message of megabytes goes back to the system when it is done with: by itself the C library
  // would keep the space of the largest one for ever, from the second one on.
  mallopt(M_MMAP_THRESHOLD, 256 * 1024);
  gv::App app(result.config, [options] { return reread_config(options); });
  return app.run();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(parse_options(argc, argv));
  } catch (const std::exception& e) {
    gv::log::error("daemon", e.what());
    return EXIT_FAILURE;
  }
}
