#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// How tools and sources look in `watch`.
#include <doctest/doctest.h>

#include "ctl/render.hpp"
#include "ctl/values.hpp"

using gv::ctl::Captions;
using gv::ctl::render_event;

namespace {

const boost::json::object asks{{"event", "tool_approval_requested"},
                               {"call_id", "c 1"},
                               {"name", "note"},
                               {"what", "touch\n'\x1b[2Jx'"}};

boost::json::object answer() {
  return {
      {"event", "transcript_completed"},
      {"turn", 1},
      {"role", "model"},
      {"text", "sunny"},
      {"details",
       {{"interrupted", false},
        {"sources", {{{"address", "https://a"}, {"title", "A\n"}}, {{"address", "https://b"}}}}}}};
}

}  // namespace

TEST_CASE("calls and results, bounded and harmless to a terminal") {
  CHECK(
      render_event({{"event", "tool_called"}, {"name", "note"}, {"arguments", "{\"a\":1}\x1b"}}) ==
      "tool called: note {\"a\":1} ");
  const std::string line = render_event(
      {{"event", "tool_finished"}, {"name", "note"}, {"result", std::string(5000, 'x')}});
  CHECK(line.starts_with("tool finished: note xxx"));
  CHECK(line.ends_with("x…"));
  CHECK(line.size() < 450);
}

TEST_CASE("a question shows all of what will run, and the line to type") {
  CHECK(render_event(asks) ==
        "tool asks: note wants to run\n    touch\n    ' [2Jx'\n"
        "  To allow it, type: gemini-voicectl approve 'c 1'\n"
        "  To refuse it:      gemini-voicectl deny 'c 1'");
}

TEST_CASE("sources follow the answer, in lines and in captions") {
  const char* sources = "\n  source: A  <https://a>\n  source:  <https://b>";
  CHECK(render_event(answer()) == std::string("Gemini: sunny") + sources);
  CHECK(Captions({false, false}).render(answer()) == std::string("Gemini: sunny") + sources + '\n');
  Captions live({true, false});
  CHECK(live.render(
            {{"event", "transcript_delta"}, {"turn", 1}, {"role", "model"}, {"text", "su"}}) ==
        "Gemini: su");
  CHECK(live.render(answer()) == std::string(sources) + '\n');
  CHECK(live.render(asks).starts_with("[tool asks: note wants to run\n"));
}

TEST_CASE("sources as JSON") {
  using Pair = sdbus::Struct<std::string, std::string>;
  const auto json = gv::ctl::to_json(sdbus::Variant{std::vector<Pair>{Pair{"https://a", "A"}}});
  CHECK(boost::json::serialize(json) == "[{\"address\":\"https://a\",\"title\":\"A\"}]");
}
