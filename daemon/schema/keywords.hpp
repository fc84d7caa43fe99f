// What may stand in a schema.
#pragma once

#include <vector>

#include <boost/json.hpp>

#include "daemon/schema/schema.hpp"

namespace gv::schema {

// Everything that is wrong with it, up to a few.
std::vector<Fault> faults_of(const boost::json::value& schema, Dialect dialect);

}  // namespace gv::schema
