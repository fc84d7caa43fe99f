#include "ctl/secret_input.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>

#include <poll.h>
#include <string.h>  // explicit_bzero
#include <termios.h>
#include <unistd.h>

#include "ctl/client.hpp"
#include "ctl/problem.hpp"

namespace gv::ctl {
namespace {

constexpr std::size_t most_bytes = 8192;  // more than any key, so that one that is too long is told

volatile std::sig_atomic_t interrupted = 0;

// While it lives the terminal shows nothing, and a signal ends the reading, not us: nobody wants a
// terminal back that has become mute. Signals come only while await() waits, or one that came just
// before a read() would leave it waiting for a line.
class Silence {
 public:
  Silence() {
    terminal_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!terminal_) return;
    interrupted = 0;
    sigset_t held;
    ::sigemptyset(&held);
    for (const int signal : signals)
      ::sigaddset(&held, signal);
    ::sigprocmask(SIG_BLOCK, &held, &mask_);
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = 1; };
    for (std::size_t i = 0; i < signals.size(); ++i)
      ::sigaction(signals[i], &action, &handlers_[i]);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~Silence() {
    if (!terminal_) return;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    for (std::size_t i = 0; i < signals.size(); ++i)
      ::sigaction(signals[i], &handlers_[i], nullptr);
    ::sigprocmask(SIG_SETMASK, &mask_, nullptr);
    constexpr std::string_view end = "\n";  // the one that was typed was not shown
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, end.data(), end.size());
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

  // Until a terminal has something to read. Throws Interrupted.
  void await() const {
    if (!terminal_) return;
    pollfd input{STDIN_FILENO, POLLIN, 0};
    while (::ppoll(&input, 1, nullptr, &mask_) < 0 && errno == EINTR) {
      if (interrupted != 0) throw Interrupted{};
    }
  }

 private:
  static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  bool terminal_ = false;
  termios before_{};
  sigset_t mask_{};
  std::array<struct sigaction, signals.size()> handlers_{};
};

struct Buffer {
  std::array<char, most_bytes> text{};
  std::size_t size = 0;
  ~Buffer() { explicit_bzero(text.data(), text.size()); }
};

}  // namespace

config::Secret read_secret(const std::string& prompt) {
  const bool terminal = ::isatty(STDIN_FILENO) == 1;
  const Silence silence;
  if (terminal) {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, prompt.data(), prompt.size());
  }
  Buffer buffer;
  // Byte by byte: what follows the line is somebody else's.
  while (buffer.size < buffer.text.size()) {
    silence.await();
    const ssize_t got = ::read(STDIN_FILENO, buffer.text.data() + buffer.size, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      throw Problem(Exit::failed, "config set-key",
                    "standard input cannot be read: " + std::generic_category().message(errno),
                    "it in a terminal");
    }
    if (got == 0 || buffer.text[buffer.size] == '\n') break;
    ++buffer.size;
  }
  return config::Secret(std::string_view(buffer.text.data(), buffer.size));
}

}  // namespace gv::ctl
