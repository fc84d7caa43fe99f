#include "daemon/transcripts/markdown.hpp"

#include <array>
#include <ctime>
#include <string_view>

#include "daemon/util/text.hpp"

namespace gv::transcripts {
namespace {

std::string local_time(std::int64_t time_us, const char* format) {
  const std::time_t seconds = time_us / 1'000'000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), format, &local);
  return {text.data(), size};
}

// What was said is text, whatever it looks like.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : printable(text, text.size() * 3)) {
    if (std::string_view("\\`*_[]<>#|&").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string_view speaker(session::Role role) {
  switch (role) {
    case session::Role::user:
      return "You";
    case session::Role::model:
      return "Gemini";
    case session::Role::tool:
      return "Tool";
  }
  return "";
}

}  // namespace

std::string name_time(std::int64_t time_us) {
  return local_time(time_us, "%Y-%m-%d-%H%M%S");
}

std::string to_markdown(const session::SessionInfo& info, const std::deque<Entry>& entries,
                        std::uint64_t left_out) {
  std::string text = "# Conversation of " + local_time(info.time_us, "%Y-%m-%d %H:%M %Z") +
                     "\n\n- Profile: " + escaped(info.profile) +
                     "\n- Model: " + escaped(info.model) + "\n- Session: " + escaped(info.id) +
                     "\n";
  if (left_out > 0) {
    text += "\n*(" + std::to_string(left_out) +
            " earlier entries are left out: the conversation was too long.)*\n";
  }
  for (const Entry& entry : entries) {
    text += "\n**" + std::string(speaker(entry.role)) + "** (" +
            local_time(entry.time_us, "%H:%M:%S") + "): " + escaped(entry.text) +
            (entry.interrupted ? " *(interrupted)*" : "") + "\n";
  }
  return text;
}

}  // namespace gv::transcripts
