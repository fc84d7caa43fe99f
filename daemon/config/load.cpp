#include "daemon/config/load.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "daemon/config/document.hpp"
#include "daemon/config/keys.hpp"
#include "daemon/config/read_file.hpp"
#include "daemon/config/text.hpp"
#include "daemon/util/words.hpp"

namespace gv::config {
namespace {

constexpr std::string_view literal_key =
    "an API key does not belong in this file, which gets copied, backed up and shared. Put it into "
    "$GEMINI_API_KEY, the systemd credential gemini-api-key, or a file of mode 600 named by "
    "api.key_file";

constexpr std::size_t longest_key = 80;  // bytes, of a key from the file in a message

std::string dotted(const std::string& prefix, const std::string& key) {
  return prefix.empty() ? key : prefix + "." + key;
}

// What follows `prefix.` in the paths, up to the next dot.
template <class Keys>
std::vector<std::string> names_below(const Keys& keys, const std::string& prefix) {
  std::vector<std::string> names;
  const std::string start = prefix.empty() ? "" : prefix + ".";
  for (const auto& key : keys) {
    if (!key.path.starts_with(start)) continue;
    std::string name =
        key.path.substr(start.size(), key.path.find('.', start.size()) - start.size());
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

class Loader {
 public:
  explicit Loader(std::string file) : file_(std::move(file)) {}

  Result run(std::string_view text) {
    auto document = parse_document(text);
    if (const auto* error = std::get_if<SyntaxError>(&document)) {
      add(error->place, "", error->message);
    } else {
      read_root(std::get<Element>(document));
      check_default_profile();
    }
    std::stable_sort(result_.diagnostics.begin(), result_.diagnostics.end(),
                     [](const Diagnostic& a, const Diagnostic& b) {
                       return std::pair(a.line, a.column) < std::pair(b.line, b.column);
                     });
    return std::move(result_);
  }

 private:
  void add(Place place, const std::string& key, std::string message,
           Severity severity = Severity::error) {
    result_.diagnostics.push_back({file_, place.line, place.column, without_api_keys(key),
                                   without_api_keys(std::move(message)), severity});
  }

  void read_root(const Element& root) {
    if (root.type == Element::Type::null) return;
    if (root.type != Element::Type::map) {
      add(root.place, "", "the file must hold keys and values, e.g. `default_profile: assistant`");
      return;
    }
    std::vector<std::string> others{"profiles"};
    for (const NameTable& table : name_tables())
      others.push_back(table.path);
    read_map(root, "", "", config_keys(), others, result_.config);
  }

  // Calls visit(key, key's place, value) for each pair; tells about keys that are no names, are
  // there twice, or hold an API key.
  template <class Visit>
  void each_pair(const Element& map, const std::string& path, Visit visit) {
    std::map<std::string, int> seen;
    for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
      const Element& key = map.children[i];
      const std::string name = dotted(path, key.text);
      if (key.type != Element::Type::scalar) {
        add(key.place, path, "a key must be a single word");
      } else if (holds_api_key(key.text)) {
        add(key.place, path, std::string(literal_key));
      } else if (const auto [first, fresh] = seen.emplace(key.text, key.place.line); !fresh) {
        add(key.place, one_line(name, longest_key),
            "duplicate key, first given in line " + std::to_string(first->second));
      } else {
        visit(key.text, key.place, map.children[i + 1]);
      }
    }
  }

  // Is the value a map? If not, says so.
  bool expect_map(const Element& value, Place key_place, const std::string& path) {
    if (value.type == Element::Type::map) return true;
    if (value.type == Element::Type::null) {
      add(key_place, path,
          "nothing stands below it; indent its keys by two spaces, or remove the line");
    } else if (value.type == Element::Type::scalar && holds_api_key(value.text)) {
      add(value.place, path, std::string(literal_key));
    } else {
      add(value.place, path, "must hold keys of its own, indented by two spaces below it");
    }
    return false;
  }

  // path: the place in the file; relative: the same, seen from T.
  template <class T>
  void read_map(const Element& map, const std::string& path, const std::string& relative,
                const std::vector<Key<T>>& keys, const std::vector<std::string>& others,
                T& object) {
    each_pair(map, path,
              [this, &path, &relative, &keys, &others, &object](const std::string& name,
                                                                Place place, const Element& value) {
                const std::string here = dotted(path, name);
                const std::string inside = dotted(relative, name);
                const auto key = std::find_if(keys.begin(), keys.end(), [&inside](const Key<T>& k) {
                  return k.path == inside;
                });
                if (key != keys.end()) {
                  read_value(value, place, here, *key, object);
                } else if (std::find(others.begin(), others.end(), inside) != others.end()) {
                  read_names(value, place, here);
                } else if (has_below(keys, others, inside)) {
                  if (expect_map(value, place, here))
                    read_map(value, here, inside, keys, others, object);
                } else {
                  unknown(name, place, path, relative, keys, others);
                }
              });
  }

  template <class T>
  static bool has_below(const std::vector<Key<T>>& keys, const std::vector<std::string>& others,
                        const std::string& path) {
    const std::string start = path + ".";
    return std::any_of(keys.begin(), keys.end(),
                       [&start](const Key<T>& key) { return key.path.starts_with(start); }) ||
           std::any_of(others.begin(), others.end(),
                       [&start](const std::string& other) { return other.starts_with(start); });
  }

  template <class T>
  void unknown(const std::string& name, Place place, const std::string& path,
               const std::string& relative, const std::vector<Key<T>>& keys,
               const std::vector<std::string>& others) {
    const std::string here = dotted(path, name);
    if (is_literal_key_name(here)) {
      add(place, here, std::string(literal_key));
      return;
    }
    struct Path {
      std::string path;
    };
    std::vector<Path> paths;
    paths.reserve(keys.size() + others.size());
    for (const Key<T>& key : keys)
      paths.push_back({key.path});
    for (const std::string& other : others)
      paths.push_back({other});
    add(place, one_line(here, longest_key),
        "unknown key" + did_you_mean(name, names_below(paths, relative)));
  }

  template <class T>
  void read_value(const Element& value, Place place, const std::string& path, const Key<T>& key,
                  T& object) {
    Input input;
    std::vector<Place> places;
    if (!read_input(value, place, path, input, places)) return;
    key_places_[path] = places.empty() ? value.place : places.front();
    const Problems problems = key.set(object, input);
    for (const Problem& problem : problems) {
      add(problem.item < places.size() ? places[problem.item] : value.place, path, problem.message);
    }
    if (problems.empty() && !key.no_effect.empty() && key.get(object) != key.get(T{})) {
      add(place, path, key.no_effect, Severity::warning);
    }
  }

  // The scalars behind a key; false where they are none, or hold an API key.
  bool read_input(const Element& value, Place key_place, const std::string& path, Input& input,
                  std::vector<Place>& places) {
    if (value.type == Element::Type::null) {
      add(key_place, path, "has no value; remove the line to get the default");
      return false;
    }
    if (value.type == Element::Type::map) {
      add(value.place, path, "must be a value, not keys of its own");
      return false;
    }
    input.list = value.type == Element::Type::list;
    bool good = true;
    const auto take = [this, &path, &input, &places, &good](const Element& item) {
      if (item.type != Element::Type::scalar) {
        add(item.place, path, "the items of the list must be plain values");
        good = false;
      } else if (holds_api_key(item.text) || is_api_key_below_api(path, item.text)) {
        add(item.place, path, std::string(literal_key));
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
    return good;
  }

  static bool is_api_key_below_api(const std::string& path, const std::string& text) {
    return path.starts_with("api.") && (text.starts_with("AIza") || text.starts_with("AQ."));
  }

  // profiles, and the tables whose insides a later version will read.
  void read_names(const Element& value, Place place, const std::string& path) {
    if (!expect_map(value, place, path)) return;
    const NameTable* table = nullptr;
    for (const NameTable& candidate : name_tables()) {
      if (candidate.path == path) table = &candidate;
    }
    each_pair(
        value, path,
        [this, &path, table](const std::string& name, Place name_place, const Element& inside) {
          if (std::string wrong = check_name(name); !wrong.empty()) {
            add(name_place, path, std::move(wrong));
          } else if (table) {
            read_reserved(*table, name, name_place, inside);
          } else if (expect_map(inside, name_place, dotted(path, name))) {
            // Over the shipped profile of that name, or over the defaults.
            Profile& profile = result_.config.profiles[name];
            read_map(inside, dotted(path, name), "", profile_keys(), {}, profile);
          }
        });
    if (table && !value.children.empty()) {
      add(place, path, "accepted, but has no effect in this version", Severity::warning);
    }
  }

  void read_reserved(const NameTable& table, const std::string& name, Place place,
                     const Element& inside) {
    const std::string path = dotted(table.path, name);
    if (table.names == &Reserved::hooks) {
      Input input;
      std::vector<Place> places;
      if (!read_input(inside, place, path, input, places)) return;
      if (!input.list || input.items.empty()) {
        add(inside.place, path, "write a command as a list, e.g. [notify-send, Listening]");
        return;
      }
    } else if (!expect_map(inside, place, path)) {
      return;
    }
    (result_.config.reserved.*table.names).push_back(name);
  }

  void check_default_profile() {
    const Config& config = result_.config;
    if (config.profiles.contains(config.default_profile)) return;
    std::vector<std::string> names;
    names.reserve(config.profiles.size());
    for (const auto& [name, profile] : config.profiles)
      names.push_back(name);
    add(key_places_["default_profile"], "default_profile",
        "there is no profile " + in_quotes(config.default_profile) + ", only " + one_of(names) +
            did_you_mean(config.default_profile, names));
  }

  std::string file_;
  Result result_;
  std::map<std::string, Place> key_places_;  // of the values that were read
};

}  // namespace

Result load(std::string_view text, const std::string& file) {
  return Loader(file).run(text);
}

Result load_file(const std::string& path) {
  auto text = read_regular_file(path, largest_file);
  if (const auto* error = std::get_if<FileError>(&text)) {
    Result result;
    result.diagnostics.push_back({path, 0, 0, "", "cannot be read: " + error->message});
    return result;
  }
  return load(std::get<FileText>(text).text, path);
}

}  // namespace gv::config
