// Where a session's API key comes from, as the driver sees it. Main thread only.
#pragma once

#include <functional>
#include <optional>
#include <variant>

#include "daemon/config/config.hpp"
#include "daemon/config/secret.hpp"
#include "daemon/util/error.hpp"

namespace gv::keys {

class Source {
 public:
  using Found = std::function<void(std::variant<config::ApiKey, Failure>)>;

  virtual ~Source() = default;

  // The key, where its source answers at once. Else nothing: `found` is called once, from the
  // loop and never from within, unless cancel() or another find() comes first. Throws
  // FailureError(no_api_key).
  virtual std::optional<config::ApiKey> find(const config::Api& api, Found found) = 0;
  virtual void cancel() = 0;
};

}  // namespace gv::keys
