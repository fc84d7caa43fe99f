// Any bytes as what an MCP server says: lines, messages, lists of tools, results, events of HTTP.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "daemon/tools/bridge/event_stream.hpp"
#include "daemon/tools/mcp_message.hpp"
#include "daemon/tools/mcp_results.hpp"
#include "daemon/tools/mcp_tools.hpp"
#include "daemon/tools/verbatim.hpp"
#include "daemon/util/text.hpp"
#include "tests/fuzz/check.hpp"

using namespace gv;
using namespace gv::tools;
using fuzz::check;
using Kind = mcp::Message::Kind;
namespace json = boost::json;

namespace {

constexpr std::size_t largest = 500;  // of a line, of an event: so that this is tried, too

struct Read {
  std::vector<std::string> texts;
  bool sound = true;
  bool operator==(const Read&) const = default;
};

// In pieces of this size.
Read lines_of(std::string_view input, std::size_t piece) {
  Read read;
  mcp::LineReader reader(largest);
  for (std::size_t at = 0; at < input.size() && read.sound; at += piece) {
    read.sound = reader.feed(input.substr(at, piece), [&read](std::string_view line) {
      check(!line.empty() && line.size() <= largest, "a line is not empty, and bounded", line);
      check(line.find('\n') == line.npos, "a line has no end within", line);
      read.texts.emplace_back(line);
      return true;
    });
  }
  return read;
}

Read events_of(std::string_view input, std::size_t piece) {
  Read read;
  bridge::EventStream stream(largest);
  for (std::size_t at = 0; at < input.size() && read.sound; at += piece) {
    read.sound = stream.feed(input.substr(at, piece), [&read](const std::string& data) {
      check(!data.empty() && data.size() <= largest, "an event is not empty, and bounded", data);
      read.texts.push_back(data);
    });
  }
  check(stream.last_id().size() <= 1024, "an id fits into a header");
  return read;
}

void check_name(const std::string& name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  check(!name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), fits),
        "a function's name is one that the service takes", name);
}

void check_tools(const json::object& page) {
  config::McpServer config;
  config.tools = {"*"};
  mcp::ToolPages pages("server", config);
  if (const auto next = pages.add(page)) {
    check(!pages.add(page), "the same cursor again is the end", *next);
  }
  check(is_utf8(pages.remark()), "a remark is text", pages.remark());
  mcp::Names names;
  for (const auto& tool : pages.take()) {
    check_name(names.free(tool.function.name));
    check(!tool.function.description.empty() && fuzz::is_printable_line(tool.function.description),
          "a description is one printable line", tool.function.description);
    check(tool.function.parameters.empty() || json::parse(tool.function.parameters).is_object(),
          "parameters are a JSON object", tool.function.parameters);
    (void)tool.arguments.mismatch(page);  // whatever they are: no crash
  }
}

void check_result(const json::object& body) {
  const auto result = mcp::call_result(body);
  const auto response = json::parse(result.response).as_object();
  check(response.contains("error") == result.failed && response.contains("output") != result.failed,
        "a result is an output or an error", result.response);
  check(is_utf8(result.response), "a result is text", result.response);
  check(result.pictures.size() <= 4, "no more than four pictures");
  for (const auto& picture : result.pictures)
    check(!picture.bytes.empty() && picture.mime_type.starts_with("image/"), "a picture is one");
  auto shown = shown_json(body);
  std::replace(shown.begin(), shown.end(), '\n', ' ');
  check(fuzz::is_printable_line(shown), "what is shown is printable", shown);
}

void check_message(const mcp::Message& message) {
  check(fuzz::is_printable_line(message.method), "a method can go into the log", message.method);
  switch (message.kind) {
    case Kind::request:
      check(mcp::parse_line(mcp::answer_to(message.id, {})).front().kind != Kind::request,
            "an answer is no request", message.method);
      break;
    case Kind::response:
      if (message.error) {
        check(fuzz::is_printable_line(message.error->message), "an error is one printable line",
              message.error->message);
      }
      check_tools(message.body);
      check_result(message.body);
      break;
    case Kind::notification:
      break;
    case Kind::unfit:
      check(!message.method.empty(), "what is unfit says why");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto lines = lines_of(input, input.size() + 1);
  check(lines == lines_of(input, 7), "lines are the same however they come", input);
  const auto events = events_of(input, input.size() + 1);
  const auto pieces = events_of(input, 3);
  // One too large may be noticed earlier or later.
  check(!events.sound || events == pieces, "events are the same however they come", input);
  for (std::string_view rest = input; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto messages = mcp::parse_line(rest.substr(0, end));
    check(!messages.empty() && messages.size() <= 64, "a line is a few messages, or one", input);
    for (const auto& message : messages)
      check_message(message);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  (void)shown_command({std::string(input)});
  return 0;
}
