// What is known of programs that run others, or code: what a model says must reach neither. Pure;
// any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gv::config {

// Runs the program that stands behind its own options, as env and systemd-run do.
bool is_launcher(std::string_view program);

// Programs that run what an argument, or their standard input, says.
struct Interpreter {
  enum class Script { named, behind_host, none };

  std::string_view name;
  std::string_view letters;  // of options behind which code follows
  std::string_view values;   // of options behind which their value follows
  bool shell = false;        // each argument behind the code is part of it, or can be
  // Where it is told what to run, so that its standard input is no code. Those that have no such
  // place, or have it behind a host, are known by their name only where a program stands.
  Script script = Script::named;
};

// "/usr/bin/python3.11" is python. nullptr: it is none.
const Interpreter* interpreter(std::string_view argument);

// What stands in it, or behind it, is code.
bool brings_code(const Interpreter& program, std::string_view option);

// Whether its standard input is code, with these arguments from `first` on, none of which brings
// code.
bool reads_code(const Interpreter& program, const std::vector<std::string>& argv,
                std::size_t first);

}  // namespace gv::config
