// Words in what people say.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "daemon/profile/phrases.hpp"

using gv::profile::Phrases;
using gv::profile::same_as;

namespace {

std::string found(const std::vector<std::string>& phrases, const char* text, bool growing = false) {
  const Phrases all(phrases);
  const auto* phrase = all.find(text, growing);
  return phrase == nullptr ? "" : *phrase;
}

}  // namespace

TEST_CASE("whole words, whatever their case") {
  CHECK(found({"agent"}, "I want an AGENT!") == "agent");
  CHECK(found({"agent"}, "agent") == "agent");
  CHECK(found({"agent"}, "a travel-agent, please") == "agent");
  CHECK(found({"agent"}, "two agents").empty());
  CHECK(found({"agent"}, "a reagent").empty());
  CHECK(found({"agent"}, "agent7 my_agent").empty());
  CHECK(found({"a.b", "c"}, "axb").empty());
  CHECK(found({"human", "agent"}, "an agent, a human") == "human");
  CHECK(found({}, "anything").empty());
  CHECK(Phrases({" ", ""}).empty());
}

TEST_CASE("phrases, with any blanks between their words") {
  CHECK(found({"real person"}, "a Real \n Person.") == "real person");
  CHECK(found({" real  person "}, "real person") == " real  person ");
  CHECK(found({"real person"}, "real-person").empty());
  CHECK(found({"real person"}, "surreal person").empty());
  CHECK(found({"real person"}, "real\xc2\xa0person") == "real person");  // a no-break space
}

TEST_CASE("in any script") {
  CHECK(found({"Beschwerde"}, "ich habe eine BESCHWERDE.") == "Beschwerde");
  CHECK(found({"müller"}, "Herr MÜLLER") == "müller");
  CHECK(found({"mull"}, "Müll mullé").empty());
  CHECK(found({"caf"}, "café").empty());  // a letter beyond ASCII goes on with the word
  CHECK(found({"человек"}, "Позовите Человека").empty());
  CHECK(found({"человек"}, "живой ЧЕЛОВЕК?") == "человек");
  CHECK(found({"άνθρωπος"}, "ΘΈΛΩ ΆΝΘΡΩΠΟΣ") == "άνθρωπος");
  CHECK(found({"人工"}, "我要转人工客服") == "人工");
  CHECK(found({"オペレーター"}, "オペレーターをお願い") == "オペレーター");
  CHECK(found({"คน"}, "ขอคุยกับคนจริง") == "คน");
  CHECK(found({"إنسان"}, "أريد إنسان الآن") == "إنسان");
  CHECK(found({"\xff"}, "\xff").empty());
}

TEST_CASE("of a text that grows, the last word is not judged yet") {
  CHECK(found({"human"}, "I want a human", true).empty());
  CHECK(found({"human"}, "I want a human ", true) == "human");
  CHECK(found({"human"}, "I want a human", false) == "human");
  CHECK(found({"human"}, "all humanity ", true).empty());
  CHECK(found({"人工"}, "转人工", true) == "人工");
}

TEST_CASE("the same words") {
  CHECK(same_as("El Niño")(" el  NIÑO "));
  CHECK_FALSE(same_as("casa")("casas"));
  CHECK(same_as("")(""));
  CHECK_FALSE(same_as("")("x"));
  CHECK(same_as("a+b (c)")("A+B (c)"));
}
