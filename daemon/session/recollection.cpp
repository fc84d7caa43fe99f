#include "daemon/session/recollection.hpp"

namespace gv::session {
namespace {

// Not within a character (RFC 3629: continuation bytes are 10xxxxxx).
std::string_view shortened(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U)
    --limit;
  return text.substr(0, limit);
}

}  // namespace

void Recollection::add(Role role, std::string_view text) {
  if (text.empty() || role == Role::tool) return;
  turns_.push_back({role == Role::model, std::string(shortened(text, max_bytes_of_turn))});
  if (turns_.size() > max_turns) turns_.pop_front();
}

}  // namespace gv::session
