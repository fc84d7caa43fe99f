#include "daemon/config/load.hpp"

#include <utility>
#include <variant>

#include "daemon/config/check_tools.hpp"
#include "daemon/config/document.hpp"
#include "daemon/config/keys.hpp"
#include "daemon/config/read_file.hpp"
#include "daemon/config/reader.hpp"
#include "daemon/config/schema_reader.hpp"
#include "daemon/util/words.hpp"

namespace gv::config {
namespace {

class Loader {
 public:
  explicit Loader(const std::string& file) : reader_(file) {}

  Result run(std::string_view text) {
    auto document = parse_document(text);
    if (const auto* error = std::get_if<SyntaxError>(&document)) {
      reader_.add(error->place, "", error->message);
    } else {
      read_root(std::get<Element>(document));
      check_default_profile();
      tell(check_tools(config_));
    }
    return {std::move(config_), reader_.take()};
  }

 private:
  void read_root(const Element& root) {
    if (root.type == Element::Type::null) return;
    if (root.type != Element::Type::map) {
      reader_.add(root.place, "",
                  "the file must hold keys and values, e.g. `default_profile: assistant`");
      return;
    }
    const std::vector<std::string> others{"profiles", "tools.commands", "tools.mcp_servers",
                                          "usage.prices"};
    reader_.read_map(root, "", "", config_keys(), others, config_,
                     [this](const std::string& path, Place place, const Element& value) {
                       read_table(value, place, path);
                     });
  }

  void read_table(const Element& value, Place place, const std::string& path) {
    if (path == "profiles") {
      // Over the shipped profile of that name, or over the defaults.
      read_entries(value, place, path, check_name, profile_keys(), config_.profiles);
    } else if (path == "tools.commands") {
      read_entries(value, place, path, check_function_name, command_keys(), config_.tools.commands);
    } else if (path == "tools.mcp_servers") {
      read_entries(value, place, path, check_function_name, server_keys(),
                   config_.tools.mcp_servers);
    } else {
      // Over the shipped prices of that name.
      read_entries(value, place, path, check_name, price_keys(), config_.usage.prices);
    }
  }

  // Calls visit(name, its place, value) for names that can be used.
  template <class Visit>
  void each_name(const Element& value, Place place, const std::string& path, const Check& check,
                 Visit visit) {
    if (!reader_.expect_map(value, place, path)) return;
    reader_.each_pair(value, path,
                      [this, &path, &check, &visit](const std::string& name, Place name_place,
                                                    const Element& inside) {
                        if (std::string wrong = check(name); !wrong.empty()) {
                          reader_.add(name_place, path, std::move(wrong));
                        } else {
                          visit(name, name_place, inside);
                        }
                      });
  }

  template <class T>
  void read_entries(const Element& value, Place place, const std::string& path, const Check& check,
                    const std::vector<Key<T>>& keys, std::map<std::string, T>& table) {
    reader_.remember(path, {place});
    // A table whose entries are all commented out, as in the example.
    if (value.type == Element::Type::null) return;
    const auto read = [this, &path, &keys, &table](const std::string& name, Place name_place,
                                                   const Element& inside) {
      const std::string here = dotted(path, name);
      reader_.remember(here, {name_place});
      if (!reader_.expect_map(inside, name_place, here)) return;
      T& entry = table[name];
      reader_.read_map(inside, here, "", keys, {}, entry,
                       [this, &keys, &entry](const std::string& key_path, Place key_place,
                                             const Element& described) {
                         for (const Key<T>& key : keys) {
                           if (!key.schema) continue;
                           read_schema(reader_, described, key_place, key_path, key.schema(entry));
                         }
                       });
    };
    each_name(value, place, path, check, read);
  }

  void check_default_profile() {
    if (config_.profiles.contains(config_.default_profile)) return;
    std::vector<std::string> names;
    names.reserve(config_.profiles.size());
    for (const auto& [name, profile] : config_.profiles)
      names.push_back(name);
    reader_.add(reader_.place_of("default_profile"), "default_profile",
                "there is no profile " + in_quotes(config_.default_profile) + ", only " +
                    one_of(names) + did_you_mean(config_.default_profile, names));
  }

  // What was read wrong has its default, about which there is nothing to say.
  void tell(std::vector<Finding> findings) {
    std::erase_if(findings, [this](const Finding& one) { return reader_.failed(one.about); });
    for (Finding& one : findings)
      reader_.add(reader_.place_of(one.key, one.item), one.key, std::move(one.message),
                  one.severity);
  }

  Reader reader_;
  Config config_;
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
