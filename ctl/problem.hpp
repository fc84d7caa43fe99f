// What can go wrong, as the contract shows it: one line on stderr and an exit code.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace gv::ctl {

enum class Exit {
  done = 0,
  failed = 1,
  usage = 2,
  no_daemon = 3,
  timed_out = 4,
  refused = 5,
  config_invalid = 6,
  key = 7,
  device = 8,
};

// Thrown by verbs, printed by main. Words without a full stop at the end.
class Problem : public std::exception {
 public:
  Problem(Exit exit, std::string what_failed, std::string why, const std::string& advice = {})
      : exit_(exit),
        line_("gemini-voicectl: " + std::move(what_failed) + ": " + std::move(why) +
              (advice.empty() ? "" : ". Try: " + advice)) {}
  const char* what() const noexcept override { return line_.c_str(); }
  Exit exit() const { return exit_; }

 private:
  Exit exit_;
  std::string line_;
};

// The exit code and the advice for an error name from the bus. Names nobody knows are Exit::failed.
Exit exit_code(std::string_view error_name);

// The problem behind a D-Bus error; message as the daemon or the bus worded it.
Problem from_bus(std::string_view verb, std::string_view error_name, std::string_view message);

}  // namespace gv::ctl
