// The parameters of a command, as the file describes them: either a mapping of their names to their
// schemas, in which all are required unless `required: false` stands there; or, where a text stands
// behind `type`, a plain JSON Schema of an object.
#pragma once

#include <string>

#include "daemon/config/document.hpp"
#include "daemon/config/reader.hpp"
#include "daemon/schema/schema.hpp"

namespace gv::config {

// Says what is wrong with it, all at once, and leaves the schema alone then.
void read_schema(Reader& reader, const Element& value, Place key_place, const std::string& path,
                 schema::Schema& schema);

}  // namespace gv::config
