// The machine and what the model may do: calls of tools, the user's word on them, their answers,
// and what follows from them for the microphone and the session (live-api.md
// sections 2.4, 2.6, 3.6).
#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/json.hpp>

#include "daemon/live/encode.hpp"
#include "daemon/session/machine.hpp"
#include "daemon/util/text.hpp"

namespace gv::session {

namespace json = boost::json;

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// So long the first connection waits for servers that have not told what they offer.
constexpr seconds tools_wait{2};
// New tools need a new connection: a server that changes its mind all the time gets one a minute.
constexpr std::int64_t tools_interval_ns = 60'000'000'000;
// At a quiet point. Should none come, at the connection's natural end.
constexpr std::chrono::minutes tools_notice{9};
// An answer that does not come leaves nobody deaf (section 2.6).
constexpr seconds gate_limit{10};
// After its last word a goodbye may be followed by nothing at all.
constexpr seconds farewell_limit{15};
constexpr seconds farewell_pause{3};
// Of a call or its answer in the transcript, bytes.
constexpr std::size_t longest_told = 2000;

constexpr std::string_view remembers =
    "\n(Allow holds for this tool until the session ends, whatever it is called with.)";

std::string failure(std::string_view why) {
  return json::serialize(json::object{{"error", why}});
}
std::string success(std::string_view what) {
  return json::serialize(json::object{{"output", what}});
}

milliseconds until(std::int64_t moment_ns, std::int64_t now_ns) {
  return std::chrono::ceil<milliseconds>(
      nanoseconds(std::max<std::int64_t>(0, moment_ns - now_ns)));
}

}  // namespace

// What the model may call

void Machine::on(const input::ToolsChanged& changed) {
  // What the user allowed was what was shown: another thing of that name asks again.
  for (const auto& before : session_.functions) {
    const auto now = std::ranges::find(changed.functions, before.name, &live::Function::name);
    if (now == changed.functions.end() || *now != before) allowed_.erase(before.name);
  }
  session_.functions = changed.functions;
  tools_settled_ = changed.ready;
  // Once waited for, always: later connections do not wait.
  session_.tools_ready = session_.tools_ready || changed.ready;
  if (phase_ == Phase::configuring && setup_waits_ && changed.ready) return send_setup();
  if (phase_ == Phase::live) renew_tools();
}

// What a connection may call is fixed when it is made.
void Machine::renew_tools() {
  if (session_.functions == declared_) return;
  const std::int64_t next_ns = tools_renewed_ns_ + tools_interval_ns;
  if (tools_renewed_ns_ != 0 && now_ns_ < next_ns) {
    return act(action::SetTimer{Timer::tools, until(next_ns, now_ns_)});
  }
  // While servers still start, each of them may bring a connection about.
  if (tools_settled_) tools_renewed_ns_ = now_ns_;
  act(action::Log{"what the model may call has changed: a new connection at the next quiet point"});
  rotate_within(tools_notice);
}

void Machine::wait_for_tools() {
  setup_waits_ = true;
  act(action::SetTimer{Timer::tools, tools_wait});
}

void Machine::tools_timer() {
  if (phase_ == Phase::configuring && setup_waits_) {
    session_.tools_ready = true;
    send_setup();
  } else if (phase_ == Phase::live) {
    renew_tools();
  }
}

// A call, from the service's word to the answer

void Machine::event(const live::ToolCall& wanted) {
  if (phase_ != Phase::live) return;
  reacted();
  billing_.activity();
  touch();
  if (!wanted.id.empty() && calls_.known(wanted.id) != nullptr) {
    return act(action::Log{"a call with the id of an open one was skipped"});
  }
  auto* call = calls_.add(wanted.id, wanted.name);
  if (call == nullptr) {
    if (!std::exchange(call_refused_, true)) {
      act(action::Log{"too many calls are open: more are refused"});
    }
    return act(action::Send{live::encode_tool_response({std::string(wanted.id),
                                                        std::string(wanted.name),
                                                        failure("Too many calls are open."),
                                                        {}})});
  }
  call_refused_ = false;
  auto* cut = discarding_ ? turns_.unfinished() : nullptr;
  call->turn = cut != nullptr ? cut->id : turns_.current().id;
  call->arguments = wanted.arguments.empty() ? "{}" : wanted.arguments;
  const auto rules = live::rules_for(status_.model);
  const auto declared = std::ranges::find(declared_, wanted.name, &live::Function::name);
  if (declared != declared_.end()) {
    call->blocking = live::blocks(*declared, rules);
    if (!call->blocking && rules.scheduling) call->scheduling = declared->scheduling;
  }
  ++counters_.tool_calls;
  act(action::ToolCalled{call->shown, call->shown_name, call->arguments});
  if (wanted.arguments.empty()) {
    return answer(*call, failure("The arguments are not a JSON object of at most 64 KiB."), true);
  }
  act(action::PlanTool{call->number, call->name, call->arguments});
}

void Machine::on(const input::ToolPlanned& planned) {
  auto* call = calls_.find(planned.call);
  if (call == nullptr || call->phase != ToolCall::Phase::planning) return;
  const auto& plan = planned.plan;
  if (!plan.refusal.empty()) return answer(*call, failure(plan.refusal), true);
  switch (plan.builtin) {
    case tools::Builtin::none:
      break;
    case tools::Builtin::end_session:
      hanging_up_ = true;
      act(action::SetTimer{Timer::farewell, farewell_limit});
      return answer(*call, success("The conversation ends when you have said goodbye."), false);
    case tools::Builtin::mute_microphone:
      on(input::Mute{true});
      return answer(*call, success("The microphone is closed. The user opens it again."), false);
  }
  if (plan.approval == config::Approval::ask && !allowed_.contains(call->name)) {
    call->phase = ToolCall::Phase::asking;
    call->what = plan.what;
    call->remember = plan.remember;
    if (plan.remember) call->what += remembers;
    call->until_ns = now_ns_ + nanoseconds(session_.approval_timeout).count();
    act(action::AskUser{call->shown, call->shown_name, call->what});
    return;
  }
  run_tool(*call);
}

void Machine::run_tool(ToolCall& call) {
  call.phase = ToolCall::Phase::running;
  act(action::RunTool{call.number, call.name, call.arguments});
}

void Machine::on(const input::ToolAnswered& answered) {
  const auto* asked = calls_.find(answered.call);
  if (asked == nullptr || asked->phase != ToolCall::Phase::asking) return;
  auto* call = calls_.find(asked->number);
  touch();
  act(action::StopAsking{call->shown});
  if (!answered.allow) {
    return answer(*call, failure("The user did not allow it. Do not try it again unasked."), true);
  }
  if (call->remember) allowed_.insert(call->name);
  run_tool(*call);
}

// Nobody answered: that is a no.
void Machine::deny_unanswered() {
  std::vector<std::uint64_t> late;
  for (const ToolCall& call : calls_.all()) {
    if (call.phase == ToolCall::Phase::asking && call.until_ns <= now_ns_) {
      late.push_back(call.number);
    }
  }
  for (const auto number : late) {
    auto& call = *calls_.find(number);
    act(action::StopAsking{call.shown});
    answer(call, failure("Nobody allowed it in time, so that it was not done."), true);
  }
}

void Machine::on(const input::ToolFinished& finished) {
  auto* call = calls_.find(finished.call);
  if (call == nullptr || call->phase != ToolCall::Phase::running) return;
  for (const auto& picture : finished.result.pictures) {
    if (takes_pictures()) pictures_.push_back({picture, true});
  }
  send_pictures();  // they come before the words about them
  answer(*call, finished.result.response, finished.result.failed);
}

// The call is over but for the service's hearing of it.
void Machine::answer(ToolCall& call, const std::string& response, bool failed) {
  if (failed) ++counters_.tool_errors;
  touch();
  act(action::ToolDone{call.shown, call.shown_name, response});
  act(action::Completed{call.turn,
                        Role::tool,
                        printable(call.shown_name + ' ' + call.arguments, longest_told) + " -> " +
                            printable(response, longest_told),
                        {}});
  call.response = response;
  call.phase = ToolCall::Phase::answered;
  if (phase_ != Phase::live) return;
  tell_answer(call);
  calls_.remove(call.number);
}

void Machine::event(const live::ToolCallCancelled& cancelled) {
  if (phase_ != Phase::live) return;
  if (auto* call = calls_.known(cancelled.id)) drop_call(*call);
}

void Machine::drop_call(ToolCall& call) {
  if (call.phase == ToolCall::Phase::running) act(action::CancelTool{call.number});
  if (call.phase == ToolCall::Phase::asking) act(action::StopAsking{call.shown});
  if (call.phase != ToolCall::Phase::answered) {
    act(action::ToolDone{call.shown, call.shown_name, R"({"cancelled":true})"});
  }
  calls_.remove(call.number);
}

void Machine::end_tools() {
  while (!calls_.empty())
    drop_call(calls_.all().front());
  calls_.end();
  notes_.clear();
  context_.clear();
  told_.clear();
  pictures_.clear();
  allowed_.clear();
  hanging_up_ = farewell_due_ = false;
  for (const auto timer : {Timer::approval, Timer::farewell, Timer::picture})
    act(action::CancelTimer{timer});
  approval_due_.reset();
  picture_due_ = false;
  act(action::EndTools{});
}

// After every input

// Sound that comes while a blocking call is open costs some models the call: it is not sent, and
// not kept, as it would be late.
void Machine::watch_gate() {
  const bool closed = phase_ == Phase::live && calls_.blocked() &&
                      live::rules_for(status_.model).deaf_while_blocked;
  if (!closed) gate_given_up_ = false;
  const bool gated = closed && !gate_given_up_;
  if (gated == std::exchange(gated_, gated)) return;
  if (gated) {
    act(action::SetTimer{Timer::gate, gate_limit});
    return act(action::CutMicrophone{});
  }
  act(action::CancelTimer{Timer::gate});
  if (phase_ != Phase::live) return;
  replay_since_ns_ = now_ns_;
  send_microphone();
  send_texts();
}

void Machine::watch_questions() {
  const auto due = calls_.asked_until_ns();
  if (due == std::exchange(approval_due_, due)) return;
  if (!due) return act(action::CancelTimer{Timer::approval});
  act(action::SetTimer{Timer::approval, until(*due, now_ns_)});
}

// The farewell is heard to its end. Models that cannot be told to be silent about the answer may
// speak of it in a turn of its own: they get a moment for that.
void Machine::watch_farewell() {
  if (!hanging_up_ || phase_ == Phase::idle || user_speaks()) return;
  if (turns_.any_audible() || !turns_.all_finished() || calls_.awaited()) return;
  if (live::rules_for(status_.model).scheduling || phase_ != Phase::live) return hang_up();
  if (std::exchange(farewell_due_, true)) return;
  act(action::SetTimer{Timer::farewell, farewell_pause});
}

void Machine::hang_up() {
  end(EndReason::hung_up, "The model ended the conversation, as the user said goodbye.");
}

void Machine::farewell_timer() {
  if (!hanging_up_) return;
  farewell_due_ = false;
  if (turns_.any_audible() || user_speaks()) {
    return act(action::SetTimer{Timer::farewell, farewell_limit});
  }
  hang_up();
}

// Who goes on talking does not want it to end.
void Machine::stay() {
  if (std::exchange(hanging_up_, false)) act(action::CancelTimer{Timer::farewell});
}

}  // namespace gv::session
