#include "ctl/waybar.hpp"

#include "ctl/output.hpp"
#include "ctl/values.hpp"
#include "daemon/desktop/question_text.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

bool is_true(const json::object& properties, std::string_view name) {
  return text_of(properties, name) == "true";
}

std::string error_of(const json::object& properties, std::string_view part) {
  const json::value* error = properties.if_contains("last_error");
  return error != nullptr && error->is_object() ? text_of(error->as_object(), part) : "";
}

// Pango markup, as tooltips have it.
void add_line(std::string& tooltip, std::string_view what, const std::string& value) {
  if (value.empty()) return;
  if (!tooltip.empty()) tooltip += '\n';
  tooltip.append(what).append(": ").append(desktop::escape_markup(printable(value)));
}

json::object away() {
  return {{"text", "away"},
          {"alt", "away"},
          {"class", json::array{"away"}},
          {"tooltip", "gemini-voiced is not running"}};
}

json::object bar_of(const json::object& properties) {
  const std::string state = text_of(properties, "state");
  const bool muted = is_true(properties, "muted");
  const bool open = is_true(properties, "capture_open");
  json::array classes{json::string(state)};
  if (muted) classes.emplace_back("muted");
  if (open) classes.emplace_back("microphone-open");
  if (!error_of(properties, "name").empty()) classes.emplace_back("error");

  std::string tooltip;
  add_line(tooltip, "Gemini Voice", state);
  add_line(tooltip, "Microphone",
           std::string(open ? "open" : "closed") + (muted ? " (muted)" : ""));
  add_line(tooltip, "Profile", text_of(properties, "profile"));
  add_line(tooltip, "Model", text_of(properties, "model"));
  add_line(tooltip, "Echo", text_of(properties, "echo_mode"));
  add_line(tooltip, "Error", error_of(properties, "message"));
  return {{"text", muted ? state + " (muted)" : state},
          {"alt", state},
          {"class", std::move(classes)},
          {"tooltip", std::move(tooltip)}};
}

}  // namespace

std::string Waybar::render(const json::object& event) {
  const std::string kind = text_of(event, "event");
  if (kind == "daemon") {
    properties_.clear();
    if (is_true(event, "running")) return {};  // its status follows
  } else if (kind == "status" || kind == "properties_changed") {
    for (const auto& member : event)
      properties_.insert_or_assign(member.key(), member.value());
  } else {
    return {};
  }
  const bool known = properties_.contains("state");
  std::string line = json::serialize(known ? bar_of(properties_) : away()) + '\n';
  if (line == shown_) return {};
  shown_ = line;
  return line;
}

}  // namespace gv::ctl
