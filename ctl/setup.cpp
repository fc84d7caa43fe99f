// setup: the first run, step by step.
#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/setup_steps.hpp"
#include "ctl/verbs.hpp"

namespace gv::ctl {
namespace {

struct Step {
  std::string_view name;
  std::string_view about;
  void (*run)(const Call& call);
};

constexpr std::array steps{
    Step{"key", "The API key that the service knows you by.", &set_up_key},
    Step{"devices", "The microphone and the speaker.", &set_up_devices},
    Step{"echo", "What the microphone hears of the speaker.", &set_up_echo},
    Step{"hotkey", "A key to start and stop with.", &set_up_hotkey},
    Step{"service", "The daemon, whenever you are logged in.", &set_up_service},
};

std::vector<Step> chosen(const Call& call) {
  if (call.arguments.words.empty()) return {steps.begin(), steps.end()};
  std::vector<Step> some;
  for (const std::string& word : call.arguments.words) {
    const auto* found = steps.begin();
    while (found != steps.end() && found->name != word)
      ++found;
    if (found == steps.end()) {
      throw Problem(Exit::usage, "setup", "there is no step '" + word + "'",
                    "key, devices, echo, hotkey or service");
    }
    some.push_back(*found);
  }
  return some;
}

void need_terminal(const Call& call) {
  if (call.options.json) {
    throw Problem(Exit::usage, "setup", "asks questions, and has no JSON to answer with",
                  "gemini-voicectl config set-key, doctor --audio");
  }
  if (::isatty(STDIN_FILENO) == 1 && output_is_terminal()) return;
  throw Problem(
      Exit::usage, "setup", "asks questions, and this is no terminal",
      "gemini-voicectl config set-key < FILE, doctor --audio, and systemctl --user enable "
      "--now gemini-voiced");
}

// Does the step, as often as is wanted. How its last attempt failed; none: it did not.
std::optional<Exit> attempt(const Step& step, const Call& call, bool last) {
  while (true) {
    std::optional<Exit> failed;
    try {
      step.run(call);
    } catch (const Problem& problem) {
      print(problem.what());
      failed = problem.exit();
    }
    const std::string answer =
        ask_line(last ? "[Enter: done, r: repeat] " : "[Enter: go on, r: repeat, q: leave] ");
    if (answer == "q") throw EndOfInput{};
    if (answer != "r") return failed;
  }
}

}  // namespace

std::string ask_line(const std::string& question) {
  print_raw(question);
  std::string line;
  char c = 0;
  while (true) {
    const ssize_t got = ::read(STDIN_FILENO, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw EndOfInput{};
    if (c == '\n') break;
    line += c;
  }
  const auto first = line.find_first_not_of(" \t\r");
  if (first == std::string::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

int setup(const Call& call) {
  const std::vector<Step> todo = chosen(call);
  need_terminal(call);
  const bool all = call.arguments.words.empty();
  Exit exit = Exit::done;
  try {
    for (std::size_t i = 0; i < todo.size(); ++i) {
      const Step& step = todo[i];
      print((i == 0 ? "" : "\n") + std::to_string(i + 1) + '/' + std::to_string(todo.size()) +
            "  " + std::string(step.name) + ": " + std::string(step.about));
      if (all) {
        const std::string answer = ask_line("[Enter: do it, s: skip, q: leave] ");
        if (answer == "q") throw EndOfInput{};
        if (answer == "s") continue;
      }
      const auto failed = attempt(step, call, i + 1 == todo.size());
      if (failed && exit == Exit::done) exit = *failed;
    }
  } catch (const EndOfInput&) {
    print(
        "\nLeft. gemini-voicectl setup STEP does a single step: key, devices, echo, hotkey, "
        "service.");
    return static_cast<int>(exit);
  }
  if (all && exit == Exit::done) print("\nAll set. To talk: gemini-voicectl start");
  return static_cast<int>(exit);
}

}  // namespace gv::ctl
