#include "ctl/setup_steps.hpp"

#include <cstdlib>
#include <variant>

#include <unistd.h>

#include "ctl/config_file.hpp"
#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/run_program.hpp"
#include "ctl/secret_input.hpp"
#include "ctl/set_key.hpp"
#include "ctl/verbs.hpp"
#include "daemon/util/text.hpp"

namespace gv::ctl {
namespace {

constexpr std::size_t most_words = 300;

// Whether a systemd that looks after this user's services is there.
bool has_user_manager() {
  const char* folder = std::getenv("XDG_RUNTIME_DIR");
  if (folder == nullptr) return false;
  return ::access((std::string(folder) + "/systemd/private").c_str(), F_OK) == 0;
}

}  // namespace

void set_up_key(const Call& call) {
  const auto found = find_key(read_config("setup key").config.api);
  const auto* key = std::get_if<config::ApiKey>(&found);
  if (key != nullptr) {
    print("There is one already, from " + key->source + ". Enter keeps it.");
  } else {
    print("There is none yet. Get one at https://aistudio.google.com/apikey");
  }
  const config::Secret typed = read_secret("API key (it is not shown): ");
  if (!typed.empty()) {
    print_raw(describe(store_key(typed, KeyPlace::best, call.options)));
  } else if (key == nullptr) {
    throw Problem(Exit::key, "setup key", "no key was typed", "gemini-voicectl config set-key");
  }
}

void set_up_echo(const Call& call) {
  const Arguments arguments{.options = {{"--audio", ""}}, .words = {}};
  const int exit = doctor({"doctor", call.options, arguments});
  if (exit == 0) return;
  throw Problem(Exit::device, "setup echo", "what is named above is not as it should be",
                "what is said there, and this step again");
}

void set_up_hotkey(const Call& call) {
  bind({"bind", call.options, {}});
  print("Another key, or to hold it while you talk: gemini-voicectl bind --help");
}

void set_up_service(const Call& /*call*/) {
  if (!has_user_manager()) {
    print(
        "No systemd looks after your services here. Let your desktop start gemini-voiced when you\n"
        "log in (its autostart settings), or start it by hand: gemini-voiced &");
    return;
  }
  tools::RunSpec spec;
  spec.argv = {"systemctl", "--user", "enable", "--now", "gemini-voiced.service"};
  spec.environment = environment_for_programs();
  const tools::RunOutcome outcome = run_program(std::move(spec));
  const bool ended = outcome.end == tools::RunOutcome::End::exited;
  if (ended && outcome.status == 0) {
    print("gemini-voiced is enabled, and runs.");
    return;
  }
  std::string why = outcome.why.empty() ? printable(outcome.errors, most_words) : outcome.why;
  while (why.ends_with(' ') || why.ends_with('.'))
    why.pop_back();
  throw Problem(Exit::failed, "setup service",
                "systemctl --user enable --now gemini-voiced: " +
                    (why.empty() ? std::string("it did not succeed") : why),
                "systemctl --user daemon-reload, and this step again");
}

}  // namespace gv::ctl
