// What nobody but the service and the user may learn: the key, the resumption handle, and, in the
// log, what was said.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "tests/e2e/support/monitor.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;

namespace {

constexpr const char* handle = "CihNYWdpY0hhbmRsZU9mVGhpc1Rlc3Q";
constexpr const char* typed = "xylotypist";
constexpr const char* heard = "quixotherd";
constexpr const char* spoken = "zephyrspeak";
constexpr const char* damaged = "brokensyllable";

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

json::object send_at(int text, json::value message) {
  return {{"on", "text"}, {"nth", text}, {"do", "send"}, {"json", std::move(message)}};
}

// The first text: a handle, words that the microphone heard, words in messages that do not decode.
// The third: an end that quotes the handle; the conversation goes on. The fourth: one that quotes
// the key.
std::string script() {
  const std::string half =
      std::string(R"({"serverContent":{"outputTranscription":{"text":")") + damaged;
  return json::serialize(json::array{
      send_at(1, {{"sessionResumptionUpdate", {{"newHandle", handle}, {"resumable", true}}}}),
      send_at(1, {{"serverContent", {{"inputTranscription", {{"text", heard}}}}}}),
      send_at(1, {{"serverContent", {{"outputTranscription", json::array{damaged}}}}}),
      json::object{{"on", "text"}, {"nth", 1}, {"do", "send"}, {"raw", half}},
      json::object{{"on", "text"},
                   {"nth", 3},
                   {"do", "close"},
                   {"code", 1008},
                   {"reason", std::string("session expired: ") + handle}},
      json::object{{"on", "text"},
                   {"conn", 2},
                   {"nth", 2},  // after the third, which is sent again
                   {"do", "close"},
                   {"code", 1007},
                   {"reason", std::string("API key not valid: ") + test_key}}});
}

}  // namespace

TEST_CASE("neither the log nor the bus holds a secret; the log holds no word of the conversation") {
  for (const std::string level : {"info", "debug"}) {
    CAPTURE(level);
    StageOptions options;
    options.script = script();
    options.sim = {std::string("--transcript=Well, ") + spoken + " indeed."};
    options.daemon.more = "log: {level: " + level + "}\n";
    Stage stage(options);
    const Monitor monitor(stage.bus);
    stage.start_session();
    stage.voice->say(std::string("Do you know ") + typed + "?");
    stage.voice->wait_for_signal("TranscriptCompleted", [](const json::array& arguments) {
      return arguments.at(1).as_string() == "model";
    });
    stage.voice->wait_for_state("listening");
    CHECK(stage.voice->statistics().at("malformed_messages").to_number<int>() == 2);
    stage.voice->say(std::string("Interrupt ") + typed);
    stage.voice->wait_for_state("speaking");
    stage.voice->interrupt();
    stage.voice->wait_for_state("listening");
    stage.voice->say(typed);
    CHECK(stage.wait_for_error().name == "NetworkUnavailable");
    stage.voice->wait_for_state("speaking");
    stage.voice->wait_for_state("listening");
    const std::size_t seen = stage.voice->signals().size();
    stage.voice->say(typed);
    CHECK(stage.wait_for_error(seen).name == "AuthFailed");
    stage.voice->wait_for_state("idle");
    require("the monitor has seen the end",
            [&monitor] { return has(monitor.seen(), "SessionEnded"); });

    // The bus is where the words belong: both were heard, and the monitor works.
    const std::string bus = monitor.seen();
    for (const char* word : {typed, heard, spoken})
      CHECK_MESSAGE(has(bus, word), word);
    const std::string log = stage.daemon->log();
    CHECK(has(log, "session expired: [handle]"));
    CHECK(has(log, "AuthFailed"));
    for (const std::string secret : {test_key, handle}) {
      CAPTURE(secret);
      CHECK_FALSE(has(bus, secret));
      CHECK_FALSE_MESSAGE(has(log, secret), log);
    }
    if (level == "debug") continue;
    for (const char* word : {typed, heard, spoken, damaged})
      CHECK_FALSE_MESSAGE(has(log, word), log);
    const std::string error = json::serialize(stage.voice->property("LastError"));
    for (const char* word : {typed, heard, spoken, damaged})
      CHECK_FALSE_MESSAGE(has(error, word), error);
  }
}
