// Messages to the service: values in, JSON text out (live-api.md section 2). Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.hpp"
#include "daemon/live/function.hpp"

namespace gv::live {

// What a model family allows (live-api.md section 6.3). We configure neither thinking, affective
// dialog, proactivity nor speechConfig.languageCode, which covers the other rules of that table.
struct ModelRules {
  enum class Calls { both, blocking, non_blocking };
  bool client_content_mid_session = true;
  Calls calls = Calls::both;
  // The answer to a call that does not block may say when it is to be spoken of.
  bool scheduling = true;
  // Sound that comes while a blocking call is open ends the connection, or the call (section 2.6).
  bool deaf_while_blocked = false;
  // Pictures count for the turn whenever they come (section 2.1.4, turnCoverage).
  bool all_video = false;
};
ModelRules rules_for(std::string_view model);
bool blocks(const Function& function, const ModelRules& rules);

// The first message of a connection. resumption_handle: empty for a fresh session.
// history_follows: encode_history() is the next message, and the service waits for it
// (live-api.md section 2.2); never with a handle. functions: what the model may call.
std::string encode_setup(const config::Profile& profile, std::string_view resumption_handle,
                         bool history_follows = false, const std::vector<Function>& functions = {});

// What was said before, for a session that does not know.
struct PastTurn {
  bool by_model = false;
  std::string text;
};
std::string encode_history(const std::deque<PastTurn>& turns);

// samples: 16 kHz mono, 20 to 40 ms of it.
std::string encode_audio(std::span<const std::int16_t> samples);
std::string encode_text(std::string_view text);
// The microphone was closed; only with automatic activity detection.
std::string encode_audio_stream_end();
// The user's turn begins and ends; only without automatic activity detection. Sound goes between
// them and nowhere else: before a start it ends the connection (users.md (f) 4).
std::string encode_activity_start();
std::string encode_activity_end();
// Interrupts a running generation without adding to the conversation.
std::string encode_interrupt();

// Answers to calls of this connection, or of the one that its handle was made on.
std::string encode_tool_response(const FunctionAnswer& answer);
// Words of ours in the user's place, by which the model learns what it could not otherwise.
// to_answer: it speaks about them now, else when it speaks next.
std::string encode_note(std::string_view text, bool to_answer);
// A picture, where the model takes pictures at any time; elsewhere as a part of the conversation.
std::string encode_picture(std::string_view mime_type, std::string_view bytes,
                           const ModelRules& rules);

}  // namespace gv::live
