#include <csignal>
#include <ctime>
#include <optional>

#include <poll.h>
#include <unistd.h>

#include "ctl/client.hpp"
#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/render.hpp"
#include "ctl/verbs.hpp"
#include "ctl/waybar.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

class Watcher {
 public:
  explicit Watcher(const Call& call)
      : json_(call.options.json),
        captions_wanted_(call.arguments.has("--captions")),
        waybar_wanted_(call.arguments.has("--waybar")),
        captions_({output_is_terminal(), output_has_colour()}) {}

  void show(const json::object& event) {
    if (waybar_wanted_) return print_raw(waybar_.render(event));
    if (json_) return print(event);
    if (captions_wanted_) return print_raw(captions_.render(event));
    const std::string line = render_event(event);
    if (!line.empty()) print(line);
  }

 private:
  bool json_;
  bool captions_wanted_;
  bool waybar_wanted_;
  Waybar waybar_;
  Captions captions_;
};

json::object no_daemon() {
  return {{"event", "daemon"}, {"running", false}};
}

// The state as it is now, as an event of its own. A daemon that has just gone again tells so
// itself.
void show_state(Client& client, Watcher& watcher) {
  json::object state{{"event", "status"}};
  try {
    for (auto& member : client.properties())
      state.insert(member);
  } catch (const Problem& problem) {
    if (problem.exit() == Exit::no_daemon) return;
    throw;
  }
  watcher.show(state);
}

int follow(const Call& call, Watcher& watcher) {
  Client client("watch", call.options);
  client.watch_signals();
  client.watch_reader();
  // A bar that is looked at starts nothing.
  const bool may_start = !call.options.no_start && !call.arguments.has("--waybar");
  const bool wait_for_it = !may_start && !client.daemon_runs();
  if (wait_for_it) {
    watcher.show(no_daemon());
  } else {
    client.need_daemon();
    client.discard_events();
    show_state(client, watcher);
  }
  try {
    while (true) {
      client.wait(std::nullopt);
      const json::object event = client.events.front();
      client.events.pop_front();
      watcher.show(event);
      // Calling a daemon that is gone would start it: its return is waited for instead.
      if (text_of(event, "event") == "daemon" && text_of(event, "running") == "true") {
        show_state(client, watcher);
      }
    }
  } catch (const Interrupted&) {
    return 0;  // the usual end of watching
  }
}

// False where nobody reads any more.
bool pause() {
  constexpr timespec seconds{5, 0};
  pollfd output{STDOUT_FILENO, 0, 0};
  sigset_t none;
  sigemptyset(&none);  // a signal ends us here, too
  return ::ppoll(&output, 1, &seconds, &none) == 0;
}

// A bar shows nothing of a program that has ended: without a bus, or with a daemon that does not
// answer, this one stays, and looks again.
int watch_for_bar(const Call& call, Watcher& watcher) {
  do {
    try {
      return follow(call, watcher);
    } catch (const Problem& problem) {
      if (problem.exit() == Exit::usage) throw;
      watcher.show(no_daemon());
    }
  } while (pause());
  return 0;
}

}  // namespace

int watch(const Call& call) {
  if (call.arguments.has("--levels")) return watch_levels(call);
  const bool large = call.arguments.has("--large") || call.arguments.has("--size");
  if (large && !call.arguments.has("--captions")) {
    throw Problem(Exit::usage, "watch", "--large and --size go with --captions",
                  "gemini-voicectl watch --captions --large");
  }
  // Where there is no terminal to fill, lines are the same captions.
  if (large && !call.options.json && can_show_large()) return watch_large(call);
  Watcher watcher(call);
  return call.arguments.has("--waybar") ? watch_for_bar(call, watcher) : follow(call, watcher);
}

}  // namespace gv::ctl
