// A conversation with history: kept, found, exported with the times of what was heard; and one off
// the record, of which nothing is on the disk.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cmath>
#include <filesystem>

#include <doctest/doctest.h>

#include "tests/e2e/support/calls.hpp"
#include "tests/e2e/support/conversation.hpp"
#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/pcm.hpp"
#include "tests/e2e/support/programs.hpp"
#include "tests/support/attempts.hpp"

using namespace gv::e2e;

namespace {

path state(const Stage& stage) {
  return path(stage.bed->environment().at("XDG_STATE_HOME")) / "gemini-voiced";
}

// In any file of the state folder.
bool on_disk(const Stage& stage, const std::string& word) {
  if (!std::filesystem::exists(state(stage))) return false;
  for (const auto& one : std::filesystem::directory_iterator(state(stage))) {
    if (has(read_file(one.path()), word)) return true;
  }
  return false;
}

StageOptions with_history(const std::string& transcript) {
  StageOptions options;
  options.sim = {"--transcript=" + transcript};
  options.daemon.more = "history: {enabled: true}\n";
  return options;
}

// Of the last conversation; waits until the daemon has written it.
json::object exported(const Stage& stage) {
  json::object session;
  require("the history has the session and its end", [&] {
    const Result result = ctl(stage, {"history", "export", "last", "--format=json"});
    if (result.status != 0) return false;
    session = json::parse(result.output).as_object();
    return session.at("reason") == "user";
  });
  return session;
}

const json::object* entry(const json::object& session, const char* role) {
  for (const auto& one : session.at("entries").as_array()) {
    if (one.at("role") == role) return &one.as_object();
  }
  return nullptr;
}

}  // namespace

TEST_CASE("what was said is found, and its times are those of the microphone and the speaker") {
  for (gv::test::Attempts attempts; attempts.next();) {
    StageOptions options = with_history("zanzibar is the answer");
    options.answer = speech(2.0, 24000, 21);
    Stage stage(options);
    const SpeakerRecorder speaker(*stage.bed, 24000);
    Microphone microphone(*stage.bed);
    const std::int64_t before_ns = now_ns();
    stage.voice->start();
    const std::int64_t after_ns = now_ns();
    stage.voice->wait_for_state("listening");
    const Samples said = speech(1.5, microphone.rate(), 22);
    const std::size_t phrase = microphone.say(said);
    const std::size_t begin = speaker.wait_for_sound(0, 200, milliseconds(20'000));
    const BusSignal completed = stage.voice->wait_for_signal(
        "TranscriptCompleted", [](const json::array& a) { return a.at(1) == "model"; }, 0,
        milliseconds(20'000));
    stage.voice->stop();
    const json::object session = exported(stage);
    const json::object* question = entry(session, "user");
    const json::object* answer = entry(session, "model");
    REQUIRE(question != nullptr);
    REQUIRE(answer != nullptr);

    const auto since_start = [&](std::int64_t at_ns) {
      return static_cast<double>(at_ns - (before_ns + after_ns) / 2) / 1e6;
    };
    const auto ms = [](const json::object& of, const char* name) {
      return of.at(name).to_number<double>();
    };
    const double asked = since_start(microphone.time_of(phrase, 0));
    const double asked_until = since_start(microphone.time_of(phrase, said.size()));
    const double heard = since_start(speaker.time_of(begin));
    const json::object first =
        stage.sim->wait_for("sent", [](const json::object& l) { return l.at("what") == "audio"; });
    MESSAGE("said " << ms(*question, "begin_ms") << " to " << ms(*question, "end_ms") << " ms, by "
                    << "the microphone " << asked << " to " << asked_until << "; heard "
                    << ms(*answer, "begin_ms") << " to " << ms(*answer, "end_ms")
                    << " ms, by the speaker from " << heard << "; sent by the service from "
                    << since_start(t_ns(first)));
    const double worst = std::max(
        {std::abs(ms(*question, "begin_ms") - asked),
         std::abs(ms(*question, "end_ms") - asked_until), std::abs(ms(*answer, "begin_ms") - heard),
         std::abs(ms(*answer, "end_ms") - ms(*answer, "begin_ms") - 2000)});
    if (worst > 250 && attempts.spoilt()) continue;
    CHECK(worst <= 250);  // the phrases begin and end softly
    CHECK(ms(*answer, "begin_ms") > since_start(t_ns(first)));
    // The bus says the same.
    const json::object details = completed.arguments.at(3).as_object();
    CHECK(details.at("begin_ms").to_number<double>() == ms(*answer, "begin_ms"));

    const Result found = ctl(stage, {"history", "search", "ZANZIBAR", "answer"});
    CHECK(found.status == 0);
    CHECK(has(found.output, "[zanzibar] is the [answer]"));
    const path file = stage.dir / "talk.srt";
    CHECK(ctl(stage, {"history", "export", "last", "-o", file.string()}).status == 0);
    const std::string srt = read_file(file);
    MESSAGE(srt);
    CHECK(has(srt, " --> "));
    CHECK(has(srt, "\nGemini: zanzibar is the answer\n"));
    CHECK(ctl(stage, {"history", "export", "last", "-o", file.string()}).status == 5);
    std::filesystem::create_directory(stage.dir / "a.folder");
    const path plain = stage.dir / "a.folder" / "talk";
    CHECK(ctl(stage, {"history", "export", "last", "-o", plain.string()}).status == 0);
    CHECK(read_file(plain).starts_with("# Conversation of "));
    MESSAGE(ctl(stage, {"history", "list"}).output);
    MESSAGE(ctl(stage, {"history", "show", "last"}).output);

    CHECK(on_disk(stage, "zanzibar"));
    CHECK(has(ctl(stage, {"history", "delete", "last", "--dry-run"}).output, "would delete 1"));
    CHECK(on_disk(stage, "zanzibar"));
    // An option that would narrow it, elsewhere.
    CHECK(ctl(stage, {"history", "delete", "--all", "--profile", "tutor"}).status == 2);
    CHECK(ctl(stage, {"history", "delete", "--all", "--since", "1d"}).status == 2);
    CHECK(on_disk(stage, "zanzibar"));
    CHECK(ctl(stage, {"history", "delete", "last"}).status == 0);
    CHECK_FALSE(on_disk(stage, "zanzibar"));

    // A file that was damaged once holds words, too.
    std::ofstream(state(stage) / "history.db.corrupt-20260101T000000Z") << "zanzibar";
    CHECK(ctl(stage, {"history", "delete", "--all", "--dry-run"}).status == 0);
    CHECK(on_disk(stage, "zanzibar"));
    CHECK(has(ctl(stage, {"history", "delete", "--all"}).output, "and 1 file"));
    CHECK_FALSE(on_disk(stage, "zanzibar"));
    break;
  }
}

TEST_CASE("off the record nothing reaches the disk") {
  Stage stage(with_history("quetzal"));
  CHECK(ctl(stage, {"start", "--off-the-record"}).status == 0);
  CHECK(stage.voice->property("OffTheRecord") == true);
  CHECK(has(ctl(stage, {"status"}).output, "Record:"));
  talk(stage, "my password is xylophone");
  stage.voice->stop();
  stage.voice->wait_for_state("idle");
  stage.voice->wait_for_property("OffTheRecord", false);
  // What the next one leaves comes after whatever the first one could have.
  stage.start_session();
  CHECK(ctl(stage, {"start", "--off-the-record"}).status == 5);
  talk(stage, "hello");
  stage.voice->stop();
  const json::object session = exported(stage);
  CHECK_FALSE(session.at("goes_on").as_bool());
  CHECK(on_disk(stage, "hello"));
  CHECK_FALSE(on_disk(stage, "xylophone"));
  CHECK(has(ctl(stage, {"history", "list", "--json"}).output, "\"first\":\"hello\""));
}
