#include "ctl/output.hpp"
#include "ctl/render.hpp"
#include "ctl/values.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

std::pair<std::string, std::string> side(const json::object& event) {
  return {text_of(event, "turn"), text_of(event, "role")};
}

}  // namespace

std::string Captions::render(const json::object& event) {
  const std::string kind = text_of(event, "event");
  if (kind == "transcript_delta") return delta(event);
  if (kind == "transcript_completed") return completed(event);
  if (kind == "session_ended" || kind == "error_occurred" || kind == "daemon" ||
      kind == "escalation_requested" || kind.starts_with("tool_")) {
    if (kind == "daemon") state_.clear();
    return note(render_event(event));
  }
  const std::string state = text_of(event, "state");
  // Within a conversation the words show who speaks.
  if (state.empty() || state == state_ || state == "thinking" || state == "speaking") return {};
  state_ = state;
  return note(state);
}

std::string Captions::delta(const json::object& event) {
  if (!style_.live) return {};
  std::string text;
  if (open_ != side(event)) {
    text = end_line() + label(text_of(event, "role"));
    open_ = side(event);
    shown_.insert(open_);
  }
  return text + printable(text_of(event, "text"));
}

std::string Captions::completed(const json::object& event) {
  const json::value* details = event.if_contains("details");
  const bool interrupted = details != nullptr && details->is_object() &&
                           text_of(details->as_object(), "interrupted") == "true";
  const std::string sources = render_sources(event);
  std::string end = (interrupted ? " [interrupted]" : "") + sources + '\n';
  if (open_ == side(event)) {
    open_ = {};
    shown_.erase(side(event));
    return end;
  }
  if (shown_.erase(side(event)) > 0) {  // its line was ended by another speaker's
    return sources.empty() ? "" : end_line() + sources.substr(1) + '\n';
  }
  return end_line() + label(text_of(event, "role")) + printable(text_of(event, "text")) + end;
}

std::string Captions::note(const std::string& text) {
  return end_line() + (style_.colour ? "\033[2m[" + text + "]\033[0m\n" : "[" + text + "]\n");
}

std::string Captions::label(const std::string& role) const {
  const std::string name = speaker(role) + ':';
  if (!style_.colour) return name + ' ';
  return (role == "user" ? "\033[1;32m" : "\033[1;36m") + name + "\033[0m ";
}

std::string Captions::end_line() {
  if (open_.first.empty()) return {};
  open_ = {};
  return "\n";
}

}  // namespace gv::ctl
