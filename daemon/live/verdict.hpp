// From the way a connection ended to the error a person is told, and to what may help. Pure.
#pragma once

#include <string>
#include <string_view>

#include "daemon/live/messages.hpp"
#include "daemon/live/transport.hpp"
#include "daemon/util/error.hpp"

namespace gv::live {

// What may help after a connection ended (live-api.md sections 2.8, 7.4, 7.6). How long to wait
// before it is session::Backoff's to say.
enum class Remedy {
  none,           // nothing: the key, the account, the place, the configuration
  other_model,    // the model is not there
  other_session,  // the resumption handle is dead
  less_context,   // early: the configuration; late in a long session: the context is full
  resume,         // the ordinary end of a connection
  network,        // it could not be reached, or was lost
  overload,       // the service's own trouble
  quota,
};

struct Verdict {
  Failure failure;   // with what to do next, where the session ends with it; none: a clean end
  std::string what;  // the same without advice: where the session goes on by itself
  Remedy remedy = Remedy::resume;
};

// Close codes are ambiguous: code and reason text decide together (live-api.md section 2.8).
// The message holds the service's own words and what to do next. Error::none only for an open
// connection that the service ended with 1000.
Verdict judge(const CloseInfo& info, std::string_view model);

// An {"error":{…}} message.
Verdict judge(const ServerError& error, std::string_view model);

}  // namespace gv::live
