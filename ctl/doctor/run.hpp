// Programs that doctor asks: each has its time, and none gets the API key by its environment.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace gv::ctl {

struct Ran {
  std::string failure;     // why it could not be run, or did not end well; empty: it did
  bool timed_out = false;  // then the output is what it had said by then
  std::string output;
  std::string errors;
};

// input: what it reads, 64 KiB at most. Blocks.
Ran run_program(std::vector<std::string> argv, std::chrono::milliseconds limit,
                std::string_view input = {}, std::size_t output_limit = 256UL * 1024);

// The first line that is not empty, without control characters.
std::string first_line(std::string_view text);

}  // namespace gv::ctl
