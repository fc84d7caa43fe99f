// The list of new words, for spreadsheets and flash cards. Pure.
#pragma once

#include <string>
#include <vector>

#include "daemon/words/list.hpp"

namespace gv::ctl {

// RFC 4180, with a header, lines that end in CRLF. A model wrote the cells: one that a spreadsheet
// would take for a formula (= + - @) gets a ' before it, which shows that it is text.
std::string to_csv(const std::vector<words::Word>& words);

// For Anki's import of text files (tabs between the fields, with its header lines): the front has
// the word, the back its translation, example and note.
std::string to_anki(const std::vector<words::Word>& words);

// For a terminal: a line a word.
std::string to_table(const std::vector<words::Word>& words);

}  // namespace gv::ctl
