// Completions of shells: the scripts that they load, and what these ask.
#include <chrono>
#include <exception>
#include <string>
#include <vector>

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "ctl/client.hpp"
#include "ctl/completion.hpp"
#include "ctl/hotkeys.hpp"
#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/shell_scripts.hpp"
#include "ctl/verbs.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/paths.hpp"
#include "daemon/history/store.hpp"

namespace gv::ctl {
namespace {

using Voice = org::geminivoice::Voice1_proxy;
using Candidates = std::vector<Candidate>;

// Who types waits for it.
constexpr std::chrono::milliseconds answer_limit{200};
constexpr std::chrono::milliseconds call_limit{150};

// Whatever hangs: nothing is offered.
void limit_time() {
  ::signal(SIGALRM, [](int) { ::_exit(0); });
  const itimerval limit{{0, 0}, {0, std::chrono::microseconds(answer_limit).count()}};
  ::setitimer(ITIMER_REAL, &limit, nullptr);
}

// Asks a daemon that runs, and starts none. False: there is none.
template <class Ask>
bool asked(const Ask& ask) {
  Options options;
  options.no_start = true;
  options.timeout = call_limit;
  Client client("complete", options);
  if (!client.daemon_runs()) return false;
  client.call([&ask](Voice& voice) { ask(voice); });
  return true;
}

Candidates profile_names() {
  Candidates names;
  try {
    const bool told = asked([&names](Voice& voice) {
      for (const auto& profile : voice.ListProfiles())
        names.push_back({profile.get<0>(), profile.get<1>()});
    });
    if (told) return names;
  } catch (const Problem&) {  // no bus, either
    names.clear();
  }
  const auto file = config::find_config_file(std::nullopt, config::process_environment());
  const config::Result loaded = file ? config::load_file(*file) : config::Result{};
  for (const auto& [name, profile] : loaded.config.profiles)
    names.push_back({name, profile.description});
  return names;
}

Candidates device_names() {
  Candidates names;
  asked([&names](Voice& voice) {
    for (const auto& device : voice.ListDevices())
      names.push_back({device.get<1>(), device.get<2>()});
  });
  return names;
}

Candidates tool_requests() {
  Candidates ids;
  asked([&ids](Voice& voice) {
    for (const auto& request : voice.ListToolRequests())
      ids.push_back({request.get<0>(), request.get<1>()});
  });
  return ids;
}

Candidates conversation_ids() {
  Candidates ids{{"last", "the newest"}};
  history::Store::Which newest;
  newest.most = 20;
  const history::Store store(
      history::history_file(config::state_folder(config::process_environment())),
      store::Access::read);
  for (const auto& listed : store.list(newest))
    ids.push_back({listed.session.id, listed.session.profile});
  return ids;
}

Candidates desktop_names() {
  Candidates names;
  for (const Desktop desktop : desktops())
    names.push_back({std::string(name_of(desktop)), std::string(title_of(desktop))});
  return names;
}

Candidates candidates(Value value) {
  switch (value) {
    case Value::profile:
      return profile_names();
    case Value::device:
      return device_names();
    case Value::tool_request:
      return tool_requests();
    case Value::desktop:
      return desktop_names();
    case Value::verb:
      return shown_verbs(verbs());
    case Value::file:
      return {{"", "file"}};
    case Value::folder:
      return {{"", "folder"}};
    case Value::conversation:
      return conversation_ids();
    case Value::none:
      break;
  }
  return {};
}

std::string answer(const std::vector<std::string>& words) {
  const Offer offered = offer(verbs(), words);
  const std::string typed = words.empty() ? "" : words.back();
  std::string lines;
  const auto add = [&](const std::string& word, const std::string& about) {
    // One that a shell would break a line at is not worth the trouble.
    if (printable(word) != word || !word.starts_with(typed)) return;
    lines += word + (about.empty() ? "" : '\t' + printable(about)) + '\n';
  };
  for (const Candidate& candidate : offered.candidates)
    add(candidate.word, candidate.about);
  for (const Value value : offered.values) {
    for (const Candidate& candidate : candidates(value)) {
      if (candidate.word.empty()) {
        lines += '\t' + candidate.about + '\n';
      } else {
        add(offered.before + candidate.word, candidate.about);
      }
    }
  }
  return lines;
}

}  // namespace

int completions(const Call& call) {
  const std::string& shell = call.arguments.words[0];
  const std::string_view script = completion_script(shell);
  if (script.empty()) {
    throw Problem(Exit::usage, "completions", "'" + shell + "' is not bash, zsh or fish",
                  "gemini-voicectl completions --help");
  }
  print_raw(script);
  return 0;
}

int complete(const Call& call) {
  limit_time();
  std::string lines;
  try {
    lines = answer(call.arguments.words);
  } catch (const std::exception&) {
    return 0;  // a shell has no use for the reason
  }
  print_raw(lines);
  return 0;
}

}  // namespace gv::ctl
