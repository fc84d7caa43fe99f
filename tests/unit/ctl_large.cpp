// Large captions: what is kept, how it is laid out, and the cells of the letters.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <array>

#include <doctest/doctest.h>

#include "ctl/large/caption_log.hpp"
#include "ctl/large/page.hpp"
#include "daemon/letters/cells.hpp"
#include "daemon/letters/request.hpp"

using namespace gv;
using namespace gv::ctl;
namespace json = boost::json;

namespace {

json::object delta(int turn, const char* role, const std::string& text) {
  return {{"event", "transcript_delta"}, {"turn", turn}, {"role", role}, {"text", text}};
}
json::object completed(int turn, const char* role, const std::string& text, bool interrupted) {
  return {{"event", "transcript_completed"},
          {"turn", turn},
          {"role", role},
          {"text", text},
          {"details", {{"interrupted", interrupted}}}};
}
json::object now(json::object values) {
  values["event"] = "properties_changed";
  return values;
}

// A page as lines; words as they are.
std::vector<std::string> lines(const CaptionLog& log, int columns, int rows) {
  std::vector<std::string> text;
  for (const auto& row : page_of(log, columns, rows, [](const std::string&words, int width) {
         return wrapped(words, width, false);
       }))
    text.push_back(row.text);
  return text;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("the newest stands at the bottom, each side told apart without colour") {
  CaptionLog log;
  CHECK(log.take(now({{"state", "listening"}, {"capture_open", true}, {"profile", "captions"}})));
  log.take(delta(1, "user", " how much "));
  log.take(delta(1, "user", "is it?"));
  log.take(delta(1, "model", "It is forty-two, "));
  CHECK(lines(log, 14, 10) == Lines{"", "You:", "┃ how much is", "┃ it?", "", "Gemini:", "  It is",
                                    "  forty-two,", "", "Listening  (ca"});
  log.take(completed(1, "model", "It is forty-two, or", true));
  const auto all = lines(log, 40, 8);
  CHECK(all == Lines{"You:", "┃ how much is it?", "", "Gemini:", "  It is forty-two, or",
                     "(interrupted)", "", "Listening  (captions)"});
}

TEST_CASE("what does not fit goes off the top; who speaks is still said there") {
  CaptionLog log;
  log.take(delta(1, "user", "q"));
  log.take(delta(2, "model", "one two three four five six"));
  CHECK(lines(log, 8, 5) == Lines{"Gemini:", "  five", "  six", "", "gemini-v"});
  CHECK(lines(log, 30, 5) ==
        Lines{"", "Gemini:", "  one two three four five six", "", "gemini-voiced is starting"});
  CHECK(lines(log, 1, 1).size() == 1);
  CHECK(lines(log, 0, 0).size() == 1);
}

TEST_CASE("the state is always told") {
  CaptionLog log;
  const auto state = [&log] { return log.state_line(); };
  log.take({{"event", "daemon"}, {"running", false}});
  CHECK(state() == "gemini-voiced is not running: waiting for it");
  log.take({{"event", "status"}, {"state", "idle"}, {"muted", false}, {"profile", "captions"}});
  CHECK(state().starts_with("No conversation"));
  log.take(now({{"state", "listening"}, {"capture_open", true}}));
  CHECK(state() == "Listening  (captions)");
  log.take(now({{"muted", true}, {"capture_open", false}}));
  CHECK(state().starts_with("MICROPHONE MUTED"));
  log.take(now({{"muted", false}}));
  CHECK(state().starts_with("The microphone is closed"));
  log.take(now({{"state", "reconnecting"}}));
  CHECK(state().starts_with("RECONNECTING"));
}

TEST_CASE("bounded, and harmless for the terminal") {
  CaptionLog log;
  for (int turn = 0; turn < 1000; ++turn)
    log.take(completed(turn, "model", "words", false));
  CHECK(log.captions().size() == CaptionLog::most_captions);
  for (int i = 0; i < 10'000; ++i)
    log.take(delta(1001, "user", "many words \x1b[2J\n"));
  CHECK(log.captions().back().text.size() <= CaptionLog::longest_text);
  CHECK(log.captions().back().text.find('\x1b') == std::string::npos);
  CHECK(log.captions().back().text.find("[2J") < 13);  // cut between two words
  log.take({{"event", "error_occurred"}, {"name", "E"}, {"message", "a\x1b[2Jb"}});
  CHECK(log.captions().back().text == "error: E: a [2Jb");
  CHECK_FALSE(log.take({{"event", "turn_completed"}}));
}

TEST_CASE("words are wrapped by their width, and spread where their script allows it") {
  CHECK(wrapped("one two", 7, false) == Lines{"one two"});
  CHECK(wrapped("one two", 6, false) == Lines{"one", "two"});
  CHECK(wrapped("abcdefgh", 3, false) == Lines{"abc", "def", "gh"});
  CHECK(wrapped("猫猫猫", 5, false) == Lines{"猫猫", "猫"});
  CHECK(wrapped("", 5, false).empty());
  CHECK(wrapped("hi you", 20, true) == Lines{"h i   y o u"});
  CHECK(wrapped("hi you", 6, true) == Lines{"h i", "y o u"});
  CHECK(wrapped("é", 6, true) == Lines{"é"});
  CHECK(wrapped("猫猫", 6, true) == Lines{"猫猫"});
  CHECK(wrapped("سلام", 10, true) == Lines{"سلام"});
  CHECK(width_of("a猫é") == 4);
}

TEST_CASE("letters are as large as the terminal allows") {
  CHECK(letter_rows(80, 24) == 5);
  CHECK(letter_rows(200, 50) == 14);
  CHECK(letter_rows(20, 10) == 3);
  CHECK(letter_rows(1000, 400) == 20);
}

TEST_CASE("points become quadrants") {
  CHECK(letters::cells_of({{255, 0, 0, 0, 0, 255, 0, 0}, 4, 2}, 128) == Lines{"▚"});
  CHECK(letters::cells_of({{255}, 1, 1}, 128) == Lines{"▘"});
  CHECK(letters::cells_of({{200, 200, 200, 100}, 2, 2}, 128) == Lines{"▛"});
  CHECK(letters::cells_of({{255, 255, 255}, 1, 3}, 128) == Lines{"▌", "▘"});
  CHECK(letters::cells_of({}, 128).empty());
  const std::array<std::uint8_t, 8> levels{0, 100, 8, 8, 100, 200, 8, 8};
  const auto small = letters::shrunk(levels, 4, 2, 2);
  CHECK(small.width == 2);
  CHECK(small.height == 1);
  CHECK(small.levels == std::vector<std::uint8_t>{100, 8});
  CHECK(letters::shrunk({}, 0, 2, 4).levels.empty());
}

TEST_CASE("requests and answers are lines, and bounded") {
  const letters::Request request{100, 7, 20, {"größe", "a\n\"b\""}};
  const auto line = letters::to_line(request);
  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
  CHECK(letters::request_of(line) == request);
  const letters::Drawn drawn{{"▚", ""}, {}};
  CHECK(letters::drawn_of(letters::to_line(drawn)) == drawn);
  for (const char* bad : {"", "{}", R"({"columns":0,"rows":1,"most_rows":1,"texts":[]})",
                          R"({"columns":9999,"rows":1,"most_rows":1,"texts":[]})",
                          R"({"columns":9,"rows":1,"most_rows":1,"texts":[5]})", "[[5]]"}) {
    CAPTURE(bad);
    CHECK_FALSE(letters::request_of(bad));
    CHECK_FALSE(letters::drawn_of(bad));
  }
}
