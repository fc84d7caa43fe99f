#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <fstream>
#include <regex>
#include <set>

#include <doctest/doctest.h>
#include <systemd/sd-bus.h>

#include "tests/loop/bus_client.hpp"

using namespace gv;
using session::State;
using session::Status;
using test::World;

namespace {

using test::Dict;

// The name of the D-Bus error that call ends with; its message in `message`.
std::string message;
template <class Function>
std::string error_of(Function&& call) {
  try {
    call();
  } catch (const sdbus::Error& e) {
    message = e.getMessage();
    return e.getName();
  }
  return "none";
}

std::string contract(const char* name) {
  return bus::error_prefix + std::string(name);
}

}  // namespace

TEST_CASE("every method reaches the session, with its arguments, and answers") {
  World w;
  std::vector<std::string> calls;
  w.service.on_loop([&] {
    w.service.control.on_call = [&calls](const std::string& call) {
      if (call != "status") calls.push_back(call);
    };
    w.service.control.now.session_id = "abc";
    w.service.control.now.state = State::listening;
    w.service.control.entries = {{3, 1'700'000'000'000'000, session::Role::model, "hallo"}};
    w.service.control.values = {{"connects", std::uint64_t{2}}, {"echo_erle_db", 21.5}};
  });
  auto& c = w.client;
  CHECK(c.Start({{"profile", sdbus::Variant{std::string("tutor")}}}) == "abc");
  CHECK(c.Start({}) == "abc");
  c.Stop({{"forget", sdbus::Variant{true}}});
  c.Stop({});
  CHECK(c.Toggle({}));
  c.Mute(true);
  c.Mute(false);
  c.Talk(true);
  c.Talk(false);
  c.Interrupt();
  CHECK(c.SendText("hi", {}) == 7);
  const auto transcript = c.GetTranscript(5);
  REQUIRE(transcript.size() == 1);
  CHECK(transcript[0].get<0>() == 3);
  CHECK(transcript[0].get<1>() == 1'700'000'000'000'000);
  CHECK(transcript[0].get<2>() == "model");
  CHECK(transcript[0].get<3>() == "hallo");
  const Dict statistics = c.GetStatistics();
  CHECK(statistics.at("connects").get<uint64_t>() == 2);
  CHECK(statistics.at("echo_erle_db").get<double>() == 21.5);
  CHECK(c.ListDevices().at(1).get<1>() == "hw:1,0");
  CHECK(c.ListProfiles().at(0).get<0>() == "assistant");
  CHECK(c.Reload() == std::vector<std::string>{"audio.period"});
  const std::vector<std::string> expected{
      "start tutor", "start ",     "stop forget",  "stop",      "toggle ",      "mute",
      "unmute",      "talk press", "talk release", "interrupt", "send_text hi", "transcript 5",
      "statistics",  "devices",    "profiles",     "reload"};
  CHECK(calls == expected);
}

TEST_CASE("the properties are the session's status") {
  World w;
  w.service.on_loop([&w] {
    w.service.control.now = Status{State::speaking,
                                   true,
                                   false,
                                   true,
                                   "id",
                                   "tutor",
                                   "model-x",
                                   session::EchoMode::half_duplex,
                                   {Error::busy, "taken"},
                                   true,
                                   true};
  });
  auto& c = w.client;
  CHECK(c.State() == "speaking");
  CHECK(c.Muted());
  CHECK_FALSE(c.CaptureOpen());
  CHECK(c.PlaybackOpen());
  CHECK(c.SessionId() == "id");
  CHECK(c.Profile() == "tutor");
  CHECK(c.Model() == "model-x");
  CHECK(c.EchoMode() == "half-duplex");
  CHECK(c.TurnTaking() == "push-to-talk");
  CHECK(c.Talking());
  CHECK(c.Version() == GV_VERSION);
  CHECK(c.LastError().get<0>() == contract("Busy"));
  CHECK(c.LastError().get<1>() == "taken");
}

TEST_CASE("a refusal becomes the contract's error, with the session's own words") {
  World w;
  for (int i = static_cast<int>(Error::no_api_key); i <= static_cast<int>(Error::tool_denied);
       ++i) {
    const auto error = static_cast<Error>(i);
    w.service.on_loop([&w, error] {
      w.service.control.on_call = [error](const std::string& call) {
        if (call == "interrupt") throw FailureError(error, "this, because of that. Do so.");
      };
    });
    CHECK(error_of([&w] { w.client.Interrupt(); }) ==
          contract(std::string(contract_name(error)).c_str()));
    CHECK(message == "this, because of that. Do so.");
  }
}

TEST_CASE("options and arguments are checked, naming the culprit") {
  World w;
  auto& c = w.client;
  const sdbus::Variant number{std::int32_t{1}};
  const std::string invalid = contract("InvalidArgument");
  CHECK(error_of([&] { c.Start({{"profil", number}}); }) == invalid);
  CHECK(message.find("'profil'") != std::string::npos);
  CHECK(error_of([&] { c.Start({{"profile", number}}); }) == invalid);
  CHECK(message.find("'profile'") != std::string::npos);
  CHECK(error_of([&] { c.Toggle({{"forget", number}}); }) == invalid);
  CHECK(error_of([&] { c.Stop({{"forget", number}}); }) == invalid);
  CHECK(error_of([&] { c.SendText("x", {{"y", number}}); }) == invalid);
  CHECK(error_of([&] { c.SendText("", {}); }) == invalid);
  CHECK(error_of([&] { c.SendText(std::string(16 * 1024 + 1, 'a'), {}); }) == invalid);
  CHECK(message.find("16385") != std::string::npos);
  CHECK(c.SendText(std::string(16 * 1024, 'a'), {}) == 7);
}

TEST_CASE("a foreign exception is an error reply, in methods and properties, and nothing more") {
  World w;
  const auto failing = [&w](std::function<void(const std::string&)> on_call) {
    w.service.on_loop([&w, &on_call] { w.service.control.on_call = std::move(on_call); });
  };
  const std::string failed = "org.freedesktop.DBus.Error.Failed";
  failing([](const std::string&) { throw std::bad_alloc(); });
  CHECK(error_of([&w] { w.client.Interrupt(); }) == failed);
  CHECK(error_of([&w] { w.client.State(); }) == failed);
  CHECK(error_of([&w] { w.client.GetStatistics(); }) == failed);
  failing([](const std::string&) { throw 42; });
  CHECK(error_of([&w] { w.client.Mute(true); }) == failed);
  CHECK(error_of([&w] { w.client.LastError(); }) == failed);
  failing([](const std::string&) {});
  w.client.Interrupt();
  CHECK(w.client.State() == "idle");
}

TEST_CASE("PropertiesChanged names exactly what changed") {
  World w;
  const auto become = [&w](std::function<void(Status&)> change) {
    w.service.on_loop([&w, &change] { w.service.control.become(change); });
  };
  become([](Status& s) { s.state = State::connecting; });
  become([](Status&) {});  // nothing changed: nothing said
  become([](Status& s) {
    s.state = State::listening;
    s.capture_open = true;
    s.session_id = "id";
  });
  become([](Status& s) {
    s.playback_open = true;
    s.profile = "p";
    s.model = "m";
    s.echo_mode = session::EchoMode::cancel;
    s.muted = true;
    s.last_error = {Error::busy, "b"};
  });
  become([](Status& s) { s.last_error = {}; });
  become([](Status& s) { s.by_key = s.talking = true; });
  become([](Status& s) { s.off_the_record = true; });
  const std::vector<std::string> expected{
      "changed State=connecting",
      "changed CaptureOpen=1 SessionId=id State=listening",
      "changed EchoMode=cancel LastError=org.geminivoice.Voice1.Error.Busy/b Model=m Muted=1 "
      "PlaybackOpen=1 Profile=p",
      "changed LastError=/",
      "changed Talking=1 TurnTaking=push-to-talk",
      "changed OffTheRecord=1"};
  CHECK(w.client.await(6) == expected);
}

TEST_CASE("events become signals, in order") {
  World w;
  w.service.on_loop([&w] {
    session::Observer& o = *w.service.control.observer;
    o.transcript_delta(4, session::Role::user, "wie");
    o.transcript_completed(4, session::Role::model, "gut", {true, 1234});
    o.transcript_completed(5, session::Role::model, "so", {false, 0, {{"https://a", "A"}}});
    o.turn_completed(4, {{"latency_ms", std::uint64_t{321}}});
    o.turn_completed(5,
                     {{"latency_ms", std::uint64_t{1}},
                      {"sources", std::vector<session::WebSource>{{"https://a", "A"}, {"b", ""}}}});
    o.tool_called("c1", "note", "{\"text\":\"x\"}");
    o.tool_approval_requested("c1", "note", "touch\nx");
    o.tool_finished("c1", "note", "{\"output\":\"done\"}");
    o.escalation_requested(5, "real person");
    o.error_occurred({Error::network_unavailable, "no route"});
    o.session_ended(session::EndReason::hung_up, "bye");
  });
  const std::vector<std::string> expected{
      "delta 4 user wie",
      "completed 4 model gut 1 1234",
      "completed 5 model so 0 0 <https://a A>",
      "turn 4 321",
      "turn 5 1 <https://a A> <b >",
      "called c1 note {\"text\":\"x\"}",
      "asks c1 note touch\nx",
      "finished c1 note {\"output\":\"done\"}",
      "escalation 5 real person",
      "error org.geminivoice.Voice1.Error.NetworkUnavailable no route",
      "ended hung-up bye"};
  CHECK(w.client.await(11) == expected);
}

namespace {

// Members of the interface as "method Start in a{sv} options", sorted.
std::set<std::string> members(std::string xml) {
  xml = std::regex_replace(xml, std::regex("<!--[^]*?-->"), "");
  const auto begin = xml.find("<interface name=\"org.geminivoice.Voice1\">");
  REQUIRE(begin != std::string::npos);
  xml = xml.substr(begin, xml.find("</interface>", begin) - begin);
  const auto attribute = [](const std::string& tag, const char* name) {
    std::smatch m;
    return std::regex_search(tag, m, std::regex(std::string(name) + "=\"([^\"]*)\"")) ? m[1].str()
                                                                                      : "";
  };
  std::set<std::string> found;
  std::string owner;
  const std::regex tag_pattern("<(method|signal|property|arg) [^>]*>");
  for (std::sregex_iterator i(xml.begin(), xml.end(), tag_pattern), end; i != end; ++i) {
    const std::string tag = i->str();
    const std::string kind = (*i)[1];
    if (kind == "arg") {
      found.insert(owner + ' ' + attribute(tag, "direction") + ' ' + attribute(tag, "type") + ' ' +
                   attribute(tag, "name"));
    } else {
      owner = kind + ' ' + attribute(tag, "name");
      found.insert(owner + ' ' + attribute(tag, "type") + ' ' + attribute(tag, "access"));
    }
  }
  return found;
}

}  // namespace

TEST_CASE("introspection shows what the installed XML describes") {
  World w;
  sd_bus* bus = nullptr;
  REQUIRE(sd_bus_open_user(&bus) >= 0);
  sd_bus_message* reply = nullptr;
  REQUIRE(sd_bus_call_method(bus, bus::bus_name, bus::object_path,
                             "org.freedesktop.DBus.Introspectable", "Introspect", nullptr, &reply,
                             "") >= 0);
  const char* live = nullptr;
  REQUIRE(sd_bus_message_read(reply, "s", &live) >= 0);
  std::ifstream file(GV_VOICE1_XML);
  REQUIRE(file.good());
  const std::string written((std::istreambuf_iterator<char>(file)), {});
  const auto described = members(written);
  CHECK(described.size() > 60);
  CHECK(members(live) == described);
  sd_bus_message_unref(reply);
  sd_bus_flush_close_unref(bus);
}
