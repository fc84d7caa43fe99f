// What the machine tells the model besides the user's words: answers of tools, also those that a
// connection lost (live-api.md section 7.5), and pictures (section 2.3).
#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/live/encode.hpp"
#include "daemon/session/machine.hpp"

namespace gv::session {
namespace {

// The service takes a picture a second (section 2.3).
constexpr std::int64_t picture_interval_ns = 1'000'000'000;
constexpr std::size_t max_notes = 16;
constexpr std::size_t max_context = 16UL * 1024;

std::string of_ours(const std::string& text) {
  return "(A note of the program, not said by the user: " + text + ")";
}

}  // namespace

// A connection that does not know the call gets its answer as words.
void Machine::tell_answer(ToolCall& call) {
  if (call.orphaned) {
    const bool silent = call.scheduling == config::Scheduling::silent;
    return note(
        "The function " + call.name +
            ", which you called before the connection was renewed, has answered: " + call.response,
        !silent);
  }
  act(action::Send{
      live::encode_tool_response({call.id, call.name, call.response, call.scheduling})});
  told_.push_back(call);
  if (told_.size() > ToolCalls::max_open) told_.pop_front();
}

// A new connection. The service's snapshot is older than what happened since: it hears of it before
// it is asked the same again, so that nothing is done twice.
void Machine::tell_answers() {
  const bool resumed = resumption_.offered();
  calls_.reconnected(resumed);
  for (ToolCall& call : std::exchange(told_, {})) {
    if (!call.orphaned && resumed && call.in_snapshot) {
      tell_answer(call);
      continue;
    }
    // Where its question is not asked again, it is answered now.
    tell("Before the connection was renewed you had called the function " + call.name + " with " +
             call.arguments + ", and it has answered: " + call.response +
             ". Do not call it again for that.",
         unsent_texts_.empty() && !call.spoken_of);
  }
  for (ToolCall& call : calls_.all()) {
    if (call.phase == ToolCall::Phase::answered) {
      tell_answer(call);
    } else if (call.orphaned) {
      tell("The function " + call.name + ", which you called with " + call.arguments +
               " before the connection was renewed, is still at it. Its answer will follow: do "
               "not call it again for that.",
           false);
    }
  }
  std::erase_if(calls_.all(),
                [](const ToolCall& call) { return call.phase == ToolCall::Phase::answered; });
}

// At once: nothing is being said yet.
void Machine::tell(const std::string& text, bool to_answer) {
  if (live::rules_for(status_.model).client_content_mid_session) {
    act(action::Send{live::encode_note(of_ours(text), to_answer)});
  } else if (to_answer) {
    note(text, true);
  } else if (context_.size() + text.size() <= max_context) {
    context_ += of_ours(text) + ' ';
  }
}

void Machine::note(const std::string& text, bool to_answer) {
  notes_.push_back({of_ours(text), to_answer});
  if (notes_.size() > max_notes) notes_.pop_front();
}

// They interrupt what the model says: they wait for its end.
void Machine::send_notes() {
  if (notes_.empty() || phase_ != Phase::live || gated_) return;
  if (!turns_.all_finished() || turns_.any_audible() || user_speaks()) return;
  const auto rules = live::rules_for(status_.model);
  for (const Note& note : std::exchange(notes_, {})) {
    if (rules.client_content_mid_session) {
      act(action::Send{live::encode_note(note.text, note.to_answer)});
    } else if (note.to_answer) {
      if (by_key()) act(action::Send{live::encode_activity_start()});
      act(action::Send{live::encode_text(note.text)});
      if (by_key()) act(action::Send{live::encode_activity_end()});
    }
  }
}

// Pictures

void Machine::on(const input::SendPicture& send) {
  if (phase_ == Phase::idle || !takes_pictures()) return;
  touch();
  pictures_.push_back({send.picture, false});
}

void Machine::send_pictures() {
  if (pictures_.empty() || phase_ != Phase::live) return;
  const auto rules = live::rules_for(status_.model);
  // The model waits for a tool's; the others wait for the model, where they would interrupt it.
  const bool quiet_enough = rules.all_video || (turns_.all_finished() && !turns_.any_audible());
  if (!pictures_.front().of_tool && (gated_ || !quiet_enough)) return;
  const std::int64_t next_ns = last_picture_ns_ + picture_interval_ns;
  if (last_picture_ns_ != 0 && now_ns_ < next_ns) {
    if (!std::exchange(picture_due_, true)) {
      const std::chrono::nanoseconds wait(next_ns - now_ns_);
      act(action::SetTimer{Timer::picture, std::chrono::ceil<std::chrono::milliseconds>(wait)});
    }
    return;
  }
  const auto& picture = pictures_.front().picture;
  act(action::Send{live::encode_picture(picture.mime_type, picture.bytes, rules)});
  pictures_.pop_front();
  last_picture_ns_ = now_ns_;
  if (!pictures_.empty()) send_pictures();
}

}  // namespace gv::session
