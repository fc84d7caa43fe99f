#include "daemon/config/reader.hpp"

#include <array>
#include <string_view>

#include "daemon/config/text.hpp"
#include "daemon/util/words.hpp"

namespace gv::config {
namespace {

constexpr std::string_view literal_key =
    "an API key does not belong in this file, which gets copied, backed up and shared. Put it into "
    "$GEMINI_API_KEY, the systemd credential gemini-api-key, or a file of mode 600 named by "
    "api.key_file (gemini-voicectl config set-key does that)";

constexpr std::size_t longest_key = 80;  // bytes, of a key from the file in a message

// What follows `prefix.` in the paths, up to the next dot.
std::vector<std::string> names_below(const std::vector<std::string>& paths,
                                     const std::string& prefix) {
  std::vector<std::string> names;
  const std::string start = prefix.empty() ? "" : prefix + ".";
  for (const std::string& path : paths) {
    if (!path.starts_with(start)) continue;
    std::string name = path.substr(start.size(), path.find('.', start.size()) - start.size());
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

bool is_literal_key_name(const std::string& path) {
  static constexpr std::array<std::string_view, 7> names{
      "api.key",   "api.api_key", "api.apikey",        "api.key_value",
      "api.token", "api.secret",  "api.gemini_api_key"};
  return std::find(names.begin(), names.end(), path) != names.end();
}

bool is_api_key_below_api(const std::string& path, const std::string& text) {
  return path.starts_with("api.") && (text.starts_with("AIza") || text.starts_with("AQ."));
}

}  // namespace

std::string dotted(const std::string& prefix, const std::string& key) {
  return prefix.empty() ? key : prefix + "." + key;
}

void Reader::add(Place place, const std::string& key, std::string message, Severity severity) {
  if (severity == Severity::error) failed_.insert(key);
  diagnostics_.push_back({file_, place.line, place.column, without_api_keys(key),
                          without_api_keys(std::move(message)), severity});
}

void Reader::add_literal_key(Place place, const std::string& key) {
  add(place, key, std::string(literal_key));
}

bool Reader::is_name(const Element& key, const std::string& path,
                     std::map<std::string, int>& seen) {
  if (key.type != Element::Type::scalar) {
    add(key.place, path, "a key must be a single word");
    return false;
  }
  if (holds_api_key(key.text)) {
    add_literal_key(key.place, path);
    return false;
  }
  const auto [first, fresh] = seen.emplace(key.text, key.place.line);
  if (!fresh) {
    add(key.place, one_line(dotted(path, key.text), longest_key),
        "duplicate key, first given in line " + std::to_string(first->second));
  }
  return fresh;
}

bool Reader::expect_map(const Element& value, Place key_place, const std::string& path) {
  if (value.type == Element::Type::map) return true;
  if (value.type == Element::Type::null) {
    add(key_place, path,
        "nothing stands below it; indent its keys by two spaces, or remove the line");
  } else if (value.type == Element::Type::scalar && holds_api_key(value.text)) {
    add_literal_key(value.place, path);
  } else {
    add(value.place, path, "must hold keys of its own, indented by two spaces below it");
  }
  return false;
}

bool Reader::read_input(const Element& value, Place key_place, const std::string& path,
                        Input& input) {
  if (value.type == Element::Type::null) {
    add(key_place, path, "has no value; remove the line to get the default");
    return false;
  }
  if (value.type == Element::Type::map) {
    add(value.place, path, "must be a value, not keys of its own");
    return false;
  }
  input.list = value.type == Element::Type::list;
  std::vector<Place> places;
  bool good = true;
  const auto take = [this, &path, &input, &places, &good](const Element& item) {
    if (item.type != Element::Type::scalar) {
      add(item.place, path, "the items of the list must be plain values");
      good = false;
    } else if (holds_api_key(item.text) || is_api_key_below_api(path, item.text)) {
      add_literal_key(item.place, path);
      good = false;
    }
    input.items.push_back(item.text);
    places.push_back(item.place);
  };
  if (input.list) {
    for (const Element& item : value.children)
      take(item);
  } else {
    take(value);
  }
  if (places.empty()) places.push_back(value.place);
  remember(path, std::move(places));
  return good;
}

void Reader::unknown(const std::string& name, Place place, const std::string& path,
                     const std::string& relative, const std::vector<std::string>& paths) {
  const std::string here = dotted(path, name);
  if (is_literal_key_name(here)) {
    add_literal_key(place, here);
    return;
  }
  add(place, one_line(here, longest_key),
      "unknown key" + did_you_mean(name, names_below(paths, relative)));
}

Place Reader::place_of(const std::string& path, std::size_t item) const {
  for (std::string around = path;; around.resize(around.rfind('.'))) {
    if (const auto found = places_.find(around); found != places_.end()) {
      return found->second[around == path && item < found->second.size() ? item : 0];
    }
    if (around.find('.') == around.npos) return {};
  }
}

bool Reader::failed(const std::string& path) const {
  if (failed_.contains(path)) return true;
  const std::string inside = path + ".";
  const auto next = failed_.lower_bound(inside);
  return next != failed_.end() && next->starts_with(inside);
}

std::vector<Diagnostic> Reader::take() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                   [](const Diagnostic& a, const Diagnostic& b) {
                     return std::pair(a.line, a.column) < std::pair(b.line, b.column);
                   });
  return std::move(diagnostics_);
}

}  // namespace gv::config
