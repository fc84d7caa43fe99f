// gemini-voicectl doctor --audio on a sound server whose microphone hears its speaker, or does not.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cmath>
#include <map>
#include <optional>
#include <sstream>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "tests/e2e/support/bed.hpp"
#include "tests/e2e/support/files.hpp"
#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/programs.hpp"
#include "tests/e2e/support/signals.hpp"
#include "tests/support/attempts.hpp"

using namespace gv::e2e;
namespace json = boost::json;

namespace {

struct Room {
  Room() {
    write_file(dir / "config.yaml", "audio:\n  capture:\n    device: " + bed->capture_device() +
                                        "\n  playback:\n    device: " + bed->playback_device() +
                                        "\n");
  }

  // The microphone hears the speaker from now on, so much of it.
  static void couple(const std::string& volume, const std::string& latency_ms) {
    const Result loaded = run({"pactl", "load-module", "module-loopback", "source=speaker.monitor",
                               "sink=room", "latency_msec=" + latency_ms, "adjust_time=0"});
    REQUIRE_MESSAGE(loaded.status == 0, loaded.errors);
    require("the loopback plays", [&volume] {
      return run({"pactl", "set-sink-volume", "room", volume}).status == 0 &&
             !run({"pactl", "list", "short", "sink-inputs"}).output.empty();
    });
  }

  Environment environment() const {
    Environment environment = bed->environment();
    environment["GEMINI_VOICE_CONFIG"] = (dir / "config.yaml").string();
    environment["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent";
    return environment;
  }

  Result doctor(const std::vector<std::string>& options = {}) const {
    std::vector<std::string> words{programs::ctl(), "doctor", "--audio"};
    words.insert(words.end(), options.begin(), options.end());
    return run(words, environment(), milliseconds(90'000));
  }

  std::map<std::string, json::object> findings() {
    const Result result = doctor({"--json"});
    CHECK_MESSAGE(result.errors.empty(), result.errors);
    std::map<std::string, json::object> found;
    std::istringstream lines(result.output);
    for (std::string line; std::getline(lines, line);) {
      json::object one = json::parse(line).as_object();
      found[std::string(one.at("check").as_string())] = one;
    }
    return found;
  }

  TempDir dir;
  std::unique_ptr<Bed> bed = make_bed(48000);
};

// 0: too little of it was heard, as by a machine that is late.
double erle_of(const json::object& cancellation) {
  const json::value* erle_db = cancellation.if_contains("echo_erle_db");
  return erle_db != nullptr ? erle_db->to_number<double>() : 0;
}

}  // namespace

TEST_CASE("a microphone that hears the speaker: delays, loss, and what to do about it") {
  for (gv::test::Attempts attempts; attempts.next();) {
    Room room;
    Room::couple("50%", "200");  // of PulseAudio's cubic scale: 18 dB less
    auto found = room.findings();
    REQUIRE(found.contains("echo"));
    const double loss = found["echo"].at("echo_return_loss_db").to_number<double>();
    const double delay = found["round trip"].at("speaker_to_microphone_ms").to_number<double>();
    MESSAGE(loss << " dB, " << delay << " ms");
    if ((std::abs(loss - 18) > 2 || delay > 300 || delay < 150) && attempts.spoilt()) continue;
    CHECK(loss == doctest::Approx(18).epsilon(0.1));
    CHECK(delay > 150);  // the loopback has 200
    CHECK(delay < 300);
    CHECK(found["microphone"].at("rate").to_number<int>() == 48000);
    CHECK(found["level"].at("verdict") == "ok");
    const auto delay_of = [&found](const char* device) {
      return found[device].at("delay_ms").to_number<double>();
    };
    MESSAGE("microphone " << delay_of("microphone") << " ms, speaker " << delay_of("speaker")
                          << " ms");
    CHECK(delay_of("microphone") > 0);
    CHECK(delay_of("microphone") < 150);
    CHECK(delay_of("speaker") < 300);
    CHECK(found["microphone"].at("interval_ms").to_number<double>() > 5);
    CHECK(found["echo mode"].at("configured") == "auto");
    CHECK(found["echo mode"].at("in_force") == "cancel");
    // No device tells of so much, and the canceller finds it by ear.
    REQUIRE(found.contains("cancellation"));
    const double erle = erle_of(found["cancellation"]);
    MESSAGE("ERLE " << erle << " dB");
    if (erle < 20 && attempts.spoilt()) continue;
    CHECK(erle >= 20);
    CHECK(found["audio.echo"].at("recommended") == "cancel");
    CHECK(found["audio.echo"].at("verdict") == "ok");  // auto cancels
    break;
  }
}

TEST_CASE("a speaker that is more than a second late is found, and cancelled all the same") {
  for (gv::test::Attempts attempts; attempts.next();) {
    Room room;
    Room::couple("50%", "1200");
    auto found = room.findings();
    if (!found.contains("round trip") && attempts.spoilt()) continue;
    REQUIRE(found.contains("round trip"));
    const double delay = found["round trip"].at("speaker_to_microphone_ms").to_number<double>();
    MESSAGE(delay << " ms");
    CHECK(delay > 1000);
    REQUIRE(found.contains("cancellation"));
    const double erle = erle_of(found["cancellation"]);
    MESSAGE("ERLE " << erle << " dB");
    if (erle < 20 && attempts.spoilt()) continue;
    CHECK(erle >= 20);
    CHECK(found["audio.echo"].at("recommended") == "cancel");
    break;
  }
}

TEST_CASE("a speaker close to the microphone: the echo can be cancelled") {
  for (gv::test::Attempts attempts; attempts.next();) {
    Room room;
    Room::couple("50%", "30");
    auto found = room.findings();
    REQUIRE(found.contains("cancellation"));
    const double erle = erle_of(found["cancellation"]);
    MESSAGE("ERLE " << erle << " dB");
    if (erle < 20 && attempts.spoilt()) continue;
    CHECK(erle >= 20);
    CHECK(found["audio.echo"].at("recommended") == "cancel");
    break;
  }
}

TEST_CASE("somebody who talks spoils the measurement, which is made once more") {
  for (gv::test::Attempts attempts; attempts.next();) {
    Room room;
    Room::couple("50%", "30");
    auto somebody = std::make_optional<Microphone>(*room.bed);
    somebody->say(speech(60, somebody->rate(), 7));
    Process doctor({programs::ctl(), "doctor", "--audio"}, room.environment());
    const auto said = [&doctor](const char* words) {
      return doctor.output().find(words) != std::string::npos;
    };
    const milliseconds limit(60'000);
    const bool again = wait_until([&] { return said("once more") || !doctor.running(); }, limit) &&
                       said("once more");
    somebody.reset();
    const bool ended = doctor.wait(limit).has_value();
    if (!(again && ended && said("cancelled well")) && attempts.spoilt()) continue;
    CAPTURE(doctor.output());
    CHECK(again);
    CHECK(ended);
    CHECK(said("cancelled well"));
    break;
  }
}

TEST_CASE("a microphone that nobody hears, which is as good as muted: said, with what to do") {
  Room room;
  const Result result = room.doctor();
  CHECK(result.status == 8);
  CHECK(result.output.find("nothing but zeros") != std::string::npos);
  CHECK(result.output.find("Try: ") != std::string::npos);
}

TEST_CASE("no such device") {
  Room room;
  write_file(room.dir / "config.yaml", "audio:\n  capture:\n    device: hw:Nobody\n");
  auto result = room.doctor();
  CHECK(result.status == 8);
  CHECK(result.output.find("hw:Nobody") != std::string::npos);
}
