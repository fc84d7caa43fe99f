#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "ctl/waybar.hpp"

namespace json = boost::json;
using gv::ctl::Waybar;

namespace {

json::object status(const char* state, bool muted, bool open, const char* error = "",
                    const char* message = "") {
  return {{"event", "status"},      {"state", state},
          {"muted", muted},         {"capture_open", open},
          {"profile", "assistant"}, {"model", "gemini-3.8-live"},
          {"echo_mode", "cancel"},  {"last_error", {{"name", error}, {"message", message}}}};
}

}  // namespace

TEST_CASE("one object a line: text, alt, class and tooltip, and only when something changed") {
  Waybar bar;
  CHECK(bar.render(status("listening", false, true)) ==
        "{\"text\":\"listening\",\"alt\":\"listening\","
        "\"class\":[\"listening\",\"microphone-open\"],"
        "\"tooltip\":\"Gemini Voice: listening\\nMicrophone: open\\nProfile: assistant\\n"
        "Model: gemini-3.8-live\\nEcho: cancel\"}\n");
  CHECK(bar.render(status("listening", false, true)).empty());
  CHECK(bar.render({{"event", "properties_changed"}, {"playback_open", true}}).empty());
  const std::string muted =
      bar.render({{"event", "properties_changed"}, {"muted", true}, {"capture_open", false}});
  CHECK(
      muted.starts_with("{\"text\":\"listening (muted)\",\"alt\":\"listening\","
                        "\"class\":[\"listening\",\"muted\"],"));
  CHECK(muted.find("Microphone: closed (muted)") != std::string::npos);
}

TEST_CASE("an error is a class, and a line of the tooltip in which markup is text") {
  Waybar bar;
  const std::string line =
      bar.render(status("idle", false, false, "NetworkUnavailable", "a <b> & \"c\"\nd"));
  CHECK(line.find("\"class\":[\"idle\",\"error\"]") != std::string::npos);
  CHECK(line.find("\\nError: a &lt;b&gt; &amp; &quot;c&quot; d\"}") != std::string::npos);
}

TEST_CASE("without the daemon the bar says so, and words of the conversation never reach it") {
  Waybar bar;
  const std::string away = bar.render({{"event", "daemon"}, {"running", false}});
  CHECK(away ==
        "{\"text\":\"away\",\"alt\":\"away\",\"class\":[\"away\"],"
        "\"tooltip\":\"gemini-voiced is not running\"}\n");
  CHECK(bar.render({{"event", "daemon"}, {"running", true}}).empty());
  CHECK(bar.render(status("idle", false, false)).starts_with("{\"text\":\"idle\""));
  for (const char* said : {"transcript_delta", "transcript_completed", "tool_called"})
    CHECK(bar.render({{"event", said}, {"text", "secret"}, {"name", "x"}}).empty());
  CHECK(bar.render({{"event", "daemon"}, {"running", false}}) == away);
}
