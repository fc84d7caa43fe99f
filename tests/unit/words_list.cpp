// The list of new words, and what becomes of it in spreadsheets.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "ctl/word_export.hpp"
#include "daemon/util/text.hpp"
#include "daemon/words/list.hpp"

using namespace gv;
using words::List;
using words::Word;

TEST_CASE("a word is kept once a language, and updated") {
  List list;
  CHECK(list.keep({"la casa", "house", "", "feminine", "Spanish", 5}) == List::Kept::added);
  CHECK(list.keep({"La Casa ", "home", "Mi casa.", "", "spanish", 9}) == List::Kept::updated);
  CHECK(list.keep({"la casa", "house", "", "", "Italian", 9}) == List::Kept::added);
  REQUIRE(list.all().size() == 2);
  CHECK(list.all()[0] == Word{"la casa", "home", "Mi casa.", "feminine", "Spanish", 9});
  CHECK(list.remove("LA CASA", "Italian") == 1);
  CHECK(list.remove("casa", std::nullopt) == 0);
  CHECK(list.remove("la casa", std::nullopt) == 1);
  CHECK(list.all().empty());
}

TEST_CASE("what a model says is bounded and harmless") {
  List list;
  list.keep({std::string(10'000, 'w'), std::string(10'000, 't'), "a\nb\x1b[2J\xff", "", "", 0});
  const auto& word = list.all()[0];
  CHECK(word.word.size() == List::longest_word);
  CHECK(word.translation.size() == List::longest_text);
  CHECK(word.example == "a b [2J\xef\xbf\xbd");
  std::vector<Word> many(List::most_words, Word{"x", "", "", "", "", 0});
  List full(many);
  CHECK(full.keep({"new", "n", "", "", "", 0}) == List::Kept::full);
  CHECK(full.keep({"X", "n", "", "", "", 0}) == List::Kept::updated);
}

TEST_CASE("it survives its file, and what is no list is none") {
  List list;
  list.keep({"größe", "size \"q\"", "a, b", "", "German", 1'800'000'000});
  list.keep({"猫", "cat", "", "", "Japanese", 0});
  const auto read = words::from_json(words::to_json(list));
  REQUIRE(read);
  CHECK(read->all() == list.all());
  CHECK(words::from_json(words::to_json({}))->all().empty());
  for (const char* bad : {"", "{", "[]", "{}", R"({"words":{}})", R"({"words":[5]})",
                          R"({"words":[{"translation":"x"}]})"}) {
    CAPTURE(bad);
    CHECK_FALSE(words::from_json(bad));
  }
}

TEST_CASE("CSV as RFC 4180 wants it, without formulas") {
  const std::vector<Word> words{{"so \"la\"", "a, b", "x\r\ny", "", "Spanish", 0},
                                {"=HYPERLINK(\"http://a\")", "+1", "-1", "@SUM(A1)", " =1", 0},
                                {"\t=1", "a=b", "", "", "", 0}};
  const auto csv = ctl::to_csv(words);
  CHECK(
      csv.starts_with("word,translation,example,note,language,saved\r\n"
                      "\"so \"\"la\"\"\",\"a, b\",\"x\r\ny\",\"\",\"Spanish\",1970-01-0"));
  CHECK(csv.find("\"'=HYPERLINK(\"\"http://a\"\")\",\"'+1\",\"'-1\",\"'@SUM(A1)\",\"' =1\"") !=
        std::string::npos);
  CHECK(csv.find("\r\n\"'\t=1\",\"a=b\",") != std::string::npos);
  CHECK(csv.ends_with("\r\n"));
}

TEST_CASE("Anki gets a front and a back, a line each") {
  const auto text = ctl::to_anki({{"la\tcasa", "house", "Mi casa \"es\".", "f.", "Spanish", 0}});
  CHECK(text ==
        "#separator:tab\n#html:false\n#columns:Front\tBack\n"
        "\"la casa\"\t\"house — Mi casa \"\"es\"\". — f.\"\n");
  CHECK(ctl::to_table({{"casa\x1b", "house", "", "", "Spanish", 0}}) == "casa : house [Spanish]\n");
}
