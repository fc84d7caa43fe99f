// YAML text as a plain tree with the place of everything in it. The only part that knows yaml-cpp.
// Any thread; throws only std::bad_alloc.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gv::config {

constexpr std::size_t largest_file = 1'048'576;  // bytes
constexpr std::size_t deepest_nesting = 32;

struct Place {
  int line = 0;    // from 1
  int column = 0;  // from 1, in bytes
  bool operator==(const Place&) const = default;
};

struct Element {
  enum class Type { null, scalar, list, map };
  Type type = Type::null;
  Place place;
  std::string text;               // scalar
  bool quoted = false;            // scalar: in quotes or a block, and so never a number
  std::vector<Element> children;  // list: items; map: key, value, key, value, …
};

struct SyntaxError {
  Place place;  // line 0: the whole file
  std::string message;
};

// The root of the one document in the text; an empty text is a null node. Duplicate keys are kept.
// Refused: several documents, anchors and aliases (a few lines of them can stand for gigabytes),
// nesting beyond deepest_nesting, text beyond largest_file, NUL and other control characters,
// anything but UTF-8.
std::variant<Element, SyntaxError> parse_document(std::string_view text);

}  // namespace gv::config
