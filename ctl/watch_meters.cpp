#include "ctl/watch_meters.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "ctl/values.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

constexpr double lowest_dbfs = -60;  // where a bar begins
constexpr double loud_dbfs = -20;    // speech is below that most of the time
constexpr double close_dbfs = -6;    // to the limits
constexpr unsigned shortest_bar = 6;
constexpr unsigned longest_bar = 40;

std::string number(double value, int decimals) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

void take(const json::object& from, std::string_view key, std::string& into) {
  if (from.contains(key)) into = text_of(from, key);
}

void take(const json::object& from, std::string_view key, bool& into) {
  if (from.contains(key)) into = text_of(from, key) == "true";
}

double level(const json::object& statistics, std::string_view key) {
  const json::value* found = statistics.if_contains(key);
  return found != nullptr && found->is_number() ? found->to_number<double>() : silence_dbfs;
}

std::string bar(double dbfs, unsigned width, bool colour) {
  const auto cells = [width](double at) {
    const double share = std::clamp((at - lowest_dbfs) / -lowest_dbfs, 0.0, 1.0);
    return static_cast<unsigned>(std::lround(share * width));
  };
  const unsigned end = cells(dbfs);
  std::string text = "[";
  const auto part = [&text, colour](const char* as, unsigned from, unsigned to) {
    if (to <= from) return;
    text += colour ? as + std::string(to - from, '#') + "\033[0m" : std::string(to - from, '#');
  };
  part("\033[32m", 0, std::min(end, cells(loud_dbfs)));
  part("\033[33m", cells(loud_dbfs), std::min(end, cells(close_dbfs)));
  part("\033[31m", cells(close_dbfs), end);
  return text + std::string(width - end, '.') + "]";
}

// One side of the line. bar_width 0: the number alone.
struct Side {
  const char* name;
  const char* closed;  // what it is instead of having a level; nullptr: it has one
  double dbfs;

  std::string text(unsigned bar_width, bool colour) const {
    if (closed != nullptr) return std::string(name) + ' ' + closed;
    std::string meter = std::string(name) + ' ';
    if (bar_width > 0) meter += bar(dbfs, bar_width, colour) + ' ';
    std::string value = number(dbfs, 0);
    return meter.append(value.size() < 3 ? 3 - value.size() : 0, ' ') + value + " dBFS";
  }
};

const char* microphone_closed(const Meters& meters) {
  if (meters.capture_open) return nullptr;
  return meters.muted ? "muted" : "closed";
}

const char* speaker_closed(const Meters& meters) {
  return meters.playback_open ? nullptr : "closed";
}

std::string echo(const Meters& meters) {
  if (meters.erle_db) return meters.echo_mode + ", ERLE " + number(*meters.erle_db, 0) + " dB";
  return meters.echo_mode;
}

}  // namespace

void Meters::take_event(const json::object& event) {
  const std::string kind = text_of(event, "event");
  if (kind == "daemon") {
    const bool running = text_of(event, "running") == "true";
    *this = {};
    daemon = running;
  } else if (kind == "status" || kind == "properties_changed") {
    daemon = true;
    take(event, "state", state);
    take(event, "muted", muted);
    take(event, "capture_open", capture_open);
    take(event, "playback_open", playback_open);
    take(event, "echo_mode", echo_mode);
  }
}

void Meters::take_statistics(const json::object& statistics) {
  answering = true;
  microphone_dbfs = level(statistics, "microphone_dbfs");
  speaker_dbfs = level(statistics, "speaker_dbfs");
  erle_db.reset();
  if (echo_mode == "cancel" && statistics.contains("echo_erle_db")) {
    erle_db = level(statistics, "echo_erle_db");
  }
}

std::string note(const Meters& meters) {
  if (!meters.daemon) return "gemini-voiced is not running";
  if (!meters.answering) return "gemini-voiced does not answer";
  if (!meters.live()) return "no session runs: gemini-voicectl start begins one";
  return {};
}

std::string draw(const Meters& meters, unsigned columns, bool colour) {
  // The last column stays free: a terminal may begin a new line after it.
  const std::size_t room = columns > 1 ? columns - 1 : 0;
  if (std::string text = note(meters); !text.empty()) return text.substr(0, room);
  const Side microphone{"mic", microphone_closed(meters), meters.microphone_dbfs};
  const Side speaker{"speaker", speaker_closed(meters), meters.speaker_dbfs};
  const auto line = [&](unsigned bars, bool with_echo, bool coloured) {
    std::string text = microphone.text(bars, coloured) + "  " + speaker.text(bars, coloured);
    return with_echo ? text + "  echo " + echo(meters) : text;
  };
  const unsigned sides =
      (microphone.closed == nullptr ? 1U : 0U) + (speaker.closed == nullptr ? 1U : 0U);
  constexpr std::size_t around_bar = 3;
  for (const bool with_echo : {true, false}) {
    const std::size_t bare = line(0, with_echo, false).size();
    if (bare > room) continue;
    const std::size_t each = sides == 0 ? 0 : (room - bare) / sides;
    if (each < around_bar + shortest_bar) return line(0, with_echo, false);
    const std::size_t width = std::min<std::size_t>(each - around_bar, longest_bar);
    return line(static_cast<unsigned>(width), with_echo, colour);
  }
  return line(0, false, false).substr(0, room);
}

std::string describe(const Meters& meters) {
  if (std::string text = note(meters); !text.empty()) return text;
  const auto side = [](const char* name, const char* closed, double dbfs) {
    return std::string(name) + ' ' +
           (closed != nullptr ? std::string(closed) : number(dbfs, 1) + " dBFS");
  };
  return side("microphone", microphone_closed(meters), meters.microphone_dbfs) + ", " +
         side("speaker", speaker_closed(meters), meters.speaker_dbfs) + ", echo " + echo(meters);
}

json::object to_json(const Meters& meters) {
  if (!meters.daemon) return {{"event", "daemon"}, {"running", false}};
  json::object object{{"event", "levels"},
                      {"state", meters.state},
                      {"muted", meters.muted},
                      {"capture_open", meters.capture_open},
                      {"playback_open", meters.playback_open},
                      {"echo_mode", meters.echo_mode}};
  if (!meters.live()) return object;
  object["microphone_dbfs"] = meters.microphone_dbfs;
  object["speaker_dbfs"] = meters.speaker_dbfs;
  if (meters.erle_db) object["echo_erle_db"] = *meters.erle_db;
  return object;
}

}  // namespace gv::ctl
