// What one connection sends: the port to its socket, and the outbox that turns JSON into frames
// with the connection's quirks and writes the log. Main thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "tests/sim/event_log.hpp"
#include "tests/sim/script.hpp"

namespace gv::sim {

// Implemented by the server. No call throws; on a dead socket they do nothing.
class Link {
 public:
  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  virtual ~Link() = default;

  virtual void send(const std::string& payload, bool text, int fragments) = 0;
  virtual void send_unframed(const std::string& bytes) = 0;
  virtual void close(int code, const std::string& reason) = 0;
  virtual void drop(DropAction::How how) = 0;
  // No close frame came or went, and the script has not dropped it.
  virtual bool is_open() const = 0;
};

class Outbox {
 public:
  Outbox(Link& link, EventLog& log, std::uint64_t connection)
      : link_(link), log_(log), connection_(connection) {}

  // what: "audio", "transcript", "turn_complete", ...; details join the log line.
  void send(boost::json::object message, std::string_view what, boost::json::object details = {});
  void send(const SendAction& action);  // its whole payload at once
  // Bytes of a frame that comes in pieces; not in the log. From the first one to the last one, what
  // else is to be sent waits.
  void send_piece(const std::string& bytes, bool last);
  // pcm: S16LE at the quirks' rate. extra joins the serverContent. offset counts in samples.
  void send_audio(std::string_view pcm, boost::json::object extra = {},
                  boost::json::object envelope = {});
  void log(std::string_view event, const boost::json::object& details = {});

  Quirks quirks;

 private:
  void transmit(std::function<void()> transmission);

  Link& link_;
  EventLog& log_;
  std::uint64_t connection_;
  std::int64_t downlink_bytes_ = 0;
  bool in_pieces_ = false;
  std::vector<std::function<void()>> waiting_;
};

}  // namespace gv::sim
