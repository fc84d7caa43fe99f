#include "daemon/history/export.hpp"

#include <array>
#include <cstdio>
#include <ctime>

#include <boost/json.hpp>

#include "daemon/history/cues.hpp"

namespace gv::history {

namespace json = boost::json;

namespace {

std::string utc(std::int64_t time_us) {
  const std::time_t seconds = time_us / 1'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

// "01:02:03" and the separator of its milliseconds.
std::string cue_time(std::uint64_t ms, char separator) {
  std::array<char, 40> text{};
  const int size = std::snprintf(text.data(), text.size(), "%02llu:%02llu:%02llu%c%03llu",
                                 static_cast<unsigned long long>(ms / 3'600'000),
                                 static_cast<unsigned long long>(ms / 60'000 % 60),
                                 static_cast<unsigned long long>(ms / 1000 % 60), separator,
                                 static_cast<unsigned long long>(ms % 1000));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string clock(std::uint64_t ms) {
  const std::string all = cue_time(ms, '.');
  return all.starts_with("00:") ? all.substr(3, 5) : all.substr(0, 8);
}

// Whatever Markdown would take for itself.
std::string for_markdown(std::string_view text) {
  std::string escaped;
  for (const char c : flat(text)) {
    if (std::string_view("\\`*_[]<>#|~&$").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// SubRip has no escapes: what players take for markup becomes what looks like it.
std::string for_srt(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<') {
      safe += "‹";
    } else if (c == '>') {
      safe += "›";
    } else if (c == '{') {
      safe += '(';
    } else if (c == '}') {
      safe += ')';
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string for_vtt(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else if (c == '&') {
      safe += "&amp;";
    } else {
      safe += c;
    }
  }
  return safe;
}

json::array sources_of(const Entry& entry) {
  json::array sources;
  for (const auto& source : entry.sources)
    sources.push_back(json::object{{"address", source.address}, {"title", source.title}});
  return sources;
}

void add_markdown(std::string& text, const Entry& entry) {
  text += "\n**" + std::string(speaker(entry.role)) + "**";
  if (entry.end_ms != 0) text += " (" + clock(entry.begin_ms) + ")";
  if (entry.interrupted) text += " *(interrupted)*";
  text += ": " + for_markdown(entry.text) + '\n';
  if (!entry.sources.empty()) text += '\n';
  for (const auto& source : entry.sources)
    text += "- " + for_markdown(source.title) + " \\<" + for_markdown(source.address) + "\\>\n";
}

}  // namespace

std::optional<Format> format_of(std::string_view name) {
  if (name == "md") return Format::markdown;
  if (name == "json") return Format::json;
  if (name == "srt") return Format::srt;
  if (name == "vtt") return Format::vtt;
  return std::nullopt;
}

std::string exported(Format format, const Session& session, std::span<const Entry> entries) {
  switch (format) {
    case Format::markdown:
      return to_markdown(session, entries);
    case Format::json:
      return to_json(session, entries);
    case Format::srt:
      return to_srt(entries);
    case Format::vtt:
      return to_vtt(entries);
  }
  return {};
}

std::string to_markdown(const Session& session, std::span<const Entry> entries,
                        std::uint64_t left_out) {
  std::string text = "# Conversation of " + local_time(session.begun_us) + "\n\n";
  text += "- Profile: " + for_markdown(session.profile) + '\n';
  text += "- Model: " + for_markdown(session.model) + '\n';
  if (session.goes_on) text += "- Goes on with an earlier conversation\n";
  if (session.ended_us != 0) {
    text +=
        "- Ended: " + local_time(session.ended_us) + " (" + for_markdown(session.reason) + ")\n";
  }
  text += "- Session: " + for_markdown(session.id) + '\n';
  if (left_out > 0) {
    text += "\n*(" + std::to_string(left_out) +
            " earlier entries are left out: the conversation was too long.)*\n";
  }
  for (const Entry& entry : entries)
    add_markdown(text, entry);
  return text;
}

std::string to_json(const Session& session, std::span<const Entry> entries) {
  json::array all;
  for (const Entry& entry : entries) {
    all.push_back(json::object{{"turn", entry.turn},
                               {"role", std::string(contract_name(entry.role))},
                               {"text", entry.text},
                               {"time_us", entry.time_us},
                               {"begin_ms", entry.begin_ms},
                               {"end_ms", entry.end_ms},
                               {"interrupted", entry.interrupted},
                               {"heard_ms", entry.heard_ms},
                               {"sources", sources_of(entry)}});
  }
  const json::value ended = session.ended_us != 0 ? json::value(utc(session.ended_us)) : nullptr;
  return json::serialize(json::object{{"id", session.id},
                                      {"profile", session.profile},
                                      {"model", session.model},
                                      {"begun", utc(session.begun_us)},
                                      {"ended", ended},
                                      {"begun_us", session.begun_us},
                                      {"ended_us", session.ended_us},
                                      {"reason", session.reason},
                                      {"goes_on", session.goes_on},
                                      {"entries", std::move(all)}}) +
         "\n";
}

std::string to_srt(std::span<const Entry> entries) {
  std::string text;
  std::size_t number = 0;
  for (const Cue& cue : cues(entries)) {
    text += std::to_string(++number) + '\n' + cue_time(cue.begin_ms, ',') + " --> " +
            cue_time(cue.end_ms, ',') + '\n';
    if (cue.first) text += std::string(speaker(cue.role)) + ": ";
    for (const auto& line : cue.lines)
      text += for_srt(line) + '\n';
    text += '\n';
  }
  return text;
}

std::string to_vtt(std::span<const Entry> entries) {
  std::string text = "WEBVTT\n";
  for (const Cue& cue : cues(entries)) {
    text += '\n' + cue_time(cue.begin_ms, '.') + " --> " + cue_time(cue.end_ms, '.') + "\n<v " +
            std::string(speaker(cue.role)) + '>';
    for (const auto& line : cue.lines)
      text += for_vtt(line) + '\n';
  }
  return text;
}

std::string local_time(std::int64_t time_us) {
  const std::time_t seconds = time_us / 1'000'000;
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &parts);
  return {text.data(), size};
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

}  // namespace gv::history
