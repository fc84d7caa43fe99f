#include "daemon/bus/errors.hpp"

#include "daemon/bus/names.hpp"
#include "daemon/util/log.hpp"

namespace gv::bus {
namespace {

// Made while there is memory.
const std::exception_ptr out_of_memory = std::make_exception_ptr(make_error(
    "org.freedesktop.DBus.Error.NoMemory",
    "gemini-voiced has no memory left for this. Try: systemctl --user restart gemini-voiced"));

[[noreturn]] void throw_in_words(std::string_view where) {
  try {
    throw;
  } catch (const FailureError& e) {
    throw to_dbus(e.failure());
  } catch (const sdbus::Error&) {
    throw;
  } catch (const std::exception& e) {
    throw unexpected(where, e.what());
  } catch (...) {
    throw unexpected(where, "an exception of unknown type");
  }
}

}  // namespace

void rethrow_for_bus(std::string_view where) {
  try {
    throw_in_words(where);
  } catch (const sdbus::Error&) {
    throw;
  } catch (...) {
    std::rethrow_exception(out_of_memory);
  }
}

std::string error_name(Error error) {
  if (error == Error::none) return {};
  return error_prefix + std::string(contract_name(error));
}

sdbus::Error to_dbus(const Failure& failure) {
  if (!failure) return unexpected("a refusal without a reason", failure.message.c_str());
  return make_error(error_name(failure.error), failure.message);
}

sdbus::Error unexpected(std::string_view where, const char* what) {
  log::error("bus", std::string(where) + ": unexpected: " + what);
  return make_error("org.freedesktop.DBus.Error.Failed",
                    std::string(where) + " failed unexpectedly: " + what +
                        ". Try: journalctl --user -u gemini-voiced");
}

}  // namespace gv::bus
