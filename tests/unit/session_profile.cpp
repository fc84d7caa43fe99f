// What a profile makes a session do of itself: greet, and call for a person.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "tests/unit/tools_bench.hpp"

using namespace gv;
using namespace gv::session;
using config::Profile;
using config::TurnTaking;

namespace {

struct ProfileBench : test::ToolsBench {
  explicit ProfileBench(TurnTaking turn_taking = TurnTaking::automatic) {
    profile.greeting = "Say welcome.";
    profile.escalation_words = {"human", "real person"};
    profile.turn_taking = turn_taking;
  }
  // Up to the moment at which it listens.
  void start() { step(start_with(profile)); }
  void connect() {
    step(input::TransportOpened{});
    message({live::SetupComplete{}});
  }
  void open_devices() {
    step(input::PlaybackOpened{});
    step(input::CaptureOpened{});
  }
  void lose(std::uint16_t code, const char* reason) {
    live::CloseInfo info;
    info.stage = live::CloseInfo::Stage::open;
    info.code = code;
    info.reason = reason;
    step(input::TransportClosed{info});
  }
  std::size_t greetings() const {
    std::size_t count = 0;
    for (const auto& sent : all<action::Send>()) {
      if (sent.message.find("Say welcome.") != std::string::npos) ++count;
    }
    return count;
  }
  std::vector<std::string> escalations() const {
    std::vector<std::string> words;
    for (const auto& one : all<action::Escalate>())
      words.push_back(std::to_string(one.turn) + " " + one.word);
    return words;
  }
  void user(const char* words) { message({live::InputTranscription{words}}); }
  void end_turn(std::uint64_t turn) {
    message({live::GenerationComplete{}, live::TurnComplete{}});
    step(input::Played{turn, 500});
  }

  Profile profile;
};

}  // namespace

TEST_CASE("the model greets once, when the session first listens") {
  ProfileBench bench;
  bench.start();
  bench.connect();
  CHECK(bench.greetings() == 0);  // it would not be heard yet
  bench.open_devices();
  REQUIRE(bench.greetings() == 1);
  const auto notes = bench.notes();
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("not said by the user") != std::string::npos);
  // It is nobody's words in the transcript, and the answer has a turn of its own.
  bench.message({live::AudioPart{"AAAA", 24000}, live::OutputTranscription{"Welcome!"}});
  CHECK(bench.state() == State::speaking);
  bench.end_turn(1);
  REQUIRE(bench.all<action::Completed>().size() == 1);
  CHECK(bench.all<action::Completed>()[0].role == Role::model);
  for (const auto& delta : bench.all<action::Delta>())
    CHECK(delta.role == Role::model);
  // Not again with another connection.
  bench.lose(1011, "internal error");
  bench.step(input::TimerFired{Timer::retry});
  bench.connect();
  CHECK(bench.state() == State::listening);
  CHECK(bench.greetings() == 1);
}

TEST_CASE("the greeting can be talked over") {
  ProfileBench bench;
  bench.start();
  bench.connect();
  bench.open_devices();
  bench.message({live::AudioPart{"AAAA", 24000}, live::OutputTranscription{"Welcome to"}});
  bench.message({live::Interrupted{}});
  CHECK(bench.any<action::Flush>());
  bench.step(input::Played{1, 300});
  bench.message({live::TurnComplete{}});
  REQUIRE(bench.all<action::Completed>().size() == 1);
  CHECK(bench.all<action::Completed>()[0].details.interrupted);
}

TEST_CASE("muted, it greets as well") {
  ProfileBench bench;
  bench.step(input::Mute{true});
  bench.start();
  bench.connect();
  bench.step(input::PlaybackOpened{});
  CHECK(bench.greetings() == 1);
}

TEST_CASE("by key it greets, unless the key is down") {
  ProfileBench bench(TurnTaking::push_to_talk);
  bench.start();
  SUBCASE("nobody talks") {
    bench.connect();
    bench.open_devices();
    CHECK(bench.greetings() == 1);
  }
  SUBCASE("the user talks") {
    bench.step(input::Talk{true});
    bench.connect();
    bench.open_devices();
    CHECK(bench.greetings() == 0);
    bench.step(input::Talk{false});
    CHECK(bench.greetings() == 0);
  }
}

TEST_CASE("who is first to speak or write is answered, not greeted") {
  ProfileBench bench;
  bench.start();
  SUBCASE("typed") {
    bench.step(input::SendText{"Hello?"});
  }
  SUBCASE("spoken") {
    bench.step(input::Voice{true});
    bench.wait_ms(1500);
    bench.step(input::Voice{false});
  }
  bench.connect();
  bench.open_devices();
  CHECK(bench.greetings() == 0);
}

TEST_CASE("a cough is waited for") {
  ProfileBench bench;
  bench.start();
  bench.step(input::Voice{true});
  bench.connect();
  bench.open_devices();
  CHECK(bench.greetings() == 0);
  bench.wait_ms(400);
  bench.step(input::Voice{false});
  CHECK(bench.greetings() == 1);
}

TEST_CASE("a conversation that goes on has been greeted; one that cannot go on is new") {
  ProfileBench bench;
  auto start = bench.start_with(bench.profile);
  start.kept = {"handle", start.profile.model};
  bench.step(start);
  bench.step(input::TransportOpened{});
  SUBCASE("it goes on") {
    bench.message({live::SetupComplete{}});
    bench.open_devices();
    CHECK(bench.greetings() == 0);
  }
  SUBCASE("the handle is dead") {
    bench.lose(1008, "BidiGenerateContent session not found");
    bench.step(input::TimerFired{Timer::retry});
    bench.connect();
    bench.open_devices();
    CHECK(bench.greetings() == 1);
  }
}

TEST_CASE("a word that calls for a person is told of once a turn") {
  ProfileBench bench;
  bench.profile.greeting.clear();
  bench.begin(bench.start_with(bench.profile));
  bench.user("I want a hu");
  bench.user("man");
  CHECK(bench.escalations().empty());  // it may become "manual"
  SUBCASE("as soon as the word is whole") {
    bench.user(", a real person!");
    CHECK(bench.escalations() == std::vector<std::string>{"1 human"});
    bench.answer();
    bench.end_turn(1);
    CHECK(bench.escalations().size() == 1);
    bench.user("Real person. ");
    CHECK(bench.escalations() == std::vector<std::string>{"1 human", "2 real person"});
  }
  SUBCASE("when the answer begins") {
    bench.message({live::AudioPart{"AAAA", 24000}});
    CHECK(bench.escalations() == std::vector<std::string>{"1 human"});
  }
  SUBCASE("when the turn is over") {
    bench.message({live::TurnComplete{}});
    CHECK(bench.escalations() == std::vector<std::string>{"1 human"});
  }
  SUBCASE("not inside another one") {
    bench.user("ity");
    bench.message({live::TurnComplete{}});
    CHECK(bench.escalations().empty());
  }
}

TEST_CASE("typed words count, the model's do not; a long turn is heard to its end") {
  ProfileBench bench;
  bench.profile.greeting.clear();
  bench.begin(bench.start_with(bench.profile));
  bench.message({live::AudioPart{"AAAA", 24000}, live::OutputTranscription{"Am I human? "}});
  bench.end_turn(1);
  CHECK(bench.escalations().empty());
  for (int i = 0; i < 400; ++i)
    bench.user("and so on and on ");
  bench.user("real");
  bench.user(" person, please");
  CHECK(bench.escalations() == std::vector<std::string>{"2 real person"});
  bench.message({live::TurnComplete{}});
  bench.step(input::SendText{"A human"});
  CHECK(bench.escalations().back() == "3 human");
}
