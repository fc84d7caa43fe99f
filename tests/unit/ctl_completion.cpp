#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// What may stand where somebody types, from a table of verbs.
#include <doctest/doctest.h>

#include "ctl/completion.hpp"

using namespace gv::ctl;

namespace {

using Words = std::vector<std::string>;

int nothing(const Call& /*call*/) {
  return 0;
}

const std::vector<Verb>& table() {
  static const std::vector<Verb> verbs{
      {"start",
       "[--profile P] [--no-wait]",
       "Begin.\nMore.",
       {{{"--profile", "-p", true}, {"--no-wait", "", false}}},
       &nothing},
      {"talk", "press|release", "Talk.", {{}, 1, 1}, &nothing},
      {"say", "TEXT…|-", "Say.", {{}, 1, 99, true}, &nothing},
      {"send", "FILE|-", "Send.", {{}, 1, 1}, &nothing},
      {"config", "check [FILE]|show|path", "Config.", {{}, 1, 2}, &nothing},
      {"history",
       "list [-n N]|show ID|delete ID…|export …",
       "Past.\nNot a list: this.\nexport [--format text|json] ID [DIR]: to a file.\nlist: all.",
       {{{"--format", "-f", true}, {"--newest", "-n", true}}, 1, 9},
       &nothing},
      {"setup", "[key|service…]", "Setup.", {{}, 0, 9}, &nothing},
      {"approve", "[ID]", "Allow.", {{}, 0, 1}, &nothing},
      {"watch", "[--json|--captions]", "Watch.", {{{"--captions", "", false}}}, &nothing},
      {"later", "a|b", "Later.", {}, nullptr},
      {"hidden", "", "Hidden.", {}, &nothing, true},
  };
  return verbs;
}

Words words(const Offer& offer) {
  Words all;
  for (const Candidate& candidate : offer.candidates)
    all.push_back(candidate.word);
  return all;
}
Offer at(const Words& typed) {
  return offer(table(), typed);
}
using Values = std::vector<Value>;

}  // namespace

TEST_CASE("verbs that work, and the options before them") {
  const Words verbs{"start",   "talk",  "say",     "send", "config",
                    "history", "setup", "approve", "watch"};
  CHECK(words(at({""})) == verbs);
  CHECK(words(at({})) == verbs);
  CHECK(at({""}).candidates[0].about == "Begin");
  CHECK(words(at({"--json", "--timeout", "3", ""})) == verbs);
  CHECK(words(at({"--timeout", ""})).empty());
  CHECK(words(at({"-"})).size() == 6);  // --help has a short name
  CHECK(words(at({"fly", ""})).empty());
}

TEST_CASE("options of a verb and their values") {
  CHECK(words(at({"start", "--"})) == Words{"--profile", "-p", "--no-wait", "--json", "--timeout",
                                            "--no-start", "--help", "-h", "--version"});
  CHECK(words(at({"start", ""})) == Words{"--profile", "-p", "--no-wait"});
  CHECK(at({"start", "--profile", ""}).values == Values{Value::profile});
  CHECK(at({"start", "-p", ""}).values == Values{Value::profile});
  const Offer joined = at({"start", "--profile=t"});
  CHECK(joined.values == Values{Value::profile});
  CHECK(joined.before == "--profile=");
  CHECK(at({"start", "--no-wait=t"}).values.empty());
  CHECK(words(at({"history", "export", "--format", ""})) == Words{"text", "json"});
  CHECK(words(at({"history", "--format=t"})) == Words{"--format=text", "--format=json"});
  CHECK(words(at({"history", "-n", ""})).empty());
  CHECK(words(at({"watch", "--c"}))[0] == "--captions");
}

TEST_CASE("words of a verb, and of its subverbs") {
  CHECK(words(at({"talk", ""})) == Words{"press", "release"});
  CHECK(words(at({"talk", "press", ""})).empty());
  CHECK(words(at({"config", ""})) == Words{"check", "show", "path"});
  CHECK(at({"config", "check", ""}).values == Values{Value::file});
  CHECK(at({"config", "show", ""}).values.empty());
  CHECK(at({"send", ""}).values == Values{Value::file});
  CHECK(at({"approve", ""}).values == Values{Value::tool_request});
  CHECK(at({"approve", "x", ""}).values.empty());
  CHECK(words(at({"history", ""})) == Words{"list", "show", "delete", "export"});
  CHECK(at({"history", "show", ""}).values == Values{Value::conversation});
  CHECK(at({"history", "show", "1", ""}).values.empty());
  CHECK(at({"history", "delete", "1", "2", ""}).values == Values{Value::conversation});
  CHECK(at({"history", "export", "-f", "json", "1", ""}).values == Values{Value::folder});
}

TEST_CASE("in a text nothing is offered") {
  CHECK(words(at({"say", "a", "--"})).empty());
  CHECK(words(at({"say", "--", "-"})).empty());
  CHECK(words(at({"say", ""})).empty());
}

TEST_CASE("what may be said several times is offered without its ellipsis, and again") {
  CHECK(words(at({"setup", ""})) == Words{"key", "service"});
  CHECK(words(at({"setup", "service", ""})) == Words{"key", "service"});
}
