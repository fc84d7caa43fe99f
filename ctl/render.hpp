// Values as text for people. Pure.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <boost/json.hpp>

namespace gv::ctl {

std::string pad(std::string_view text, std::size_t width);  // at least one space after it
std::string clock_time(std::int64_t microseconds);          // "14:03:59", local
std::string speaker(std::string_view role);                 // "You", "Gemini", "Tool"

std::string render_status(const boost::json::object& properties);
std::string render_table(const boost::json::object& values);

// What an answer rests on: a line each, indented, each after a newline; empty where nothing is
// told.
std::string render_sources(const boost::json::object& event);
// A tool that asks, as a member of ToolApprovalRequested's event: all of what will run, and what to
// type.
std::string render_request(const boost::json::object& request);

// One event of Client as `watch` shows it, mostly one line; empty where there is nothing to say.
std::string render_event(const boost::json::object& event);

// Live captions: what is said, as it is said.
class Captions {
 public:
  struct Style {
    bool live = false;  // a terminal: fragments at once; else whole lines only
    bool colour = false;
  };
  explicit Captions(Style style) : style_(style) {}

  // What to write for this event, perhaps nothing.
  std::string render(const boost::json::object& event);

 private:
  std::string delta(const boost::json::object& event);
  std::string completed(const boost::json::object& event);
  std::string note(const std::string& text);
  std::string label(const std::string& role) const;
  std::string end_line();

  Style style_;
  std::pair<std::string, std::string> open_;             // turn and role of the unfinished line
  std::set<std::pair<std::string, std::string>> shown_;  // seen in fragments already
  std::string state_;
};

}  // namespace gv::ctl
