#include "ctl/large/page.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <locale.h>
#include <wchar.h>

#include "daemon/util/text.hpp"

namespace gv::ctl {
namespace {

using Style = PageRow::Style;

constexpr std::string_view bar = "┃ ";
constexpr int indent = 2;  // of the words; the user's have the bar there

char32_t code_point(std::string_view sequence) {
  const auto byte = [sequence](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(sequence[i]));
  };
  switch (sequence.size()) {
    case 2:
      return (byte(0) & 0x1fU) << 6 | (byte(1) & 0x3fU);
    case 3:
      return (byte(0) & 0x0fU) << 12 | (byte(1) & 0x3fU) << 6 | (byte(2) & 0x3fU);
    case 4:
      return (byte(0) & 0x07U) << 18 | (byte(1) & 0x3fU) << 12 | (byte(2) & 0x3fU) << 6 |
             (byte(3) & 0x3fU);
    default:
      return byte(0);
  }
}

// Whatever the user's locale is.
int width_of(char32_t c) {
  static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (utf8 == nullptr) return 1;
  const locale_t before = ::uselocale(utf8);
  const int width = ::wcwidth(static_cast<wchar_t>(c));
  ::uselocale(before);
  return std::max(width, 0);
}

// Of valid UTF-8: its first character.
std::string_view first_of(std::string_view text) {
  return text.substr(0, std::max<std::size_t>(1, sequence_length(text)));
}

// Latin, Greek, Cyrillic, Armenian: others join their letters, or need the width for themselves.
bool stands_alone(std::string_view text) {
  for (; !text.empty(); text.remove_prefix(first_of(text).size())) {
    const auto c = code_point(first_of(text));
    if (c >= 0x590 && (c < 0x1e00 || c > 0x206f)) return false;
  }
  return true;
}

// At most so wide; true: some of it is left.
bool take_columns(std::string_view& text, int columns, std::string& row) {
  int used = 0;
  while (!text.empty()) {
    const auto character = first_of(text);
    const int width = width_of(code_point(character));
    if (used + width > columns) return true;
    row += character;
    used += width;
    text.remove_prefix(character.size());
  }
  return false;
}

std::string fitting(std::string_view text, int columns) {
  std::string row;
  take_columns(text, columns, row);
  return row;
}

std::string spread(std::string_view word) {
  std::string wide;
  for (; !word.empty(); word.remove_prefix(first_of(word).size())) {
    if (!wide.empty() && width_of(code_point(first_of(word))) > 0) wide += ' ';
    wide += first_of(word);
  }
  return wide;
}

std::string_view label_of(Caption::Kind kind) {
  return kind == Caption::Kind::user ? "You:" : "Gemini:";
}

Style label_style(Caption::Kind kind) {
  return kind == Caption::Kind::user ? Style::label_user : Style::label_model;
}

void add_note(const std::string& text, int columns, std::vector<PageRow>& rows) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    for (auto& row : wrapped(line, columns, false))
      rows.push_back({Style::note, std::move(row)});
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
}

std::vector<PageRow> rows_of(const Caption& caption, int columns, const DrawWords& draw) {
  std::vector<PageRow> rows;
  if (caption.kind == Caption::Kind::note) {
    add_note(caption.text, columns, rows);
  } else {
    const bool user = caption.kind == Caption::Kind::user;
    rows.push_back({label_style(caption.kind), fitting(label_of(caption.kind), columns)});
    const std::string before(user ? bar : "  ");
    for (auto& row : draw(caption.text, columns - indent))
      rows.push_back({user ? Style::user : Style::model, before + row});
    if (caption.interrupted) {
      rows.push_back({label_style(caption.kind), fitting("(interrupted)", columns)});
    }
  }
  rows.push_back({});
  return rows;
}

}  // namespace

int width_of(std::string_view text) {
  int width = 0;
  for (; !text.empty(); text.remove_prefix(first_of(text).size()))
    width += width_of(code_point(first_of(text)));
  return width;
}

std::vector<std::string> wrapped(std::string_view text, int columns, bool spaced) {
  std::vector<std::string> rows;
  std::string row;
  int used = 0;
  const bool spread_out = spaced && stands_alone(text);
  const int gap = spread_out ? 3 : 1;
  while (!text.empty()) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == text.npos) break;
    text.remove_prefix(begin);
    const auto plain = text.substr(0, text.find(' '));
    text.remove_prefix(plain.size());
    const std::string word = spread_out ? spread(plain) : std::string(plain);
    const int width = width_of(word);
    if (used > 0 && used + gap + width > columns) {
      rows.push_back(std::exchange(row, {}));
      used = 0;
    }
    if (used > 0) {
      row.append(static_cast<std::size_t>(gap), ' ');
      used += gap;
    }
    std::string_view rest = word;
    while (take_columns(rest, std::max(columns - used, 2), row)) {
      rows.push_back(std::exchange(row, {}));
      used = 0;
    }
    used = width_of(row);
  }
  if (!row.empty()) rows.push_back(std::move(row));
  return rows;
}

int letter_rows(int columns, int rows) {
  constexpr int least = 3;
  constexpr int most = 20;
  // A letter is about as wide as a line is high.
  return std::clamp(std::min((rows - 2) / 3, columns / 14), least, most);
}

std::vector<PageRow> page_of(const CaptionLog& log, int columns, int rows, const DrawWords& draw) {
  columns = std::max(columns, indent + 2);
  const auto room = static_cast<std::size_t>(std::max(rows - 1, 0));
  std::vector<PageRow> page;  // from the bottom up
  const Caption* top = nullptr;
  std::size_t below_top = 0;
  for (auto caption = log.captions().rbegin();
       caption != log.captions().rend() && page.size() < room; ++caption) {
    auto more = rows_of(*caption, columns, draw);
    below_top = page.size();
    page.insert(page.end(), std::move_iterator(more.rbegin()), std::move_iterator(more.rend()));
    top = &*caption;
  }
  const bool cut = page.size() > room;
  page.resize(room);
  std::ranges::reverse(page);
  // Where something of their words is left below it, and the blank.
  const bool below_label = cut && room > below_top + 2 && top->kind != Caption::Kind::note;
  if (below_label) page[0] = {label_style(top->kind), fitting(label_of(top->kind), columns)};
  page.push_back({Style::state, fitting(log.state_line(), columns)});
  return page;
}

}  // namespace gv::ctl
