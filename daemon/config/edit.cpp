#include "daemon/config/edit.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/config/document.hpp"
#include "daemon/config/load.hpp"

namespace gv::config {
namespace {

constexpr std::size_t indent_step = 2;
constexpr std::string_view blank = " \t";

// One change of one text. What it does not understand it gives up; what it gets wrong the loader
// finds.
class Editor {
 public:
  Editor(std::string text, const Change& change)
      : text_(std::move(text)),
        change_(change),
        eol_(text_.find("\r\n") == std::string::npos ? "\n" : "\r\n") {}

  std::optional<std::string> run() {
    const auto parsed = parse_document(text_);
    const auto* root = std::get_if<Element>(&parsed);
    if (root == nullptr) return std::nullopt;
    if (root->type == Element::Type::null) {
      append(0);
      return text_;
    }
    if (root->type != Element::Type::map || !descend(*root, 0, std::nullopt)) return std::nullopt;
    return text_;
  }

 private:
  // The yaml-cpp mark's place; it counts without the byte order mark.
  std::size_t offset(const Place& place) const {
    std::size_t at = text_.starts_with("\xef\xbb\xbf") ? 3 : 0;
    for (int line = 1; line < place.line; ++line)
      at = text_.find('\n', at) + 1;
    return at + static_cast<std::size_t>(place.column) - 1;
  }

  std::size_t line_end(std::size_t at) const {
    return std::min(text_.find('\n', at), text_.size());
  }

  bool flow(const Element& map) const { return text_[offset(map.place)] == '{'; }

  // What stands at path[depth] and below it, as lines.
  std::string lines(std::size_t depth, std::size_t indent) const {
    std::string all;
    for (std::size_t i = depth; i < change_.path.size(); ++i, indent += indent_step) {
      all += std::string(indent, ' ') + change_.path[i] + ':';
      if (i + 1 == change_.path.size()) all += ' ' + change_.value;
      all += eol_;
    }
    return all;
  }

  // The same within braces.
  std::string in_line(std::size_t depth) const {
    std::string all = change_.path[depth] + ": ";
    if (depth + 1 == change_.path.size()) return all + change_.value;
    return all + '{' + in_line(depth + 1) + '}';
  }

  void append(std::size_t indent) {
    if (!text_.empty() && !text_.ends_with('\n')) text_ += eol_;
    text_ += lines(0, indent);
  }

  // after: where the key ends that this map belongs to; none: it is the whole document.
  bool descend(const Element& map, std::size_t depth, std::optional<std::size_t> after) {
    for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
      const Element& key = map.children[i];
      if (key.type == Element::Type::scalar && key.text == change_.path[depth])
        return change_entry(key, map.children[i + 1], depth, flow(map));
    }
    const std::size_t begin = offset(map.place);
    if (flow(map)) {
      text_.insert(begin + 1, in_line(depth) + (map.children.empty() ? "" : ", "));
      return true;
    }
    const auto indent = static_cast<std::size_t>(map.place.column - 1);
    if (!after) {
      append(indent);
    } else {
      insert_below(*after, lines(depth, indent));
    }
    return true;
  }

  // Above the comments of what follows, which are not about this.
  void insert_below(std::size_t at, const std::string& more) {
    const std::size_t end = line_end(at);
    if (end == text_.size()) return void(text_.append(eol_).append(more));
    text_.insert(end + 1, more);
  }

  bool change_entry(const Element& key, const Element& value, std::size_t depth, bool in_flow) {
    std::size_t colon = offset(key.place) + key.text.size() + (key.quoted ? 2 : 0);
    colon = text_.find_first_not_of(blank, colon);
    if (colon == std::string::npos || text_[colon] != ':') return false;
    const bool last = depth + 1 == change_.path.size();
    if (!last && value.type == Element::Type::map && !value.children.empty())
      return descend(value, depth + 1, colon);
    // A map that is empty can only be {}.
    if (!last && value.type != Element::Type::map) return false;
    const std::size_t begin = text_.find_first_not_of(blank, colon + 1);
    if (begin == std::string::npos) return false;
    const std::optional<std::size_t> end = value_end(begin, in_flow);
    if (!end) return false;
    text_.replace(begin, *end - begin, last ? change_.value : '{' + in_line(depth + 1) + '}');
    return true;
  }

  // Of a value on one line.
  std::optional<std::size_t> value_end(std::size_t begin, bool in_flow) const {
    const std::size_t eol = line_end(begin);
    const char first = text_[begin];
    if (first == '"' || first == '\'') {
      for (std::size_t at = begin + 1; at < eol; ++at) {
        if (first == '"' && text_[at] == '\\') {
          ++at;
        } else if (text_[at] == first) {
          if (first == '"' || at + 1 >= eol || text_[at + 1] != '\'') return at + 1;
          ++at;
        }
      }
      return std::nullopt;
    }
    for (const std::string_view empty : {"[]", "{}"}) {
      if (text_.compare(begin, empty.size(), empty) == 0) return begin + empty.size();
    }
    if (std::string_view("[{|>&*!#\r\n").find(first) != std::string_view::npos) return std::nullopt;
    std::size_t end = begin;
    while (end < eol &&
           !(in_flow && std::string_view(",}]").find(text_[end]) != std::string::npos) &&
           !(text_[end] == '#' && blank.find(text_[end - 1]) != std::string_view::npos))
      ++end;
    while (std::string_view(" \t\r").find(text_[end - 1]) != std::string_view::npos)
      --end;
    return end;
  }

  std::string text_;
  const Change& change_;
  std::string eol_;
};

// What a person would have to write.
std::string by_hand(const std::vector<Change>& changes) {
  std::string all;
  for (const Change& change : changes) {
    if (!all.empty()) all += ", and ";
    for (std::size_t i = 0; i < change.path.size(); ++i)
      all += (i == 0 ? "" : ".") + change.path[i];
    all += ": " + change.value;
  }
  return all;
}

}  // namespace

std::variant<std::string, Failure> edit(std::string_view text, const std::string& file,
                                        const std::vector<Change>& changes, const Config& wanted) {
  if (!load(text, file).ok()) {
    return Failure{Error::config_invalid,
                   file + " has mistakes. Try: gemini-voicectl config check"};
  }
  std::optional<std::string> edited(text);
  for (const Change& change : changes) {
    edited = Editor(std::move(*edited), change).run();
    if (!edited) break;
  }
  if (edited) {
    const Result result = load(*edited, file);
    if (result.ok() && result.config == wanted) return std::move(*edited);
  }
  return Failure{Error::config_invalid,
                 file + " is written in a way that cannot be changed for you. Try: set there " +
                     by_hand(changes)};
}

}  // namespace gv::config
