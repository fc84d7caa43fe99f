// gemini-voicectl watch --levels against the daemon: tones of known level at both devices, and a
// terminal to draw on.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <sstream>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/programs.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;

namespace {

constexpr int amplitude = 8000;
constexpr double tone_dbfs = -12.25;  // of a sine with that amplitude, a full one being 0

Environment environment(const Stage& stage) {
  Environment all = stage.bed->environment();
  all.merge(stage.bus.environment());
  return all;
}

std::vector<json::object> lines(const Process& watch) {
  std::vector<json::object> objects;
  std::istringstream text(watch.output());
  for (std::string line; std::getline(text, line);) {
    if (!text.eof()) objects.push_back(json::parse(line).as_object());
  }
  return objects;
}

bool said(const Process& watch, const char* key, const json::value& value) {
  const auto all = lines(watch);
  return !all.empty() && all.back().contains(key) && all.back().at(key) == value;
}

// So many of the lines have this level, within half a dB. A chunk that a tone begins in has less.
std::size_t at_level(const Process& watch, const char* key) {
  const auto all = lines(watch);
  return static_cast<std::size_t>(std::ranges::count_if(all, [key](const json::object& line) {
    const json::value* level = line.if_contains(key);
    return level != nullptr && std::abs(level->to_number<double>() - tone_dbfs) < 0.5;
  }));
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The other end of a terminal that a program writes to.
class Terminal {
 public:
  Terminal() : fd_(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)) {
    REQUIRE(fd_ >= 0);
    REQUIRE(::grantpt(fd_) == 0);
    REQUIRE(::unlockpt(fd_) == 0);
    resize(100);
  }
  ~Terminal() { ::close(fd_); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  std::string name() const { return ::ptsname(fd_); }
  void resize(unsigned short columns) const {
    const winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    REQUIRE(::ioctl(fd_, TIOCSWINSZ, &size) == 0);
  }
  const std::string& text() {
    char part[4096];
    for (ssize_t got = 0; (got = ::read(fd_, part, sizeof part)) > 0;)
      text_.append(part, static_cast<std::size_t>(got));
    return text_;
  }
  void forget() {
    text();
    text_.clear();
  }

 private:
  int fd_;
  std::string text_;
};

}  // namespace

TEST_CASE("the levels are those of the sound at the devices") {
  StageOptions options;
  options.answer = tone(20, 24000, 440, amplitude);
  Stage stage(options);
  SpeakerRecorder speaker(*stage.bed, 24000);
  Microphone microphone(*stage.bed);
  stage.start_session();
  const Process watch({programs::ctl(), "--json", "watch", "--levels"}, environment(stage));
  require("silence is shown", [&watch] { return said(watch, "state", "listening"); });
  CHECK(lines(watch).back().at("microphone_dbfs").to_number<double>() < -80);
  CHECK(lines(watch).back().at("echo_mode") == "off");
  microphone.say(tone(3, microphone.rate(), 440, amplitude));
  require("the microphone's tone is shown",
          [&watch] { return at_level(watch, "microphone_dbfs") >= 3; });
  require(
      "the speaker's tone is shown", [&watch] { return at_level(watch, "speaker_dbfs") >= 3; },
      milliseconds(20'000));

  stage.voice->mute(true);
  require("muted is shown", [&watch] { return said(watch, "muted", true); });
  stage.voice->stop();
  require("the end is shown", [&watch] { return said(watch, "state", "idle"); });
  // And once: nobody measures anything any more.
  const std::size_t shown = lines(watch).size();
  stage.voice->mute(false);
  require("the next change is shown", [&watch] { return said(watch, "muted", false); });
  CHECK(lines(watch).size() <= shown + 2);
  watch.signal(SIGINT);
}

TEST_CASE("a terminal: one line, drawn anew, and left clean") {
  Stage stage;
  Terminal terminal;
  Environment all = environment(stage);
  all["TERM"] = "xterm";
  Process watch({"sh", "-c", "exec \"$0\" watch --levels > " + terminal.name(), programs::ctl()},
                all);
  require("it says that no session runs", [&] { return has(terminal.text(), "no session runs"); });
  CHECK(terminal.text().starts_with("\033[?25l"));
  stage.start_session();
  require("bars are drawn", [&] { return has(terminal.text(), "mic ["); });
  require("again and again", [&] { return std::ranges::count(terminal.text(), '\r') > 10; });
  CHECK_FALSE(has(terminal.text(), "\n"));
  terminal.resize(40);
  terminal.forget();
  require("it keeps to the width", [&] {
    const std::string& text = terminal.text();
    const auto end = text.rfind('\r');
    const auto begin = end == std::string::npos || end == 0 ? end : text.rfind('\r', end - 1);
    return begin != std::string::npos && has(text.substr(begin, end - begin), "dBFS\033[K") &&
           !has(text.substr(begin, end - begin), "[.");
  });
  watch.signal(SIGINT);
  CHECK(watch.wait() == 0);
  CHECK(terminal.text().ends_with("\033[?25h"));
  CHECK(std::ranges::count(terminal.text(), '\n') == 1);
}

TEST_CASE("no terminal: lines; a daemon that goes and comes back") {
  StageOptions options;
  Stage stage(options);
  stage.start_session();
  Process watch({programs::ctl(), "--no-start", "watch", "--levels"}, environment(stage));
  require("levels are printed", [&] { return has(watch.output(), "microphone -"); });
  CHECK_FALSE(has(watch.output(), "\033"));
  CHECK_FALSE(has(watch.output(), "\r"));
  stage.daemon.reset();
  require("its end is told",
          [&] { return watch.output().ends_with("gemini-voiced is not running\n"); });
  DaemonOptions again;
  again.endpoint = stage.sim->endpoint();
  again.ca_file = stage.authority.file().string();
  stage.daemon = std::make_unique<Daemon>(stage.bus, *stage.bed, again);
  require("its return is told", [&] {
    return watch.output().ends_with("no session runs: gemini-voicectl start begins one\n");
  });
  const std::size_t seen = watch.output().size();
  stage.start_session();
  require("levels again", [&] { return has(watch.output().substr(seen), "microphone -"); });
  CHECK(watch.running());
  watch.signal(SIGTERM);
  CHECK(watch.wait() == 0);
  CHECK(watch.errors().empty());
}

TEST_CASE("a daemon that hangs is said to, and measured again when it goes on") {
  Stage stage;
  stage.start_session();
  Process watch({programs::ctl(), "watch", "--levels"}, environment(stage));
  require("levels are printed", [&] { return has(watch.output(), "microphone -"); });
  stage.daemon->process().signal(SIGSTOP);
  require("it is said",
          [&] { return watch.output().ends_with("gemini-voiced does not answer\n"); });
  const std::size_t seen = watch.output().size();
  stage.daemon->process().signal(SIGCONT);
  require("levels again", [&] { return has(watch.output().substr(seen), "microphone -"); });
  watch.signal(SIGINT);
  CHECK(watch.wait() == 0);
}
