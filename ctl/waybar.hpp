// The session as Waybar shows it (man 5 waybar-custom, return-type json). Pure.
#pragma once

#include <string>

#include <boost/json.hpp>

namespace gv::ctl {

class Waybar {
 public:
  // What to write for an event of Client, or of watch's own ("status"): a line with its newline;
  // empty where the bar is right as it is. Without a daemon the state is "away". No words of the
  // conversation.
  std::string render(const boost::json::object& event);

 private:
  boost::json::object properties_;  // those that were told; none: the daemon is away
  std::string shown_;
};

}  // namespace gv::ctl
