// The terminal on standard output, taken whole: its other screen, without a cursor and without an
// echo of what is typed. It is as it was again when this object is gone, while the job is stopped
// (Ctrl-Z), and while it is in the background.
#pragma once

#include <string>
#include <vector>

#include <termios.h>

#include "ctl/large/page.hpp"

namespace gv::ctl {

class FullScreen {
 public:
  // Blocks the signals that it waits for (SIGWINCH, SIGTSTP, SIGCONT).
  FullScreen();
  ~FullScreen();
  FullScreen(const FullScreen&) = delete;
  FullScreen& operator=(const FullScreen&) = delete;

  int columns() const { return columns_; }
  int rows() const { return rows_; }
  // Readable when take_signals() has something to do.
  int signal_fd() const { return signal_fd_; }
  // A new size, a stop (returns when the job goes on), the way back from it: draw everything anew.
  void take_signals();
  // Nothing is on it yet, or any more.
  bool empty() const { return entered_ && shown_.empty(); }
  // What differs from the last page.
  void show(const std::vector<PageRow>& page);

 private:
  void enter();
  void leave();
  void measure();

  bool colour_;
  bool entered_ = false;
  int signal_fd_ = -1;
  int columns_ = 80;
  int rows_ = 24;
  termios before_{};
  std::vector<PageRow> shown_;
};

}  // namespace gv::ctl
