// Questions by notification and screenshots by the portal, with stand-ins for both on the bus.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/e2e/support/calls.hpp"
#include "tests/e2e/support/neighbour.hpp"
#include "tests/e2e/support/picture.hpp"
#include "tests/e2e/support/programs.hpp"

using namespace gv::e2e;

namespace {

StageOptions asking(const Calls& calls) {
  StageOptions options;
  options.script = calls.script();
  options.daemon.more =
      "profiles: {assistant: {tools: [open_page, free, look_at_screen]}}\n"
      "tools:\n"
      "  commands:\n"
      "    open_page:\n"
      "      description: Opens a page\n"
      "      parameters: {url: {type: string}}\n"
      "      argv: [echo, opening, \"{url}\"]\n"
      "    free: {description: F, argv: [echo, free], approval: allow}\n";
  return options;
}

// A picture as the portal leaves it: its address.
std::string shot(const path& file) {
  write_file(file, white_pixel());
  return "file://" + file.string();
}

// On the bus, the one that asks not counted.
std::size_t connections(const Stage& stage) {
  const Result listed =
      run({"gdbus", "call", "--session", "--dest", "org.freedesktop.DBus", "--object-path",
           "/org/freedesktop/DBus", "--method", "org.freedesktop.DBus.ListNames"},
          stage.bus.environment());
  CHECK_MESSAGE(listed.status == 0, listed.errors);
  const std::string unique = "':";
  std::size_t count = 0;
  for (std::size_t at = listed.output.find(unique); at != std::string::npos;
       at = listed.output.find(unique, at + 1))
    ++count;
  return count - 1;
}

}  // namespace

TEST_CASE("a notification shows what will run, and its buttons answer") {
  Calls calls;
  const json::object page{{"url", "https://example.org/<b>$(x)"}};
  calls.at_text("open_page", page).at_text("open_page", page).at_text("open_page", page);
  Stage stage(asking(calls));
  Neighbour notifications(stage.bus, GV_NOTIFICATIONS);
  stage.start_session();

  stage.voice->say("Open it.");
  const std::string shown = notifications.hears("notify 1 ");
  CHECK(has(shown, "Allow open_page? [allow] [Allow] [deny] [Deny]"));
  CHECK(has(shown, "echo opening &apos;https://example.org/&lt;b&gt;$(x)&apos;"));
  CHECK(stage.sim->count("tool_response") == 0);
  notifications.does("action 1 allow");
  CHECK(output_of(answer_to(stage, "fc-1")) == "opening https://example.org/<b>$(x)\n");
  notifications.hears("close 1");

  stage.voice->say("And again.");
  notifications.hears("notify 2 ");
  notifications.does("action 2 deny");
  CHECK(has(error_of(answer_to(stage, "fc-2")), "did not allow"));

  // Answered elsewhere.
  stage.voice->say("Once more.");
  notifications.hears("notify 3 ");
  CHECK(ctl(stage, {"approve", "fc-3"}).status == 0);
  CHECK(output_of(answer_to(stage, "fc-3")) == "opening https://example.org/<b>$(x)\n");
  notifications.hears("close 3");
}

TEST_CASE("a question goes with its session, and nobody is asked for what is allowed") {
  Calls calls;
  calls.at_text("free").at_text("open_page", {{"url", "a"}});
  Stage stage(asking(calls));
  Neighbour notifications(stage.bus, GV_NOTIFICATIONS);
  stage.start_session();
  const std::size_t before = connections(stage);
  CHECK(output_of(call(stage, 1)) == "free\n");
  CHECK(connections(stage) == before);
  CHECK_FALSE(has(notifications.said(), "capabilities"));

  stage.voice->say("Open it.");
  notifications.hears("notify 1 ");
  CHECK(connections(stage) == before + 1);
  stage.voice->stop();
  stage.voice->wait_for_state("idle");
  notifications.hears("close 1");
  require("the notifier is off the bus", [&stage, before] { return connections(stage) == before; });
  CHECK(stage.sim->count("tool_response") == 1);
}

TEST_CASE("the model sees the screen when the user allows it, and is asked about every time") {
  Calls calls;
  calls.at_text("look_at_screen").at_text("look_at_screen").at_text("look_at_screen");
  Stage stage(asking(calls));
  Neighbour notifications(stage.bus, GV_NOTIFICATIONS);
  Neighbour portal(stage.bus, GV_PORTAL);
  stage.start_session();

  stage.voice->say("What is on my screen?");
  CHECK(has(notifications.hears("notify 1 "), "take a picture of the screen"));
  CHECK_FALSE(has(portal.said(), "screenshot"));
  notifications.does("action 1 allow");
  portal.hears("screenshot ");
  CHECK(stage.sim->count("video") == 0);
  const path file = stage.dir / "shot.png";
  portal.does("answer 0 " + shot(file));
  const json::object seen = stage.sim->wait_for("video");
  CHECK(seen.at("bytes").to_number<int>() > 50);
  CHECK_FALSE(output_of(answer_to(stage, "fc-1")).empty());
  CHECK(t_ns(seen) < t_ns(stage.sim->wait_for("tool_response")));
  CHECK_FALSE(std::filesystem::exists(file));  // from a folder that others may read

  // Refused where the desktop asks.
  stage.voice->say("And now?");
  notifications.hears("notify 2 ");
  notifications.does("action 2 allow");
  portal.hears("screenshot ");
  portal.does("answer 1 -");
  CHECK(has(error_of(answer_to(stage, "fc-2")), "no picture of the screen"));

  // Refused where we ask: the desktop never hears of it.
  const std::string before = portal.said();
  stage.voice->say("And now?");
  notifications.hears("notify 3 ");
  notifications.does("action 3 deny");
  CHECK(has(error_of(answer_to(stage, "fc-3")), "did not allow"));
  CHECK(portal.said() == before);
  CHECK(stage.sim->count("video") == 1);
}

TEST_CASE("the user shows the screen, and reads one line where that cannot be done") {
  Stage stage;
  stage.start_session();
  const Result without = ctl(stage, {"screenshot"});
  CHECK(without.status != 0);
  CHECK_MESSAGE(std::ranges::count(without.errors, '\n') == 1, without.errors);
  CHECK(has(without.errors, "gemini-voicectl: screenshot: "));
  CHECK(has(without.errors, "Try: "));

  Neighbour portal(stage.bus, GV_PORTAL);
  Environment environment = stage.bed->environment();
  environment.merge(stage.bus.environment());
  Process asking({programs::ctl(), "screenshot"}, environment);
  portal.hears("screenshot ");
  CHECK(asking.running());
  portal.does("answer 0 " + shot(stage.dir / "shot.png"));
  CHECK_MESSAGE(asking.wait(milliseconds(30'000)) == 0, asking.errors());
  CHECK(stage.sim->wait_for("video").at("bytes").to_number<int>() > 50);

  Process refused({programs::ctl(), "screenshot"}, environment);
  portal.hears("screenshot ");
  portal.does("answer 1 -");
  CHECK(refused.wait(milliseconds(30'000)) == 5);
  CHECK_MESSAGE(std::ranges::count(refused.errors(), '\n') == 1, refused.errors());
  CHECK(stage.sim->count("video") == 1);
  CHECK(stage.voice->state() == "listening");
}
