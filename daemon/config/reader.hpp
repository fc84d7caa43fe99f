// Walks the tree of a document by the tables of keys, remembers where each value stands, and
// collects what is to be said. Any thread; throws only std::bad_alloc.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/config/diagnostics.hpp"
#include "daemon/config/document.hpp"
#include "daemon/config/keys.hpp"

namespace gv::config {

std::string dotted(const std::string& prefix, const std::string& key);

class Reader {
 public:
  // file: as it shall appear in the diagnostics.
  explicit Reader(std::string file) : file_(std::move(file)) {}

  // key: dotted. No API key is repeated.
  void add(Place place, const std::string& key, std::string message,
           Severity severity = Severity::error);
  // Of API keys: `message` is always the same.
  void add_literal_key(Place place, const std::string& key);

  // Calls visit(key, key's place, value) for each pair; tells about keys that are no names, are
  // there twice, or hold an API key.
  template <class Visit>
  void each_pair(const Element& map, const std::string& path, Visit visit) {
    std::map<std::string, int> seen;
    for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
      if (const Element& key = map.children[i]; is_name(key, path, seen)) {
        visit(key.text, key.place, map.children[i + 1]);
      }
    }
  }

  // Is the value a map? If not, says so.
  bool expect_map(const Element& value, Place key_place, const std::string& path);

  // The scalars behind a key; false where they are none, or hold an API key. Remembers their
  // places.
  bool read_input(const Element& value, Place key_place, const std::string& path, Input& input);

  // Calls other(path, key, key's place, value), false of which says that it knows no such key, for
  // what is not in the keys. path: the place in the file; relative: the same, seen from T.
  template <class T, class Other>
  void read_map(const Element& map, const std::string& path, const std::string& relative,
                const std::vector<Key<T>>& keys, const std::vector<std::string>& others, T& object,
                const Other& other) {
    each_pair(map, path, [&](const std::string& name, Place place, const Element& value) {
      const std::string here = dotted(path, name);
      const std::string inside = dotted(relative, name);
      const auto key = std::ranges::find(keys, inside, &Key<T>::path);
      if (key != keys.end() && !key->schema) {
        read_value(value, place, here, *key, object);
      } else if (key != keys.end() || std::ranges::find(others, inside) != others.end()) {
        other(here, place, value);
      } else if (has_below(keys, others, inside)) {
        if (expect_map(value, place, here))
          read_map(value, here, inside, keys, others, object, other);
      } else {
        unknown(name, place, path, relative, paths_of(keys, others));
      }
    });
  }

  void remember(const std::string& path, std::vector<Place> places) {
    places_[path] = std::move(places);
  }
  // Of an item of what was read there; of the whole where there is no such item, or of what stands
  // around it.
  Place place_of(const std::string& path, std::size_t item = 0) const;
  // Is anything wrong there, or below?
  bool failed(const std::string& path) const;

  // In the order of the file.
  std::vector<Diagnostic> take();

 private:
  bool is_name(const Element& key, const std::string& path, std::map<std::string, int>& seen);
  void unknown(const std::string& name, Place place, const std::string& path,
               const std::string& relative, const std::vector<std::string>& paths);

  template <class T>
  static std::vector<std::string> paths_of(const std::vector<Key<T>>& keys,
                                           const std::vector<std::string>& others) {
    std::vector<std::string> paths;
    paths.reserve(keys.size() + others.size());
    for (const Key<T>& key : keys)
      paths.push_back(key.path);
    paths.insert(paths.end(), others.begin(), others.end());
    return paths;
  }

  template <class T>
  static bool has_below(const std::vector<Key<T>>& keys, const std::vector<std::string>& others,
                        const std::string& path) {
    return std::ranges::any_of(paths_of(keys, others), [start = path + "."](const auto& known) {
      return known.starts_with(start);
    });
  }

  template <class T>
  void read_value(const Element& value, Place place, const std::string& path, const Key<T>& key,
                  T& object) {
    Input input;
    if (!read_input(value, place, path, input)) return;
    const Problems problems = key.set(object, input);
    for (const Problem& problem : problems)
      add(place_of_item(value, problem.item), path, problem.message);
    if (problems.empty() && !key.no_effect.empty() && key.get(object) != key.get(T{})) {
      add(place, path, key.no_effect, Severity::warning);
    }
  }

  static Place place_of_item(const Element& value, std::size_t item) {
    const auto& items = value.children;
    return value.type == Element::Type::list && item < items.size() ? items[item].place
                                                                    : value.place;
  }

  std::string file_;
  std::vector<Diagnostic> diagnostics_;
  std::map<std::string, std::vector<Place>> places_;  // of what was read: the first is the whole's
  std::set<std::string> failed_;
};

}  // namespace gv::config
