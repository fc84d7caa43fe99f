#include "ctl/render.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include "ctl/output.hpp"
#include "ctl/values.hpp"
#include "daemon/util/text.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

std::string yes_no(const json::object& object, std::string_view key, const char* yes,
                   const char* no) {
  return text_of(object, key) == "true" ? yes : no;
}

std::string error_line(const json::object& error) {
  return text_of(error, "name") + ": " + printable(text_of(error, "message"));
}

// A result can be long; all of it is in --json.
std::string tool_line(const json::object& event, std::string_view key) {
  constexpr std::size_t longest = 400;
  const std::string all = text_of(event, key);
  const std::string_view shown = beginning(all, longest);
  return printable(text_of(event, "name")) + ' ' + printable(shown) +
         (shown.size() < all.size() ? "…" : "");
}

}  // namespace

std::string pad(std::string_view text, std::size_t width) {
  std::string padded(text);
  padded.append(text.size() < width ? width - text.size() : 1, ' ');
  return padded;
}

std::string clock_time(std::int64_t microseconds) {
  const std::time_t seconds = microseconds / 1'000'000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  std::array<char, 16> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%H:%M:%S", &local);
  return {text.data(), size};
}

std::string speaker(std::string_view role) {
  if (role == "user") return "You";
  if (role == "model") return "Gemini";
  if (role == "tool") return "Tool";
  return std::string(role);
}

std::string render_status(const json::object& now) {
  std::string text;
  const auto line = [&text](const char* label, const std::string& value) {
    if (!value.empty()) text += pad(label, 13) + value + '\n';
  };
  line("State:", text_of(now, "state"));
  line("Session:", text_of(now, "session_id"));
  line("Profile:", text_of(now, "profile"));
  line("Model:", text_of(now, "model"));
  line("Microphone:",
       yes_no(now, "capture_open", "open", "closed") + yes_no(now, "muted", " (muted)", ""));
  line("Speaker:", yes_no(now, "playback_open", "open", "closed"));
  line("Turns:", text_of(now, "turn_taking") + yes_no(now, "talking", " (talking)", ""));
  line("Record:", yes_no(now, "off_the_record", "off: nothing of this session is kept", ""));
  line("Echo:", text_of(now, "echo_mode"));
  line("Version:", text_of(now, "version"));
  if (const json::value* error = now.if_contains("last_error");
      error != nullptr && error->is_object() && !text_of(error->as_object(), "name").empty()) {
    line("Last error:", error_line(error->as_object()));
  }
  return text;
}

std::string render_table(const json::object& values) {
  std::string text;
  for (const auto& member : values)
    text += pad(member.key(), 32) + text_of(values, member.key()) + '\n';
  return text;
}

std::string render_sources(const json::object& event) {
  const json::value* details = event.if_contains("details");
  const json::value* sources = details != nullptr && details->is_object()
                                   ? details->as_object().if_contains("sources")
                                   : nullptr;
  if (sources == nullptr || !sources->is_array()) return {};
  std::string text;
  for (const json::value& source : sources->as_array()) {
    if (!source.is_object()) continue;
    text += "\n  source: " + printable(text_of(source.as_object(), "title")) + " <" +
            printable(text_of(source.as_object(), "address")) + '>';
  }
  return text;
}

std::string render_request(const json::object& request) {
  const std::string id = printable(shell_word(text_of(request, "call_id")));
  std::string text = printable(text_of(request, "name")) + " wants to run";
  const std::string what = text_of(request, "what");
  for (std::string_view rest = what; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    text += "\n    " + printable(line);
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return text + "\n  To allow it, type: gemini-voicectl approve " + id +
         "\n  To refuse it:      gemini-voicectl deny " + id;
}

std::string render_event(const json::object& event) {
  const std::string kind = text_of(event, "event");
  if (kind == "status" || kind == "properties_changed") {
    std::string text;
    for (const auto& member : event) {
      if (member.key() == "event") continue;
      if (!text.empty()) text += '\n';
      text += std::string(member.key()) + ": ";
      text += member.value().is_object() ? error_line(member.value().as_object())
                                         : printable(text_of(event, member.key()));
    }
    return text;
  }
  if (kind == "transcript_completed") {
    return speaker(text_of(event, "role")) + ": " + printable(text_of(event, "text")) +
           render_sources(event);
  }
  if (kind == "session_ended") {
    return "session ended: " + text_of(event, "reason") + ": " +
           printable(text_of(event, "message"));
  }
  if (kind == "escalation_requested") {
    return "escalation requested: " + printable(text_of(event, "word"));
  }
  if (kind == "budget_warning") {
    return "budget: $" + text_of(event, "spent") + " of $" + text_of(event, "budget") +
           " are spent today";
  }
  if (kind == "configuration_reloaded") return "configuration: read anew";
  if (kind == "error_occurred") return "error: " + error_line(event);
  if (kind == "tool_called") return "tool called: " + tool_line(event, "arguments");
  if (kind == "tool_finished") return "tool finished: " + tool_line(event, "result");
  if (kind == "tool_approval_requested") return "tool asks: " + render_request(event);
  if (kind == "daemon") return "daemon: " + yes_no(event, "running", "running", "not running");
  return {};
}

}  // namespace gv::ctl
