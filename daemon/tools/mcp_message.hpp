// JSON-RPC 2.0 as the Model Context Protocol has it over pipes: a message a line. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace gv::tools::mcp {

// Bytes of one message; a picture of 6 MiB fits in.
constexpr std::size_t longest_line = 8UL * 1024 * 1024;

// Bytes into lines, in memory that is bounded.
class LineReader {
 public:
  explicit LineReader(std::size_t longest = longest_line) : longest_(longest) {}

  // Calls `line` with each line that is complete now, without its end; none for empty ones. Where
  // it returns false (this object may be gone then) nothing more is done. False: it did so, or a
  // line is too long: there is nothing more to read here.
  bool feed(std::string_view bytes, const std::function<bool(std::string_view)>& line);

 private:
  std::size_t longest_;
  std::string begun_;
};

struct RpcError {
  std::int64_t code = 0;
  std::string message;  // printable, short
};

struct Message {
  enum class Kind {
    request,       // of the server's: it waits for an answer
    notification,  // it does not
    response,      // to a request of ours
    unfit,         // nothing of these; `method` says why, for the log
  };
  Kind kind = Kind::unfit;
  boost::json::value id{};   // of a request: whatever it is, it goes back
  std::int64_t answers{-1};  // of a response: our number
  std::string method{};
  boost::json::object body{};  // params or result
  std::optional<RpcError> error{};
};

// One, or those of a batch. Never empty, never more than 64.
std::vector<Message> parse_line(std::string_view line);

// What stands there where it is text; else empty.
std::string_view text_of(const boost::json::object& object, std::string_view key);

// Lines, with their end.
std::string request(std::int64_t id, std::string_view method, boost::json::object params);
std::string notification(std::string_view method, boost::json::object params = {});
std::string answer_to(const boost::json::value& id, boost::json::object result);
std::string refusal_of(const boost::json::value& id, std::int64_t code, std::string_view message);

}  // namespace gv::tools::mcp
