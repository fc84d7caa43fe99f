#include "ctl/word_export.hpp"

#include <array>
#include <ctime>
#include <string_view>

#include "ctl/output.hpp"

namespace gv::ctl {
namespace {

std::string date(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm local{};
  ::localtime_r(&time, &local);
  std::array<char, 16> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d", &local);
  return {text.data(), size};
}

std::string csv_cell(std::string_view text) {
  std::string cell = "\"";
  // Also behind what a spreadsheet leaves out before it looks.
  const auto first = text.find_first_not_of(" \t\r\n");
  const bool tab_or_line = !text.empty() && std::string_view("\t\r\n").find(text[0]) != text.npos;
  if (tab_or_line || (first != text.npos &&
                      std::string_view("=+-@").find(text[first]) != std::string_view::npos)) {
    cell += '\'';
  }
  for (const char c : text)
    cell += c == '"' ? std::string("\"\"") : std::string(1, c);
  return cell + '"';
}

// Anki's import knows quotes and, unless told otherwise, HTML.
std::string anki_field(std::string_view text) {
  std::string field = "\"";
  for (const char c : printable(text))
    field += c == '"' ? std::string("\"\"") : std::string(1, c);
  return field + '"';
}

std::string back_of(const words::Word& word) {
  std::string back = word.translation;
  for (const std::string* more : {&word.example, &word.note})
    if (!more->empty()) back += " — " + *more;
  return back;
}

}  // namespace

std::string to_csv(const std::vector<words::Word>& words) {
  std::string text = "word,translation,example,note,language,saved\r\n";
  for (const words::Word& word : words) {
    for (const auto* cell :
         {&word.word, &word.translation, &word.example, &word.note, &word.language})
      text += csv_cell(*cell) + ',';
    text += date(word.saved_s) + "\r\n";
  }
  return text;
}

std::string to_anki(const std::vector<words::Word>& words) {
  std::string text = "#separator:tab\n#html:false\n#columns:Front\tBack\n";
  for (const words::Word& word : words)
    text += anki_field(word.word) + '\t' + anki_field(back_of(word)) + '\n';
  return text;
}

std::string to_table(const std::vector<words::Word>& words) {
  std::string text;
  for (const words::Word& word : words) {
    text += printable(word.word) + ": " + printable(back_of(word));
    if (!word.language.empty()) text += " [" + printable(word.language) + ']';
    text += '\n';
  }
  return text;
}

}  // namespace gv::ctl
