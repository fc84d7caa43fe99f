#include "daemon/util/error.hpp"

namespace gv {

std::string_view contract_name(Error error) {
  switch (error) {
    case Error::none:
      return "";
    case Error::no_api_key:
      return "NoApiKey";
    case Error::auth_failed:
      return "AuthFailed";
    case Error::quota_exceeded:
      return "QuotaExceeded";
    case Error::model_unavailable:
      return "ModelUnavailable";
    case Error::network_unavailable:
      return "NetworkUnavailable";
    case Error::protocol_error:
      return "ProtocolError";
    case Error::device_unavailable:
      return "DeviceUnavailable";
    case Error::invalid_argument:
      return "InvalidArgument";
    case Error::config_invalid:
      return "ConfigInvalid";
    case Error::not_running:
      return "NotRunning";
    case Error::busy:
      return "Busy";
    case Error::budget_exceeded:
      return "BudgetExceeded";
    case Error::tool_denied:
      return "ToolDenied";
  }
  return "";
}

}  // namespace gv
