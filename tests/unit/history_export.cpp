// Conversations as files, and what is looked for in them.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cstdlib>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "ctl/dates.hpp"
#include "daemon/history/cues.hpp"
#include "daemon/history/export.hpp"
#include "daemon/history/query.hpp"

using namespace gv::history;
using gv::session::Role;

namespace {

const bool in_utc = [] {
  ::setenv("TZ", "UTC", 1);
  return true;
}();

constexpr std::int64_t noon_us = 1'784'030'400'000'000;  // 2026-07-14 12:00 UTC

Session session() {
  return {"0123456789abcdef", "tutor", "gemini-3.8-live", noon_us, noon_us + 65'000'000, "user"};
}

Entry entry(Role role, const std::string& text, std::uint64_t begin_ms, std::uint64_t end_ms) {
  Entry one;
  one.role = role;
  one.text = text;
  one.begin_ms = begin_ms;
  one.end_ms = end_ms;
  return one;
}

std::string joined(const Cue& cue) {
  return cue.lines.size() == 1 ? cue.lines[0] : cue.lines[0] + " " + cue.lines.at(1);
}

}  // namespace

TEST_CASE("SubRip: numbers, times and speakers") {
  const std::vector entries{entry(Role::user, "What time is it?", 2000, 3500),
                            entry(Role::model, "Noon.", 3'604'500, 3'606'100)};
  CHECK(to_srt(entries) ==
        "1\n00:00:02,000 --> 00:00:03,500\nYou: What time is it?\n\n"
        "2\n01:00:04,500 --> 01:00:06,100\nGemini: Noon.\n\n");
}

TEST_CASE("WebVTT: a voice for each, and nothing that is said is markup") {
  const std::vector entries{entry(Role::user, "<b>&--> \n\nNOTE x", 0, 1500)};
  CHECK(to_vtt(entries) ==
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n<v You>&lt;b&gt;&amp;--&gt; NOTE x\n");
  CHECK(to_srt(entries) == "1\n00:00:00,000 --> 00:00:01,500\nYou: ‹b›&--› NOTE x\n\n");
}

TEST_CASE("a long entry is split at the ends of sentences, with its share of the time each") {
  const std::string first = "The first sentence is not long, but it is long enough to stand alone.";
  const std::string second = "The second one is about as long as the first one was, and ends here.";
  const std::vector entries{entry(Role::model, first + " " + second, 10'000, 20'000)};
  const auto all = cues(entries);
  REQUIRE(all.size() == 2);
  CHECK(joined(all[0]) == first);
  CHECK(joined(all[1]) == second);
  CHECK(all[0].first);
  CHECK_FALSE(all[1].first);
  CHECK(all[0].begin_ms == 10'000);
  CHECK(all[0].end_ms > 14'000);
  CHECK(all[0].end_ms < 16'000);
  CHECK(all[1].begin_ms >= all[0].end_ms);
  CHECK(all[1].end_ms == 20'000);
}

TEST_CASE("no line is too long, whatever is said, and no character is cut or lost") {
  std::string blanks;
  std::string wide;
  for (int i = 0; i < 200; ++i) {
    blanks += "word" + std::to_string(i) + " ";
    wide += "日本";
  }
  for (const std::string& text : {blanks, wide, std::string(500, 'x')}) {
    std::string all;
    const std::vector entries{entry(Role::model, text, 0, 60'000)};
    for (const Cue& cue : cues(entries)) {
      REQUIRE(cue.lines.size() <= 2);
      for (const std::string& line : cue.lines) {
        CHECK(line.size() <= 42U * (text == wide ? 3 : 1) + 42);
        CHECK(line.find("\xEF\xBF\xBD") == std::string::npos);
        all += line + (text == blanks ? " " : "");
      }
    }
    CHECK(all == text);
  }
}

TEST_CASE("who talks over another one takes the rest of the time; nothing overlaps or goes back") {
  const std::vector entries{
      entry(Role::model, "A long answer that is talked over at its end.", 1000, 6000),
      entry(Role::user, "Stop!", 5000, 5600), entry(Role::user, "Now.", 5000, 5000),
      entry(Role::tool, "clock {}", 0, 0), entry(Role::model, "Yes.", 0, 0)};
  const auto all = cues(entries);
  REQUIRE(all.size() == 4);
  CHECK(all[0].end_ms == 5000);
  CHECK(joined(all[1]) == "Stop!");
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].begin_ms < all[i].end_ms);
    if (i > 0) CHECK(all[i].begin_ms >= all[i - 1].end_ms);
  }
}

TEST_CASE("Markdown is readable, and what is said stays text") {
  auto answer = entry(Role::model, "# <b>Noon</b>\n[x](javascript:y)", 4500, 6100);
  answer.interrupted = true;
  answer.sources = {{"https://example.org/a_b", "A *page*"}};
  const std::vector entries{entry(Role::user, "What time?", 2000, 3500), answer};
  CHECK(to_markdown(session(), entries) ==
        "# Conversation of 2026-07-14 12:00\n\n"
        "- Profile: tutor\n- Model: gemini-3.8-live\n- Ended: 2026-07-14 12:01 (user)\n"
        "- Session: 0123456789abcdef\n"
        "\n**You** (00:02): What time?\n"
        "\n**Gemini** (00:04) *(interrupted)*: \\# \\<b\\>Noon\\</b\\> \\[x\\](javascript:y)\n"
        "\n- A \\*page\\* \\<https://example.org/a\\_b\\>\n");
  CHECK(to_markdown(session(), entries, 7).find("7 earlier entries") != std::string::npos);
}

TEST_CASE("JSON has everything, byte for byte") {
  const std::string odd = "\x1b[31m\"quoted\"\n\xC3\xA9";
  const std::vector entries{entry(Role::user, odd, 0, 5)};
  const auto parsed = boost::json::parse(to_json(session(), entries)).as_object();
  CHECK(parsed.at("begun").as_string() == "2026-07-14T12:00:00Z");
  CHECK(parsed.at("entries").as_array().at(0).at("text").as_string() == odd.c_str());
  CHECK(parsed.at("entries").as_array().at(0).at("role").as_string() == "user");
}

TEST_CASE("nothing that is looked for means anything but itself") {
  CHECK(query("red tea").match == R"("red"* "tea"*)");
  CHECK(query("a\"b AND NOT (x) text:y ^z *").match ==
        R"x("a""b"* "AND"* "NOT"* "(x)"* "text:y"* "^z"* "*"*)x");
  CHECK(query("  \t ").match.empty());
  CHECK(query("日本 tea").match == R"("tea"*)");
  CHECK(query("100%_日").within == std::vector<std::string>{"%100\\%\\_日%"});
  CHECK(query("café “quoted”").within.empty());
}

TEST_CASE("moments as people type them") {
  using gv::ctl::moment;
  const std::int64_t now = noon_us + 30'000'000;
  CHECK(moment("2026-07-14 12:00", now) == noon_us);
  CHECK(moment("2026-07-14T12:00", now) == noon_us);
  CHECK(moment("2026-07-14", now) == noon_us - 12 * 3600 * std::int64_t{1'000'000});
  CHECK(moment("today", now) == moment("2026-07-14", now));
  CHECK(moment("yesterday", now) == moment("2026-07-13", now));
  CHECK(moment("2h", now) == now - 2 * 3600 * std::int64_t{1'000'000});
  CHECK(moment("1w", now) == moment("7d", now));
  for (const char* wrong :
       {"", "soon", "2026-13-01", "2026-06-31", "12", "-1d", "1d1", "99999999d"})
    CHECK_FALSE(moment(wrong, now));
}
