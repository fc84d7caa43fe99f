// watch --levels: live meters, until interrupted.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <unistd.h>

#include "ctl/client.hpp"
#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/verbs.hpp"
#include "ctl/watch_meters.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

constexpr std::chrono::milliseconds between_looks{100};
// A daemon that hangs holds Ctrl-C up no longer.
constexpr std::chrono::milliseconds longest_call{2000};

bool can_redraw() {
  const char* terminal = std::getenv("TERM");
  return output_is_terminal() && (terminal == nullptr || std::string_view(terminal) != "dumb");
}

// One line that is drawn anew on a terminal, lines or objects elsewhere.
class Screen {
 public:
  explicit Screen(bool json) : json_(json), redraws_(!json && can_redraw()) {
    if (redraws_) print_raw("\033[?25l");
  }
  ~Screen() {
    if (!redraws_) return;
    constexpr std::string_view end = "\n\033[?25h";
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, end.data(), end.size());
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void show(const Meters& meters) {
    if (redraws_) {
      return print_raw('\r' + draw(meters, terminal_columns(), output_has_colour()) + "\033[K");
    }
    // That there is nothing to measure is said once.
    std::string line = json_ ? json::serialize(to_json(meters)) : describe(meters);
    if (!meters.live() && line == last_) return;
    print(line);
    last_ = std::move(line);
  }

 private:
  bool json_;
  bool redraws_;
  std::string last_;
};

class LevelWatcher {
 public:
  LevelWatcher(const Call& call, Client& client) : client_(client), screen_(call.options.json) {}

  void run() {
    meters_.daemon = client_.daemon_runs();
    if (meters_.daemon) ask([this] { take_properties(); });
    while (true) {
      if (meters_.live() || !meters_.answering) ask([this] { take_statistics(); });
      screen_.show(meters_);
      rest();
    }
  }

 private:
  void take_properties() {
    json::object event{{"event", "status"}};
    for (auto& member : client_.properties())
      event.insert(member);
    meters_.take_event(event);
  }

  void take_statistics() {
    const Dict values =
        client_.call([](org::geminivoice::Voice1_proxy& voice) { return voice.GetStatistics(); });
    const bool answers_again = !meters_.answering;
    meters_.take_statistics(to_json(values));
    if (answers_again) take_properties();
  }

  // A daemon that goes, or hangs, while it is asked: neither is the end of watching.
  template <class Function>
  void ask(Function&& function) {
    try {
      function();
    } catch (const Problem& problem) {
      if (problem.exit() != Exit::no_daemon && problem.exit() != Exit::timed_out) throw;
      if (client_.daemon_runs()) {
        meters_.answering = false;
      } else {
        meters_.take_event({{"event", "daemon"}, {"running", false}});
      }
    }
  }

  // Until it is time to look again, or, where there is nothing to look at, until something happens.
  void rest() {
    const bool polls = meters_.live() || !meters_.answering;
    const auto next = Clock::now() + between_looks;
    while (client_.wait(polls ? std::optional(next) : std::nullopt)) {
      const json::object event = client_.events.front();
      client_.events.pop_front();
      meters_.take_event(event);
      // Calling a daemon that is gone would start it: its return is waited for instead.
      if (text_of(event, "event") == "daemon" && meters_.daemon) {
        ask([this] { take_properties(); });
      }
      if (!polls) return;
    }
  }

  Client& client_;
  Screen screen_;
  Meters meters_;
};

}  // namespace

int watch_levels(const Call& call) {
  if (!call.options.no_start) Client("watch", call.options).need_daemon();
  Options options = call.options;
  options.timeout = std::min(options.timeout, longest_call);
  Client client("watch", options);
  client.watch_signals();
  client.watch_reader();
  try {
    LevelWatcher(call, client).run();
  } catch (const Interrupted&) {
    return 0;  // the usual end of watching
  }
  return 0;
}

}  // namespace gv::ctl
