// "{percent}%": texts of the configuration with names of parameters in braces, where what the model
// gives will stand. {{ and }} are braces. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gv::config {

struct Piece {
  bool parameter = false;
  std::string text;  // as it is, or the parameter's name
};

// What is wrong with the text, in words, where it cannot be read.
std::variant<std::vector<Piece>, std::string> pieces_of(std::string_view text);

// The names in a text that can be read, each once a mention.
std::vector<std::string> placeholders_in(std::string_view text);

}  // namespace gv::config
