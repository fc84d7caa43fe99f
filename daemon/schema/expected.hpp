// What a schema asks for, in words.
#pragma once

#include <string>

#include <boost/json.hpp>

namespace gv::schema {

// E.g. "a whole number from 0 to 100". Of a sound schema; one line, at most a few hundred bytes.
std::string expected(const boost::json::object& schema);

}  // namespace gv::schema
