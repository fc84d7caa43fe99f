// watch --captions --large on a real terminal (a pseudo-terminal), with the real daemon's bus and
// the real program that draws the letters.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cstdlib>

#include <doctest/doctest.h>
#include <pty.h>
#include <sys/ioctl.h>

#include "tests/loop/bus_support.hpp"
#include "tests/loop/ctl_process.hpp"

using namespace gv;
using session::Role;
using session::State;
using session::Status;
using test::PrivateBus;
using test::ServiceThread;

namespace {

// gemini-voicectl on a terminal of its own.
class Terminal {
 public:
  explicit Terminal(const std::string& options, unsigned short columns = 80,
                    unsigned short rows = 24) {
    ::setenv("TERM", "xterm-256color", 1);
    winsize size{rows, columns, 0, 0};
    pid_ = ::forkpty(&fd_, nullptr, nullptr, &size);
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      const std::string line = "exec '" GV_CTL "' watch " + options;
      ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      ::_exit(127);
    }
  }
  ~Terminal() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(fd_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // Reads up to and including `text`, from where the last call ended.
  bool shows(const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + test::patience;
    while (all_.find(text, seen_) == std::string::npos) {
      if (std::chrono::steady_clock::now() > deadline || !read_some()) return false;
    }
    seen_ = all_.find(text, seen_) + text.size();
    return true;
  }
  void types(const std::string& keys) const {
    REQUIRE(::write(fd_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
  }
  void resize(unsigned short columns, unsigned short rows) const {
    const winsize size{rows, columns, 0, 0};
    REQUIRE(::ioctl(fd_, TIOCSWINSZ, &size) == 0);
  }
  // What waitpid() says next: of a stop, too.
  int change() {
    int status = 0;
    CHECK(::waitpid(pid_, &status, WUNTRACED) == pid_);
    if (!WIFSTOPPED(status)) pid_ = -1;
    return status;
  }
  void go_on() const { ::kill(pid_, SIGCONT); }
  const std::string& all() {
    while (read_some()) {
    }
    return all_;
  }

 private:
  bool read_some() {
    pollfd one{fd_, POLLIN, 0};
    if (::poll(&one, 1, pid_ < 0 ? 0 : 1000) < 0) return false;
    if (one.revents == 0) return pid_ >= 0;
    char buffer[65'536];
    const ssize_t got = ::read(fd_, buffer, sizeof buffer);
    if (got > 0) all_.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }

  int fd_ = -1;
  pid_t pid_ = -1;
  std::string all_;
  std::size_t seen_ = 0;
};

struct World {
  PrivateBus bus;
  ServiceThread service;

  World() { ::setenv("GV_LIBEXEC_DIR", GV_LIBEXEC_FOLDER, 1); }
  void happens(const std::function<void(session::Observer&)>& what) {
    service.on_loop([this, &what] { what(*service.control.observer); });
  }
  void listens() {
    service.on_loop([this] {
      service.control.become([](Status& s) {
        s.state = State::listening;
        s.capture_open = true;
        s.profile = "captions";
      });
    });
  }
};

const std::string other_screen = "\033[?1049h";
const std::string own_screen = "\033[?1049l";

}  // namespace

TEST_CASE("both sides are shown in large letters, and the terminal is given back") {
  World w;
  w.listens();
  Terminal terminal("--captions --large");
  REQUIRE(terminal.shows(other_screen));
  CHECK(terminal.shows("Listening  (captions)"));
  w.happens([](session::Observer& o) { o.transcript_delta(1, Role::user, "How are you?"); });
  CHECK(terminal.shows("You:"));
  CHECK(terminal.shows("┃ "));
  CHECK(terminal.shows("█"));  // letters, out of cells
  w.happens([](session::Observer& o) {
    o.transcript_delta(1, Role::model, "Very well, \x1b[2J");
    o.transcript_completed(1, Role::model, "Very well,", {true, 100});
  });
  CHECK(terminal.shows("Gemini:"));
  CHECK(terminal.shows("(interrupted)"));
  w.service.on_loop([&w] { w.service.control.become([](Status& s) { s.muted = true; }); });
  CHECK(terminal.shows("MICROPHONE MUTED"));
  terminal.resize(40, 12);
  CHECK(terminal.shows("\033[12;1H"));  // the state line has moved
  terminal.types("\x03");
  CHECK(WEXITSTATUS(terminal.change()) == 0);
  const auto& all = terminal.all();
  CHECK(all.find(own_screen) != std::string::npos);
  CHECK(all.find("\033[?25h") != std::string::npos);
  CHECK(all.find("How are you?") == std::string::npos);
}

TEST_CASE("stopped, the terminal is the shell's; then it goes on") {
  World w;
  w.listens();
  Terminal terminal("--captions --large");
  REQUIRE(terminal.shows("Listening"));
  terminal.types("\x1a");
  CHECK(WIFSTOPPED(terminal.change()));
  CHECK(terminal.shows(own_screen));
  terminal.go_on();
  CHECK(terminal.shows(other_screen));
  CHECK(terminal.shows("Listening"));
}

TEST_CASE(
    "without the program that draws, words are bold and spread; without colour there is none") {
  World w;
  ::setenv("GV_LIBEXEC_DIR", "/nowhere", 1);
  ::setenv("NO_COLOR", "1", 1);
  w.listens();
  Terminal terminal("--captions --large");
  w.happens([](session::Observer& o) { o.transcript_completed(1, Role::user, "Hi you", {}); });
  CHECK(terminal.shows("Listening"));
  w.happens([](session::Observer& o) { o.transcript_completed(2, Role::model, "Hi you", {}); });
  CHECK(terminal.shows("\033[0;1m"));
  CHECK(terminal.shows("  H i   y o u"));
  terminal.types("\x03");
  terminal.change();
  CHECK(terminal.all().find(";40m") == std::string::npos);
  ::unsetenv("NO_COLOR");
}

TEST_CASE("it survives the daemon") {
  World w;
  w.listens();
  Terminal terminal("--captions --large");
  REQUIRE(terminal.shows("Listening"));
  w.service.stop_service();
  CHECK(terminal.shows("gemini-voiced is not running"));
}

TEST_CASE("into a pipe the captions are lines") {
  World w;
  w.listens();
  test::Ctl ctl({"watch", "--captions", "--large"});
  CHECK(ctl.says("[listening]\n"));
  w.happens([](session::Observer& o) { o.transcript_completed(1, Role::user, "Hi", {}); });
  CHECK(ctl.says("You: Hi\n"));
  CHECK(ctl.out.find('\033') == std::string::npos);
  const auto wrong = test::run({"watch", "--large"});
  CHECK(wrong.exit == 2);
  CHECK(test::one_error_line(wrong));
}
