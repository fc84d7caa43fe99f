// GET /{version}/models, the one REST call that there is: which models the key may use, as
// live-api.md section 6.1 describes it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/sim/options.hpp"

namespace gv::sim {

struct HttpAnswer {
  int status = 200;
  std::string body;  // JSON
};

// nullopt: the resource is another one. key: of the x-goog-api-key header; empty: none came.
std::optional<HttpAnswer> list_models(const std::string& resource, std::string_view key,
                                      const Options& options);

}  // namespace gv::sim
