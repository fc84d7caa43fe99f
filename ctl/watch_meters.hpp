// The meters of `watch --levels`: what the daemon says about them, and how they look. Pure.
#pragma once

#include <optional>
#include <string>

#include <boost/json.hpp>

#include "daemon/util/level.hpp"

namespace gv::ctl {

struct Meters {
  bool daemon = false;    // it runs
  bool answering = true;  // to calls, in time
  std::string state;      // as on the bus
  bool muted = false;
  bool capture_open = false;
  bool playback_open = false;
  std::string echo_mode;
  double microphone_dbfs = silence_dbfs;
  double speaker_dbfs = silence_dbfs;
  std::optional<double> erle_db;  // while the canceller runs, and has heard an echo

  // Takes over what an event of the Client says of the daemon.
  void take_event(const boost::json::object& event);
  // What GetStatistics gave.
  void take_statistics(const boost::json::object& statistics);

  // There is something to measure: a session.
  bool live() const { return daemon && answering && !state.empty() && state != "idle"; }
};

// Why there are no meters; empty where there are.
std::string note(const Meters& meters);

// One line of fewer than `columns` columns, with bars where they find room. For a terminal; without
// the end of the line.
std::string draw(const Meters& meters, unsigned columns, bool colour);
// One line of words and numbers, for a file or a pipe.
std::string describe(const Meters& meters);
boost::json::object to_json(const Meters& meters);

}  // namespace gv::ctl
