// From the way a connection ended to the error a person is told. Pure.
#pragma once

#include <string_view>

#include "daemon/live/messages.hpp"
#include "daemon/live/transport.hpp"
#include "daemon/util/error.hpp"

namespace gv::live {

// Close codes are ambiguous: code and reason text decide together (live-api.md section 2.8).
// The message holds the service's own words and what to do next. Error::none only for an open
// connection that the service ended with 1000.
Failure judge(const CloseInfo& info, std::string_view model);

// An {"error":{…}} message.
Failure judge(const ServerError& error, std::string_view model);

}  // namespace gv::live
