// Values held against a schema that is known to be sound.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>
#include <re2/re2.h>

#include "daemon/schema/schema.hpp"

namespace gv::schema {

// Does the value have the type of that name? 40.0 is an integer.
bool has_type(const boost::json::value& value, std::string_view type);

class Arguments {
 public:
  explicit Arguments(Dialect dialect) : dialect_(dialect) {}

  // What does not fit, a few at most, each with its place below `path` and what was expected.
  std::vector<std::string> misfits(const boost::json::value& value,
                                   const boost::json::object& schema, const std::string& path);

  // Compiled once for each text. RE2: hostile patterns and hostile texts take linear time and
  // bounded memory, no stack.
  const re2::RE2& pattern(std::string_view text);

 private:
  void compare(const boost::json::value& value, const boost::json::object& schema,
               const std::string& path);
  bool compare_text(const boost::json::string& value, const boost::json::object& schema);
  void compare_list(const boost::json::array& value, const boost::json::object& schema,
                    const std::string& path);
  void compare_object(const boost::json::object& value, const boost::json::object& schema,
                      const std::string& path);
  void unknown(std::string_view name, const boost::json::object& schema, const std::string& path);
  void add(const std::string& path, const std::string& what);

  Dialect dialect_;
  std::vector<std::string> found_;
  std::map<std::string, std::unique_ptr<re2::RE2>, std::less<>> patterns_;
};

}  // namespace gv::schema
