#include "ctl/large/full_screen.hpp"

#include <string_view>

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ctl/output.hpp"

namespace gv::ctl {
namespace {

constexpr std::string_view take = "\033[?1049h\033[?25l\033[?7l\033[2J";
constexpr std::string_view give_back = "\033[0m\033[?7h\033[?25h\033[?1049l";
// Terminals that know it show a page at once, others ignore it.
constexpr std::string_view begin_page = "\033[?2026h";
constexpr std::string_view end_page = "\033[?2026l";

// White or yellow on black: the highest contrasts, and apart for those who see colours.
std::string_view attributes(PageRow::Style style, bool colour) {
  using Style = PageRow::Style;
  switch (style) {
    case Style::label_user:
      return colour ? "\033[0;1;4;93;40m" : "\033[0;1;4m";
    case Style::label_model:
      return colour ? "\033[0;1;4;97;40m" : "\033[0;1;4m";
    case Style::user:
      return colour ? "\033[0;1;93;40m" : "\033[0;1m";
    case Style::model:
      return colour ? "\033[0;1;97;40m" : "\033[0;1m";
    case Style::note:
      return colour ? "\033[0;97;40m" : "\033[0m";
    case Style::state:
      return colour ? "\033[0;1;30;107m" : "\033[0;1;7m";
    case Style::blank:
      break;
  }
  return colour ? "\033[0;40m" : "\033[0m";
}

bool in_foreground() {
  return ::tcgetpgrp(STDOUT_FILENO) == ::getpgrp();
}

}  // namespace

FullScreen::FullScreen() : colour_(output_has_colour()) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGWINCH, SIGTSTP, SIGCONT})
    sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  signal_fd_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (in_foreground()) enter();
}

FullScreen::~FullScreen() {
  leave();
  if (signal_fd_ >= 0) ::close(signal_fd_);
}

void FullScreen::enter() {
  if (entered_ || ::tcgetattr(STDOUT_FILENO, &before_) != 0) return;
  entered_ = true;
  termios quiet = before_;
  quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);  // Ctrl-C and Ctrl-Z stay what they are
  ::tcsetattr(STDOUT_FILENO, TCSADRAIN, &quiet);
  print_raw(take);
  measure();
}

void FullScreen::leave() {
  if (!entered_) return;
  entered_ = false;
  // Nobody reads any more, perhaps.
  [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, give_back.data(), give_back.size());
  ::tcflush(STDOUT_FILENO, TCIFLUSH);  // what was typed was not for the shell
  ::tcsetattr(STDOUT_FILENO, TCSADRAIN, &before_);
}

void FullScreen::measure() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    columns_ = size.ws_col;
    rows_ = size.ws_row;
  }
  shown_.clear();
}

void FullScreen::take_signals() {
  signalfd_siginfo info{};
  while (::read(signal_fd_, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGTSTP) {
      leave();
      ::raise(SIGSTOP);
      // Here it goes on: SIGCONT is next.
    } else if (info.ssi_signo == SIGCONT) {
      if (in_foreground()) {
        entered_ ? measure() : enter();
      }
    } else {
      measure();
    }
  }
}

void FullScreen::show(const std::vector<PageRow>& page) {
  if (!entered_) return;
  std::string text(begin_page);
  if (shown_.empty()) text += std::string(attributes(PageRow::Style::blank, colour_)) + "\033[2J";
  for (std::size_t i = 0; i < page.size(); ++i) {
    if (i < shown_.size() && shown_[i] == page[i]) continue;
    text += "\033[" + std::to_string(i + 1) + ";1H";
    // The state is a bar, the others are their words alone.
    const bool bar = page[i].style == PageRow::Style::state;
    text += attributes(bar ? page[i].style : PageRow::Style::blank, colour_);
    text += "\033[K";
    text += attributes(page[i].style, colour_);
    text += page[i].text;
  }
  print_raw(text.append(end_page));
  shown_ = page;
}

}  // namespace gv::ctl
