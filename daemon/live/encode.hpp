// Messages to the service: values in, JSON text out (live-api.md section 2). Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>

#include "daemon/config/config.hpp"

namespace gv::live {

// What a model family allows (live-api.md section 6.3). We configure neither thinking, affective
// dialog, proactivity nor speechConfig.languageCode, which covers the other rules of that table.
struct ModelRules {
  bool client_content_mid_session = true;
};
ModelRules rules_for(std::string_view model);

// The first message of a connection. resumption_handle: empty for a fresh session.
// history_follows: encode_history() is the next message, and the service waits for it
// (live-api.md section 2.2); never with a handle.
std::string encode_setup(const config::Profile& profile, std::string_view resumption_handle,
                         bool history_follows = false);

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

}  // namespace gv::live
