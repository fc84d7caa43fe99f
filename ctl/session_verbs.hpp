// What starting a session and sending text have in common.
#pragma once

#include <string>

#include "ctl/client.hpp"
#include "ctl/verbs.hpp"

namespace gv::ctl {

Dict start_options(const Call& call);

// Waits until the session that Start has accepted listens; throws Problem where it failed.
void wait_until_listening(Client& client);

// The problem behind an error_occurred or session_ended event, or a daemon that went away; other
// events are none and return normally. `what` was being waited for.
void throw_if_failed(Client& client, const boost::json::object& event, const std::string& what);

// The words after say and ask, or standard input for "-".
std::string text_argument(const Call& call);

}  // namespace gv::ctl
