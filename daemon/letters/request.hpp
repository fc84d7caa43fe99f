// What is asked of gemini-voice-letters and what it answers: a line of JSON each. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gv::letters {

// Of a line, in bytes, each way.
constexpr std::size_t longest_request = 256UL * 1024;
constexpr std::size_t longest_answer = 8UL * 1024 * 1024;

struct Request {
  int columns = 80;    // of the terminal, for the text
  int rows = 6;        // of the terminal, for one line of text
  int most_rows = 60;  // the last ones of each text
  std::vector<std::string> texts;
  bool operator==(const Request&) const = default;
};

// For each text its rows of cells, each at most `columns` wide.
using Drawn = std::vector<std::vector<std::string>>;

std::string to_line(const Request& request);
std::string to_line(const Drawn& drawn);
// nullopt: it is none, or out of bounds.
std::optional<Request> request_of(std::string_view line);
std::optional<Drawn> drawn_of(std::string_view line);

}  // namespace gv::letters
