#include "ctl/answer.hpp"

#include "ctl/values.hpp"

namespace gv::ctl {

namespace json = boost::json;

void Answer::take(const json::object& event) {
  const std::string kind = text_of(event, "event");
  if (kind == "tool_called") {
    open_.insert(text_of(event, "call_id"));
  } else if (kind == "tool_finished") {
    owed_ = open_.erase(text_of(event, "call_id")) > 0 || owed_;
  }
  const json::value* number = event.if_contains("turn");
  if (number == nullptr || !number->is_number()) return;
  const auto turn = number->to_number<std::uint64_t>();
  if (turn < turn_) return;
  if (kind == "turn_completed") over_ = turn;
  if (text_of(event, "role") != "model") return;
  if (kind == "transcript_delta") spoken(turn);
  if (kind == "transcript_completed") {
    spoken(turn);
    text_ = text_of(event, "text");
    said_in_ = turn;
  }
}

void Answer::spoken(std::uint64_t turn) {
  if (speaking_in_ == turn) return;
  speaking_in_ = turn;
  owed_ = false;
}

Answer::State Answer::state() const {
  if (!open_.empty()) return State::waiting;
  if (said_in_ && said_in_ == speaking_in_) return owed_ ? State::perhaps : State::complete;
  if (owed_ || said_in_ || !over_ || speaking_in_ > over_) return State::waiting;
  return State::none;
}

}  // namespace gv::ctl
