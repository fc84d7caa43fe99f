// Log lines on stderr: "<3>session: text" under journald (sd-daemon.h's prefixes), "error: session:
// text" elsewhere. Any thread; one write per line. Callers keep the API key, resumption handles
// and, above debug, words of a conversation out of the text.
#pragma once

#include <string_view>

namespace gv::log {

enum class Level { error, warning, info, debug };

void set_level(Level level);
Level level();

// category: the part that speaks, e.g. "audio", "session".
void write(Level level, std::string_view category, std::string_view text);

inline void error(std::string_view category, std::string_view text) {
  write(Level::error, category, text);
}
inline void warning(std::string_view category, std::string_view text) {
  write(Level::warning, category, text);
}
inline void info(std::string_view category, std::string_view text) {
  write(Level::info, category, text);
}
inline void debug(std::string_view category, std::string_view text) {
  write(Level::debug, category, text);
}

}  // namespace gv::log
