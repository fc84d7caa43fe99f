#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "ctl/render.hpp"

using gv::ctl::Captions;

namespace {

boost::json::object delta(int turn, const char* role, const char* text) {
  return {{"event", "transcript_delta"}, {"turn", turn}, {"role", role}, {"text", text}};
}

boost::json::object completed(int turn, const char* role, const char* text) {
  return {{"event", "transcript_completed"}, {"turn", turn}, {"role", role}, {"text", text}};
}

}  // namespace

TEST_CASE("on a terminal, fragments appear at once and a line is never said twice") {
  Captions captions({true, false});
  CHECK(captions.render(delta(1, "user", "how ")) == "You: how ");
  CHECK(captions.render(delta(1, "user", "much\x1b?")) == "much ?");
  CHECK(captions.render(delta(1, "model", "42")) == "\nGemini: 42");
  CHECK(captions.render(completed(1, "user", "how much?")).empty());
  CHECK(captions.render(completed(1, "model", "42")) == "\n");
  CHECK(captions.render(completed(2, "model", "whole")) == "Gemini: whole\n");
}

TEST_CASE("a note ends the line it interrupts; the same state is told once") {
  Captions captions({true, false});
  const boost::json::object listening{{"event", "properties_changed"}, {"state", "listening"}};
  const boost::json::object speaking{{"event", "properties_changed"}, {"state", "speaking"}};
  CHECK(captions.render(listening) == "[listening]\n");
  CHECK(captions.render(speaking).empty());
  CHECK(captions.render(listening).empty());
  CHECK(captions.render(delta(1, "model", "so")) == "Gemini: so");
  CHECK(captions.render({{"event", "daemon"}, {"running", false}}) == "\n[daemon: not running]\n");
}

TEST_CASE("elsewhere only whole lines are written") {
  Captions captions({false, false});
  CHECK(captions.render(delta(1, "model", "par")).empty());
  CHECK(captions.render(completed(1, "model", "part")) == "Gemini: part\n");
}
