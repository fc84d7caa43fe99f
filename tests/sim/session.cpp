#include "tests/sim/session.hpp"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>

namespace gv::sim {
namespace {

namespace json = boost::json;

constexpr std::string_view k_handle_mark = "CiQsim";

const json::object* child(const json::object& parent, std::string_view key) {
  const json::value* const value = parent.if_contains(key);
  return value ? value->if_object() : nullptr;
}

std::string_view text(const json::object& parent, std::string_view key) {
  const json::value* const value = parent.if_contains(key);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

bool flag(const json::object& parent, std::string_view key) {
  const json::value* const value = parent.if_contains(key);
  return value && value->is_bool() && value->get_bool();
}

int number(const json::object& parent, std::string_view key, int fallback) {
  const json::value* const value = parent.if_contains(key);
  return value && value->is_int64() ? static_cast<int>(value->get_int64()) : fallback;
}

}  // namespace

std::string Handles::issue(Entry entry) {
  std::string handle = std::string(k_handle_mark) + std::to_string(entry.conversation) + "x" +
                       std::to_string(issued_.size() + 1);
  handle.resize(200, 'A');  // the real ones are long
  issued_[handle] = std::move(entry);
  return handle;
}

const Handles::Entry* Handles::find(const std::string& handle) const {
  const auto found = issued_.find(handle);
  return found == issued_.end() ? nullptr : &found->second;
}

bool Handles::well_formed(std::string_view handle) {
  return handle.starts_with("CiQ");
}

bool Handles::is_open(std::uint64_t conversation) const {
  return std::ranges::any_of(links_, [conversation](const auto& link) {
    return link.second == conversation && link.first->is_open();
  });
}

Session::Session(asio::io_context& io, const Shared& shared, Link& link, std::uint64_t connection,
                 Request request)
    : shared_(shared),
      link_(link),
      connection_(connection),
      request_(std::move(request)),
      outbox_(link, shared.log, connection),
      turn_(io, outbox_,
            {.event = [this](Event event, std::int64_t from,
                             std::int64_t to) { fire(event, from, to); },
             .cancelled = [this] { cancel_calls(); },
             .finished =
                 [this] {
                   send_handle();
                   if (waiting_.empty() || phase_ != Phase::open) return;
                   Answer next = std::move(waiting_.front());
                   waiting_.pop_front();
                   answer(std::move(next));
                 }}),
      timers_(io) {}

Session::~Session() {
  shared_.handles.detach(link_);
}

std::optional<RefuseAction> Session::on_request() {
  outbox_.log("connect", {{"version", request_.api_version}, {"has_key", !request_.key.empty()}});
  for (const Script::Due& due : shared_.script.fire(Event::connect, connection_)) {
    if (const auto* const refusal = std::get_if<RefuseAction>(due.action)) {
      outbox_.log("refused", {{"status", refusal->status}});
      return *refusal;
    }
    if (due.after_ms == 0 && std::holds_alternative<SetAction>(*due.action)) {
      run(*due.action);
      continue;
    }
    timers_.after(std::chrono::milliseconds(due.after_ms),
                  [this, action = due.action] { run(*action); });
  }
  return std::nullopt;
}

void Session::on_message(std::string_view payload, bool text_frame) {
  if (phase_ == Phase::closed) return;
  json::error_code error;
  json::value message = json::parse({payload.data(), payload.size()}, error);
  if (error || !message.is_object() || (!text_frame && !shared_.options.legacy)) {
    // The reference knows of no client that sends binary frames: refused here to find one.
    refuse({1007, error || !message.is_object()
                      ? "Invalid JSON payload received. Unexpected token."
                      : "Invalid frame: the client's JSON goes into text frames."});
    return;
  }
  const bool is_setup = message.get_object().contains("setup");
  if (phase_ == Phase::preparing || is_setup != (phase_ == Phase::awaiting_setup)) {
    refuse({1007, "setup must be the first message and only the first"});
    return;
  }
  Checked checked = check_fields(message.get_object(), request_.api_version);
  if (checked.refusal) {
    refuse(*checked.refusal);
    return;
  }
  if (is_setup) {
    on_setup(checked.message["setup"].get_object(), checked.unsupported);
    return;
  }
  const json::object::value_type& only = *checked.message.begin();
  const json::object& body = only.value().get_object();
  if (only.key() == "realtime_input") {
    on_realtime_input(body);
  } else if (only.key() == "client_content") {
    on_client_content(body);
  } else if (only.key() == "tool_response") {
    on_tool_response(body);
  } else {
    outbox_.log("context_update", {{"update", body}});
  }
}

void Session::on_setup(const json::object& setup, const std::vector<std::string>& unsupported) {
  json::object logged = setup;
  if (json::value* const resumption = logged.if_contains("session_resumption")) {
    if (json::value* const handle = resumption->get_object().if_contains("handle")) {
      *handle = "(handle, " + std::to_string(handle->get_string().size()) + " bytes)";
    }
  }
  outbox_.log("setup", {{"setup", std::move(logged)}});
  std::optional<Refusal> refusal = check_key(request_.key, shared_.options.key);
  if (!refusal) {
    refusal = check_model(text(setup, "model"), shared_.options.models, request_.api_version);
  }
  if (!refusal && !unsupported.empty()) refusal = invalid_argument();
  if (!refusal) refusal = check_setup_rules(setup, request_.api_version);
  if (!refusal) refusal = resume(setup);
  if (refusal) {
    refuse(*refusal);
    return;
  }
  configure(setup);
  phase_ = Phase::preparing;
  fire(Event::setup);
  if (phase_ != Phase::preparing || outbox_.quirks.never_setup) return;
  const auto delay = outbox_.quirks.setup_delay_ms
                         ? std::chrono::milliseconds(*outbox_.quirks.setup_delay_ms)
                         : shared_.options.setup_delay;
  timers_.after(delay, [this] { ready(); });
}

std::optional<Refusal> Session::resume(const json::object& setup) {
  const json::object* const resumption = child(setup, "session_resumption");
  const std::string handle(resumption ? text(*resumption, "handle") : std::string_view());
  std::uint64_t conversation = 0;
  if (!handle.empty()) {
    if (!Handles::well_formed(handle)) return Refusal{1007, "Invalid session handle"};
    const Handles::Entry* const entry = shared_.handles.find(handle);
    if (!entry) return Refusal{1008, "BidiGenerateContent session not found"};
    if (outbox_.quirks.refuse_resume || shared_.handles.is_open(entry->conversation)) {
      return Refusal{1011, "Internal error encountered."};
    }
    foreign_model_ = entry->model != text(setup, "model");
    calls_ = entry->calls;
    conversation = entry->conversation;
  } else {
    conversation = shared_.handles.new_conversation();
  }
  conversation_ = conversation;
  shared_.handles.attach(conversation, link_);
  return std::nullopt;
}

void Session::configure(const json::object& setup) {
  model_ = text(setup, "model");
  family_ = family(model_);
  resumption_ = setup.contains("session_resumption");
  transcribe_input_ = setup.contains("input_audio_transcription");
  if (const json::object* const history = child(setup, "history_config")) {
    history_open_ = flag(*history, "initial_history_in_client_content");
  }
  if (setup.contains("system_instruction")) {
    instruction_tokens_ =
        static_cast<int>(json::serialize(setup.at("system_instruction")).size() / 4);
  }
  const bool status = family_ == Family::live_38 || family_ == Family::extended_thinking;
  turn_.configure({.speed = shared_.options.speed,
                   .transcribe = setup.contains("output_audio_transcription"),
                   .interaction_status = status});

  Detector::Settings hearing;
  hearing.threshold_db = shared_.options.vad_threshold_db;
  if (const json::object* const realtime = child(setup, "realtime_input_config")) {
    interrupts_ = text(*realtime, "activity_handling") != "NO_INTERRUPTION";
    if (const json::object* const detection = child(*realtime, "automatic_activity_detection")) {
      manual_activity_ = flag(*detection, "disabled");
      if (text(*detection, "start_of_speech_sensitivity") == "START_SENSITIVITY_LOW") {
        hearing.threshold_db += 6;
      }
      if (text(*detection, "end_of_speech_sensitivity") == "END_SENSITIVITY_LOW") {
        hearing.silence_ms = 800;
      }
      if (shared_.options.silence_ms) hearing.silence_ms = *shared_.options.silence_ms;
      hearing.prefix_ms = std::max(10, number(*detection, "prefix_padding_ms", hearing.prefix_ms));
      hearing.silence_ms =
          std::max(10, number(*detection, "silence_duration_ms", hearing.silence_ms));
    } else if (shared_.options.silence_ms) {
      hearing.silence_ms = *shared_.options.silence_ms;
    }
  } else if (shared_.options.silence_ms) {
    hearing.silence_ms = *shared_.options.silence_ms;
  }
  detector_ = Detector(hearing);
  // By hand, the coverage that 3.x models default to leaves the turn empty.
  if (manual_activity_ && family_ != Family::native_25) {
    const json::object& realtime = *child(setup, "realtime_input_config");
    const std::string_view coverage = text(realtime, "turn_coverage");
    activity_heard_ =
        coverage == "TURN_INCLUDES_ALL_INPUT" || coverage == "TURN_INCLUDES_ONLY_ACTIVITY";
  }

  if (const json::value* const tools = setup.if_contains("tools")) {
    for (const json::value& tool : tools->get_array()) {
      const json::value* const list = tool.get_object().if_contains("function_declarations");
      if (!list) continue;
      for (const json::value& function : list->get_array()) {
        const json::object& fields = function.get_object();
        functions_[std::string(text(fields, "name"))] = text(fields, "behavior") != "NON_BLOCKING";
      }
    }
  }
}

void Session::ready() {
  phase_ = Phase::open;
  outbox_.send({{"setupComplete", json::object()}}, "setup_complete");
  if (foreign_model_) {
    timers_.after(std::chrono::milliseconds(100), [this] {
      refuse({1011, "Internal error encountered."});
    });
  }
  timers_.after(std::chrono::milliseconds(100), [this] {
    if (!turn_.active()) send_handle();
  });
  fire(Event::ready);
}

void Session::send_handle() {
  // No moment to resume at while a function that the model waits for runs (live-api.md 7.4).
  if (!resumption_ || phase_ != Phase::open || blocked()) return;
  const std::string handle = shared_.handles.issue({conversation_, model_, calls_});
  outbox_.send({{"sessionResumptionUpdate", {{"newHandle", handle}, {"resumable", true}}}},
               "handle");
}

void Session::on_client_content(const json::object& content) {
  if (auto refusal = check_client_content(content, family_, history_open_)) {
    refuse(*refusal);
    return;
  }
  outbox_.log("client_content", {{"content", content}});
  if (const json::value* const turns = content.if_contains("turns")) {
    for (const json::value& turn : turns->get_array()) {
      if (text(turn.get_object(), "role") == "model") continue;
      for (const json::value& part : turn.at("parts").get_array()) {
        const std::string_view words = text(part.get_object(), "text");
        context_ += (context_.empty() ? "" : " ") + std::string(words);
      }
    }
  }
  const bool complete = flag(content, "turn_complete");
  if (history_open_) {
    if (complete) history_open_ = false;
    context_.clear();
    return;
  }
  turn_.interrupt();
  fire(Event::client_content);
  if (complete && phase_ == Phase::open) answer_text(std::exchange(context_, {}));
}

void Session::on_tool_response(const json::object& response) {
  outbox_.log("tool_response", {{"response", response}});
  std::string said;
  bool interrupt = false;
  for (const json::value& item : response.at("function_responses").get_array()) {
    const json::object& fields = item.get_object();
    const auto call = calls_.find(std::string(text(fields, "id")));
    const std::string_view scheduling = text(fields, "scheduling");
    const bool scheduling_refused =
        family_ == Family::extended_thinking || family_ == Family::live_31;
    if (call == calls_.end() || (!scheduling.empty() && scheduling_refused)) {
      refuse(invalid_argument());
      return;
    }
    const bool blocking = call->second.blocking;
    if (blocking && flag(fields, "will_continue")) {
      refuse(invalid_argument());
      return;
    }
    interrupt = interrupt || (!blocking && scheduling == "INTERRUPT");
    if (blocking || scheduling != "SILENT") {
      said += call->second.name + " says " + json::serialize(fields.at("response")) + ". ";
    }
    if (!flag(fields, "will_continue")) calls_.erase(call);
  }
  fire(Event::tool_response);
  if (phase_ != Phase::open || said.empty() || blocked()) return;
  if (interrupt) turn_.interrupt();
  said.pop_back();
  answer_text(said, true);
}

void Session::refuse(const Refusal& refusal) {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  turn_.stop();
  timers_.cancel_all();
  link_.close(refusal.code, cut_reason(refusal.reason));
}

void Session::on_closed(int code, std::string_view reason, std::string_view by) {
  phase_ = Phase::closed;
  turn_.stop();
  timers_.cancel_all();
  outbox_.log("close", {{"code", code}, {"reason", reason}, {"by", by}});
}

}  // namespace gv::sim
