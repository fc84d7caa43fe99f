// Large letters, by the program gemini-voice-letters, which runs as long as this object. Words go
// to it by pipes; it is in a process group of its own, so that the terminal's keys are not for it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace gv::ctl {

class Letters {
 public:
  Letters();
  ~Letters();
  Letters(const Letters&) = delete;
  Letters& operator=(const Letters&) = delete;

  // false: the program is not there, or there are no fonts, or it failed: never again then.
  bool work() const { return to_ >= 0; }
  // The words as rows of cells, each line of text so many rows high; of a long text the last
  // most_rows. Empty where it does not work (any more). What was drawn last time is remembered.
  std::vector<std::string> draw(const std::string& text, int columns, int line_rows, int most_rows);
  // Between two pages: what the last one did not show is forgotten.
  void next_page();

 private:
  bool ask(const std::string& request, std::string& answer);
  void stop();

  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
  std::string read_;  // of the next answer
  std::string size_;  // that the remembered ones were drawn for
  using Drawn = std::map<std::string, std::vector<std::string>>;
  Drawn now_;     // on this page, by text
  Drawn before_;  // on the last one
};

}  // namespace gv::ctl
