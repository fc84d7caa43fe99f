#include "daemon/bus/errors.hpp"

#include "daemon/bus/names.hpp"
#include "daemon/util/log.hpp"

namespace gv::bus {

std::string error_name(Error error) {
  if (error == Error::none) return {};
  return error_prefix + std::string(contract_name(error));
}

sdbus::Error to_dbus(const Failure& failure) {
  if (!failure) return unexpected("a refusal without a reason", failure.message.c_str());
  return make_error(error_name(failure.error), failure.message);
}

sdbus::Error not_supported(std::string_view method, std::string_view instead) {
  return make_error(
      "org.freedesktop.DBus.Error.NotSupported",
      std::string(method) + " is not offered by version " GV_VERSION ". " + std::string(instead));
}

sdbus::Error unexpected(std::string_view where, const char* what) {
  log::error("bus", std::string(where) + ": unexpected: " + what);
  return make_error("org.freedesktop.DBus.Error.Failed",
                    std::string(where) + " failed unexpectedly: " + what +
                        ". Try: journalctl --user -u gemini-voiced");
}

}  // namespace gv::bus
