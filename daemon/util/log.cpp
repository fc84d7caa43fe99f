#include "daemon/util/log.hpp"

#include <atomic>
#include <cstdlib>
#include <string>

#include <unistd.h>

#include "daemon/util/text.hpp"

namespace gv::log {
namespace {

std::atomic<Level> threshold{Level::info};

std::string_view journal_prefix(Level level) {
  switch (level) {
    case Level::error:
      return "<3>";
    case Level::warning:
      return "<4>";
    case Level::info:
      return "<6>";
    case Level::debug:
      return "<7>";
  }
  return "";
}

std::string_view terminal_prefix(Level level) {
  switch (level) {
    case Level::error:
      return "error: ";
    case Level::warning:
      return "warning: ";
    case Level::info:
      return "";
    case Level::debug:
      return "debug: ";
  }
  return "";
}

}  // namespace

void set_level(Level level) {
  threshold.store(level, std::memory_order_relaxed);
}

Level level() {
  return threshold.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view category, std::string_view text) {
  if (level > log::level()) return;
  // systemd sets JOURNAL_STREAM where stderr is the journal.
  static const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  std::string line;
  line.reserve(category.size() + text.size() + 16);
  line += journal ? journal_prefix(level) : terminal_prefix(level);
  line += category;
  line += ": ";
  for (const char c : text)
    line += is_control(c) ? ' ' : c;
  line += '\n';
  // A full or closed stderr is nobody's reason to stop.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace gv::log
