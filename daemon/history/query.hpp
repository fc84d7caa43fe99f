// What a person looks for, in the language of SQLite's full-text search. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gv::history {

// All of the words must be there, each as the beginning of a word. Nothing that is typed means
// anything but itself.
struct Query {
  std::string match;                // for MATCH; empty: nothing to look up there
  std::vector<std::string> within;  // for LIKE ? ESCAPE '\': words of scripts that put no blank
                                    // between them, which the index does not find
};
Query query(std::string_view words);

}  // namespace gv::history
