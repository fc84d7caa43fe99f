// The part of session.hpp that does what the script says.
#include <variant>

#include <boost/json.hpp>

#include "tests/sim/session.hpp"

namespace gv::sim {

namespace json = boost::json;

namespace {

// The whole message as one unmasked frame (RFC 6455 section 5.2).
std::string framed(const SendAction& action) {
  if (action.unframed) return action.payload;
  const std::size_t size = action.payload.size();
  std::string frame{static_cast<char>(action.text ? 0x81 : 0x82)};
  const int length_bytes = size < 126 ? 0 : size < 65'536 ? 2 : 8;
  frame += static_cast<char>(length_bytes == 0 ? size : length_bytes == 2 ? 126 : 127);
  for (int i = length_bytes - 1; i >= 0; --i)
    frame += static_cast<char>(size >> (8 * i));
  return frame + action.payload;
}

}  // namespace

void Session::fire(Event event, std::int64_t from_ms, std::int64_t to_ms) {
  for (const Script::Due& due : shared_.script.fire(event, connection_, from_ms, to_ms)) {
    if (due.after_ms == 0) {
      run(*due.action);
    } else {
      timers_.after(std::chrono::milliseconds(due.after_ms),
                    [this, action = due.action] { run(*action); });
    }
  }
}

void Session::run(const Action& action) {
  if (phase_ == Phase::closed) return;
  std::visit([this](const auto& each) { act(each); }, action);
}

void Session::act(const SendAction& action) {
  if (!action.dribble) {
    outbox_.send(action);
    return;
  }
  outbox_.log("sent", {{"what", "script"}, {"bytes", action.payload.size()}});
  dribble(framed(action), 0);
}

void Session::dribble(const std::string& bytes, std::size_t at) {
  if (phase_ == Phase::closed) return;
  const bool last = at + 1 >= bytes.size();
  outbox_.send_piece(bytes.substr(at, 1), last);
  if (last) return;
  timers_.after(std::chrono::milliseconds(1), [this, bytes, at] { dribble(bytes, at + 1); });
}

void Session::act(const CloseAction& action) {
  refuse({action.code, action.reason});
}

void Session::act(const DropAction& action) {
  constexpr std::string_view k_ways[] = {"fin", "reset", "silent"};
  outbox_.log("drop", {{"how", k_ways[static_cast<std::size_t>(action.how)]}});
  if (action.how == DropAction::How::silent) {
    outbox_.quirks.mute = true;
  } else {
    phase_ = Phase::closed;
    turn_.stop();
    timers_.cancel_all();
  }
  link_.drop(action.how);
}

// Done by on_request(), before there is a WebSocket.
void Session::act(const RefuseAction&) {}

void Session::act(const SetAction& action) {
  for (const auto& change : action.changes) {
    change(outbox_.quirks);
  }
}

void Session::act(const GoAwayAction& action) {
  const std::int64_t ms = action.time_left_ms % 1000;
  std::string left = std::to_string(action.time_left_ms / 1000);
  if (ms != 0) left += "." + std::to_string(1000 + ms).substr(1);
  outbox_.send({{"goAway", {{"timeLeft", left + "s"}}}}, "go_away");
  if (action.mute) outbox_.quirks.mute = true;
}

void Session::act(const InterruptAction&) {
  if (turn_.active()) {
    turn_.interrupt();
    return;
  }
  // The service does this when it believes that playback still goes on.
  outbox_.send({{"serverContent", {{"interrupted", true}}}}, "interrupted");
  outbox_.send({{"serverContent", {{"turnComplete", true}}}}, "turn_complete");
}

void Session::act(const LateAudioAction& action) {
  const Samples late = tone(1500, action.ms / 1000.0, outbox_.quirks.answer_rate);
  outbox_.send_audio(as_bytes(late));
}

void Session::act(const ToolCallAction& action) {
  json::array calls;
  called_at_ = Timers::Clock::now();
  for (const ToolCallAction::Call& each : action.calls) {
    const auto declared = functions_.find(each.name);
    calls_[each.id] = {each.name, declared == functions_.end() || declared->second};
    json::object call{{"id", each.id}, {"name", each.name}};
    if (!each.args.empty()) call["args"] = each.args;
    calls.push_back(std::move(call));
  }
  json::object message{{"toolCall", {{"functionCalls", std::move(calls)}}}};
  if (family_ == Family::extended_thinking) message["interactionStatus"] = "IN_PROGRESS";
  const auto& first = action.calls.front();
  outbox_.send(std::move(message), "tool_call", {{"id", first.id}, {"name", first.name}});
}

void Session::act(const CancelCallsAction&) {
  cancel_calls(true);
}

}  // namespace gv::sim
