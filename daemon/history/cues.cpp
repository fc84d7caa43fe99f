#include "daemon/history/cues.hpp"

#include <algorithm>
#include <array>

#include "daemon/util/text.hpp"

namespace gv::history {
namespace {

// What subtitles are made with: two lines of 42 characters, at most some 15 characters a second.
constexpr std::size_t longest_line = 42;
constexpr std::size_t longest_cue = 2 * longest_line;
constexpr std::uint64_t ms_of_character = 65;
constexpr std::uint64_t least_ms = 1000;
// What another cue leaves of one that it overlaps.
constexpr std::uint64_t shortest_ms = 400;

// Characters as Unicode counts them.
std::size_t length(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// The bytes of so many characters.
std::size_t bytes_of(std::string_view text, std::size_t characters) {
  std::size_t at = 0;
  while (at < text.size() && characters > 0) {
    at += std::max<std::size_t>(1, sequence_length(text.substr(at)));
    --characters;
  }
  return std::min(at, text.size());
}

bool ends_sentence(std::string_view text, std::size_t end) {
  constexpr std::array<std::string_view, 8> latin{".", "!", "?", "…", ".\"", "!\"", "?\"", ":"};
  constexpr std::array<std::string_view, 3> wide{"。", "！", "？"};
  const auto before = text.substr(0, end);
  const bool blank = end < text.size() && text[end] == ' ';
  return std::ranges::any_of(wide, [&](auto mark) { return before.ends_with(mark); }) ||
         (blank && std::ranges::any_of(latin, [&](auto mark) { return before.ends_with(mark); }));
}

// How many bytes of the text make the next cue.
std::size_t next_piece(std::string_view text) {
  if (length(text) <= longest_cue) return text.size();
  const std::size_t most = bytes_of(text, longest_cue);
  std::size_t sentence = 0;
  std::size_t blank = 0;
  for (std::size_t at = 1; at <= most; ++at) {
    if (ends_sentence(text, at)) sentence = at;
    if (at < text.size() && text[at] == ' ') blank = at;
  }
  if (sentence != 0) return sentence;
  return blank != 0 ? blank : most;
}

std::string_view without_blank(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  return text;
}

std::vector<std::string_view> pieces(std::string_view text) {
  std::vector<std::string_view> all;
  for (text = without_blank(text); !text.empty();) {
    const std::size_t size = next_piece(text);
    all.push_back(text.substr(0, size));
    text = without_blank(text.substr(size));
  }
  return all;
}

// Broken where the two lines are most alike.
std::vector<std::string> lines(std::string_view text) {
  if (length(text) <= longest_line) return {std::string(text)};
  std::size_t best = bytes_of(text, longest_line);
  std::size_t longer = text.size();
  for (std::size_t at = text.find(' '); at != std::string_view::npos; at = text.find(' ', at + 1)) {
    const std::size_t longest = std::max(length(text.substr(0, at)), length(text.substr(at + 1)));
    if (longest >= longer) continue;
    longer = longest;
    best = at;
  }
  return {std::string(text.substr(0, best)), std::string(without_blank(text.substr(best)))};
}

void add(std::vector<Cue>& all, const Entry& entry, std::uint64_t begin_ms, std::uint64_t end_ms) {
  const std::string text = flat(entry.text);
  const std::uint64_t whole = std::max<std::size_t>(1, length(text));
  std::uint64_t done = 0;
  bool first = true;
  for (const auto piece : pieces(text)) {
    const std::uint64_t share = length(piece);
    Cue cue{.begin_ms = begin_ms + (end_ms - begin_ms) * done / whole,
            .end_ms = begin_ms + (end_ms - begin_ms) * std::min(whole, done + share) / whole,
            .role = entry.role,
            .first = std::exchange(first, false),
            .lines = lines(piece)};
    all.push_back(std::move(cue));
    done += share + 1;  // the blank
  }
}

}  // namespace

std::string flat(std::string_view text) {
  std::string line;
  for (const char c : printable(text, text.size() * 3)) {
    if (c != ' ' || (!line.empty() && line.back() != ' ')) line += c;
  }
  while (line.ends_with(' '))
    line.pop_back();
  return line;
}

std::vector<Cue> cues(std::span<const Entry> entries) {
  std::vector<Cue> all;
  std::uint64_t after_ms = 0;
  for (const Entry& entry : entries) {
    if (entry.role == session::Role::tool) continue;
    const bool known = entry.end_ms != 0 && entry.end_ms >= entry.begin_ms;
    const std::uint64_t begin_ms = known ? entry.begin_ms : after_ms;
    const std::uint64_t read_ms =
        std::max<std::uint64_t>(least_ms, length(entry.text) * ms_of_character);
    // Typed text takes no time, but to be read.
    const bool timed = known && entry.end_ms > entry.begin_ms;
    const std::uint64_t end_ms = timed ? entry.end_ms : begin_ms + read_ms;
    add(all, entry, begin_ms, end_ms);
    after_ms = std::max(after_ms, end_ms);
  }
  std::ranges::stable_sort(all, {}, &Cue::begin_ms);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) all[i].begin_ms = std::max(all[i].begin_ms, all[i - 1].end_ms);
    const std::uint64_t least = all[i].begin_ms + shortest_ms;
    all[i].end_ms = std::max(all[i].end_ms, least);
    if (i + 1 < all.size()) {
      all[i].end_ms = std::max(least, std::min(all[i].end_ms, all[i + 1].begin_ms));
    }
  }
  return all;
}

}  // namespace gv::history
