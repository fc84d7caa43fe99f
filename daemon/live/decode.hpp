// Service messages: JSON text in, events out (live-api.md section 3). Pure; main thread.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "daemon/live/messages.hpp"
#include "daemon/live/tokens.hpp"

namespace gv::live {

// Keeps its memory from message to message. One message may hold several facts; they come out in
// the order in which they must be handled (section 3.3): interrupted, audio, transcripts, sources,
// generationComplete, turnComplete, usage, tool calls. Unknown keys are skipped.
class Decoder {
 public:
  // The events stay valid until the next call. Throws nothing; a message that is not a JSON object
  // or holds a mistyped field yields what could be read, and error() says what was wrong.
  const Events& decode(std::string_view message);

  // Empty where the last message was sound. Holds no words of the conversation.
  const std::string& error() const { return error_; }

 private:
  void read(const boost::json::object& message);
  void read_content(const boost::json::object& content);
  void read_parts(const boost::json::object& turn);
  void read_grounding(const boost::json::object& grounding);
  void read_calls(const boost::json::object& calls);
  void read_cancelled(const boost::json::object& cancellation);
  void read_usage(const boost::json::object& usage);  // decode_usage.cpp
  Tokens told_tokens(const boost::json::object& usage, std::string_view total,
                     std::string_view details);
  // The list's objects; what else is in it is told.
  const boost::json::array* list(const boost::json::object& parent, std::string_view key);
  const boost::json::object* object(const boost::json::object& parent, std::string_view key);
  std::string_view text(const boost::json::object& parent, std::string_view key);
  // The name of an enum's value, which may go into the log.
  std::string_view word(const boost::json::object& parent, std::string_view key);
  bool flag(const boost::json::object& parent, std::string_view key);
  std::uint64_t count(const boost::json::object& parent, std::string_view key);
  std::uint64_t tokens(const boost::json::object& parent, std::string_view key);
  void complain(std::string_view key, std::string_view expected);

  std::array<unsigned char, std::size_t{64} * 1024> first_buffer_;
  std::optional<boost::json::value> root_;
  Events events_;
  std::string error_;
};

// "audio/pcm;rate=24000" -> 24000; without a rate 24000; 0 where it is not PCM.
unsigned parse_pcm_rate(std::string_view mime_type);

// A proto3 Duration: "50s", "9.500s". Zero where it cannot be read.
std::chrono::milliseconds parse_duration(std::string_view text);

}  // namespace gv::live
