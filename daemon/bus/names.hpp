// The names of the public contract on the bus. Shared with the command line.
#pragma once

namespace gv::bus {

inline constexpr const char* bus_name = "org.geminivoice.Voice1";
inline constexpr const char* object_path = "/org/geminivoice/Voice1";
inline constexpr const char* interface_name = "org.geminivoice.Voice1";
inline constexpr const char* error_prefix = "org.geminivoice.Voice1.Error.";

}  // namespace gv::bus
