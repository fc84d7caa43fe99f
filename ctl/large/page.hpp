// Captions as rows of a terminal: the newest at the bottom, the state below them. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/large/caption_log.hpp"

namespace gv::ctl {

struct PageRow {
  enum class Style { blank, label_user, label_model, user, model, note, state };
  Style style = Style::blank;
  std::string text;  // at most as wide as the page
  bool operator==(const PageRow&) const = default;
};

// A caption's words as rows of so many columns, or fewer.
using DrawWords = std::function<std::vector<std::string>(const std::string& text, int columns)>;

// Exactly `rows` of them. What the user says stands behind a bar, so that who speaks is seen
// without colours and where the label has gone off the top; there it is repeated.
std::vector<PageRow> page_of(const CaptionLog& log, int columns, int rows, const DrawWords& draw);

// The width of a text on a terminal, in columns.
int width_of(std::string_view text);

// Words wrapped at blanks, and where one is longer than a row. spaced: each letter with a blank
// behind it, where the script is one whose letters stand alone. For a terminal without large
// letters.
std::vector<std::string> wrapped(std::string_view text, int columns, bool spaced);

// How high a line of large letters is, in rows, where the user does not say: some words fit into
// the width, and some lines into the height.
int letter_rows(int columns, int rows);

}  // namespace gv::ctl
