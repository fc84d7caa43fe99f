// The configuration's JSON Schema, from the tables of keys: for editors. What it refuses the loader
// refuses, too; the loader looks closer. Any thread.
#pragma once

#include <boost/json.hpp>

namespace gv::config {

boost::json::object json_schema();

}  // namespace gv::config
