// watch --captions --large: live captions on the whole terminal, until interrupted.
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "ctl/client.hpp"
#include "ctl/large/caption_log.hpp"
#include "ctl/large/full_screen.hpp"
#include "ctl/large/letters.hpp"
#include "ctl/large/page.hpp"
#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/verbs.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

constexpr std::chrono::milliseconds between_pages{100};

int wanted_size(const Call& call) {
  constexpr int largest = 100;
  if (!call.arguments.has("--size")) return 0;
  const std::string text = call.arguments.value("--size");
  int size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size() || size < 2 || size > largest) {
    throw Problem(Exit::usage, "watch", "--size: '" + text + "' is not a number from 2 to 100",
                  "gemini-voicectl watch --help");
  }
  return size;
}

class LargeWatcher {
 public:
  LargeWatcher(Client& client, int size) : client_(client), size_(size) {}

  [[noreturn]] void run() {
    client_.also_watch(screen_.signal_fd());
    client_.daemon_runs() ? take_state() : take({{"event", "daemon"}, {"running", false}});
    while (true) {
      if (changed_ && Clock::now() >= next_page_) show();
      if (client_.wait(changed_ ? std::optional(next_page_) : std::nullopt)) {
        const json::object event = client_.events.front();
        client_.events.pop_front();
        take(event);
        // Calling a daemon that is gone would start it: its return is waited for instead.
        if (text_of(event, "event") == "daemon" && text_of(event, "running") == "true") {
          take_state();
        }
      }
      // Seldom, and never lost: the descriptor stays readable.
      screen_.take_signals();
      changed_ = changed_ || screen_.empty();
    }
  }

 private:
  void take(const json::object& event) { changed_ = log_.take(event) || changed_; }

  void take_state() {
    try {
      json::object state{{"event", "status"}};
      for (auto& member : client_.properties())
        state.insert(member);
      take(state);
    } catch (const Problem& problem) {
      if (problem.exit() != Exit::no_daemon) throw;  // its going is an event
    }
  }

  void show() {
    const int columns = screen_.columns();
    const int rows = screen_.rows();
    const int line =
        std::min(size_ > 0 ? size_ : letter_rows(columns, rows), std::max(rows - 2, 2));
    const auto draw = [&](const std::string& text, int width) {
      if (letters_.work()) {
        auto cells = letters_.draw(text, width, line, rows);
        if (letters_.work()) return cells;
      }
      return wrapped(text, width, true);
    };
    letters_.next_page();
    screen_.show(page_of(log_, columns, rows, draw));
    changed_ = false;
    next_page_ = Clock::now() + between_pages;
  }

  Client& client_;
  int size_;
  Letters letters_;
  FullScreen screen_;
  CaptionLog log_;
  bool changed_ = true;
  Clock::time_point next_page_ = Clock::now();
};

}  // namespace

bool can_show_large() {
  const char* terminal = std::getenv("TERM");
  return output_is_terminal() && terminal != nullptr && std::string_view(terminal) != "dumb";
}

int watch_large(const Call& call) {
  const int size = wanted_size(call);
  Client client("watch", call.options);
  client.watch_signals();
  if (!call.options.no_start) client.need_daemon();
  client.discard_events();
  try {
    LargeWatcher(client, size).run();
  } catch (const Interrupted&) {
    return 0;  // the usual end of watching
  }
}

}  // namespace gv::ctl
