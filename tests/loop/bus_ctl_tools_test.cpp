#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// The real gemini-voicectl with tools and pictures, against the real service on a private bus.
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/loop/bus_support.hpp"
#include "tests/loop/ctl_process.hpp"

using namespace gv;
using session::Role;
using session::State;
using session::Status;
using test::Ctl;
using test::one_error_line;
using test::Outcome;
using test::PrivateBus;
using test::run;
using test::run_shell;
using test::ServiceThread;

namespace {

struct World {
  PrivateBus bus;
  ServiceThread service;
  std::vector<std::string> calls;

  // A session runs; what it does with a question.
  void answers(std::function<void(session::Observer&)> how) {
    script([this, how = std::move(how)](const std::string& call) {
      if (call.starts_with("send_text")) how(*service.control.observer);
    });
  }
  // What the session does when a method is called.
  void script(std::function<void(const std::string&)> then) {
    service.on_loop([this, &then] {
      service.control.become([](Status& s) { s.state = State::listening; });
      service.control.on_call = [this, then = std::move(then)](const std::string& call) {
        if (call != "status") calls.push_back(call);
        then(call);
      };
    });
  }
  void happens(const std::function<void(session::Observer&)>& what) {
    service.on_loop([this, &what] { what(*service.control.observer); });
  }
  std::string file(const std::string& name, const std::string& bytes) const {
    std::ofstream(bus.folder() + '/' + name) << bytes;
    return bus.folder() + '/' + name;
  }
};

const std::string png = "\x89PNG\r\n\x1a\n picture";

}  // namespace

TEST_CASE("ask answers in a pipe") {
  World w;
  w.answers([](session::Observer& o) {
    o.transcript_completed(7, Role::user, "how much?", {});
    o.transcript_completed(7, Role::model, "it is forty two", {});
    o.turn_completed(7, {{"latency_ms", std::uint64_t{1}}});
  });
  const Outcome o = run_shell("echo how much? | \"$CTL\" ask - | wc -w");
  CHECK(o.out == "4\n");
  CHECK(o.err.empty());
  CHECK(w.calls == std::vector<std::string>{"send_text how much?"});
}

TEST_CASE("ask prints what the model says of its tools' results, and nothing else") {
  World w;
  w.answers([](session::Observer& o) {
    o.transcript_delta(7, Role::model, "I look");
    o.tool_called("c1", "weather", "{}");
    o.tool_approval_requested("c1", "weather", "curl\nwttr.in");
    o.transcript_completed(7, Role::model, "I look it up.", {});
    o.turn_completed(7, {{"latency_ms", std::uint64_t{1}}});
    o.tool_approval_requested("c1", "weather", "curl\nwttr.in");
  });
  Ctl ask({"--json", "ask", "weather?"});
  REQUIRE(
      ask.complains("gemini-voicectl: ask: the tool weather waits to be allowed. Try: "
                    "gemini-voicectl approve c1\n"));
  w.happens([](session::Observer& o) {
    o.tool_finished("c1", "weather", "{\"output\":\"sun\"}");
    o.transcript_completed(8, Role::model, "It is sunny.", {});
  });
  CHECK(ask.exit_code() == 0);
  CHECK(ask.out == "{\"turn\":8,\"text\":\"It is sunny.\"}\n");
  CHECK(std::count(ask.err.begin(), ask.err.end(), '\n') == 1);
}

TEST_CASE("ask does not wait for ever for a tool, nor for words that never come") {
  World w;
  w.answers([](session::Observer& o) {
    o.transcript_delta(7, Role::model, "Done");
    o.tool_called("c1", "note", "{}");
    o.transcript_completed(7, Role::model, "Done.", {});
  });
  const Outcome late = run({"--timeout", "1", "ask", "x"});
  CHECK(late.exit == 4);
  CHECK(late.out.empty());
  w.answers([](session::Observer& o) {
    o.transcript_delta(7, Role::model, "Done");
    o.tool_called("c1", "note", "{}");
    o.tool_finished("c1", "note", "{}");
    o.transcript_completed(7, Role::model, "Done.", {});
  });
  CHECK(run({"--timeout", "2", "ask", "x"}).out == "Done.\n");
}

TEST_CASE("watch shows tools, what they ask, and sources") {
  World w;
  w.script([](const std::string&) {});
  Ctl plain({"watch"});
  Ctl json({"watch", "--json"});
  REQUIRE(plain.says("state: listening\n"));
  REQUIRE(json.says("\"event\":\"status\""));
  w.happens([](session::Observer& o) {
    o.tool_called("c1", "note", "{\"text\":\"x\"}");
    o.tool_approval_requested("c1", "note", "touch\nx");
    o.tool_finished("c1", "note", "{\"output\":\"done\"}");
    o.transcript_completed(1, Role::model, "so", {false, 0, {{"https://a", "A"}}});
  });
  CHECK(
      plain.says("tool called: note {\"text\":\"x\"}\n"
                 "tool asks: note wants to run\n    touch\n    x\n"
                 "  To allow it, type: gemini-voicectl approve c1\n"
                 "  To refuse it:      gemini-voicectl deny c1\n"
                 "tool finished: note {\"output\":\"done\"}\n"
                 "Gemini: so\n  source: A <https://a>\n"));
  CHECK(
      json.says("{\"event\":\"tool_approval_requested\",\"call_id\":\"c1\",\"name\":\"note\","
                "\"what\":\"touch\\nx\"}\n"));
  CHECK(json.says("\"sources\":[{\"address\":\"https://a\",\"title\":\"A\"}]"));
}

TEST_CASE("an image is sent, from a file and from a pipe") {
  World w;
  w.script([&w](const std::string& call) {
    if (call.starts_with("send_image")) {
      const auto done = w.service.control.pending.back();
      done({});
    }
  });
  const std::string file = w.file("a picture", png);
  CHECK(run({"send-image", file}).exit == 0);
  CHECK(run_shell("cat '" + file + "' | \"$CTL\" --json send-image -").out == "{\"done\":true}\n");
  CHECK(run_shell("\"$CTL\" send-image - <'" + file + "'").exit == 0);
  const std::string sent = "send_image image/png " + png;
  CHECK(w.calls == std::vector<std::string>{sent, sent, sent});
}

TEST_CASE("what is no image is not sent, and the line says why") {
  World w;
  w.script([](const std::string&) {});
  const auto refusal = [](const std::string& name) {
    const Outcome o = run({"send-image", name});
    CHECK(o.exit == 1);
    CHECK(one_error_line(o));
    return o.err;
  };
  CHECK(refusal("/nowhere/a.png").find("No such file or directory") != std::string::npos);
  CHECK(refusal(w.bus.folder()).find("it is a folder") != std::string::npos);
  CHECK(refusal(w.file("empty.png", "")).find("it is empty") != std::string::npos);
  CHECK(refusal(w.file("a.png", "<html>")).find("not an image") != std::string::npos);
  const std::string large = w.file("large.png", png);
  std::filesystem::resize_file(large, std::size_t{33} << 20);
  CHECK(refusal(large).find("more than 32 MiB") != std::string::npos);
  const Outcome endless =
      run_shell("{ cat " + w.file("b.png", png) + "; cat /dev/zero; } | \"$CTL\" send-image -");
  CHECK(endless.exit == 1);
  CHECK(endless.err.find("standard input: more than 32 MiB") != std::string::npos);
  CHECK(run({"send-image"}).exit == 2);
  CHECK(w.calls.empty());
}

TEST_CASE("the daemon's own refusals come through") {
  World w;
  w.script([&w](const std::string& call) {
    if (call.starts_with("send_image")) throw FailureError(Error::not_running, "no session runs.");
    if (call == "send_screenshot") {
      w.service.control.pending.back()({Error::tool_denied, "the screenshot was refused."});
    }
  });
  const Outcome image = run({"send-image", w.file("a.png", png)});
  CHECK(image.exit == 1);
  CHECK(image.err == "gemini-voicectl: send-image: no session runs. Try: gemini-voicectl start\n");
  const Outcome screen = run({"screenshot"});
  CHECK(screen.exit == 5);
  CHECK(screen.err == "gemini-voicectl: screenshot: the screenshot was refused\n");
  const PrivateBus empty;
  CHECK(run({"send-image", w.file("a.png", png)}).exit == 3);
  CHECK(run({"screenshot"}).exit == 3);
}

TEST_CASE("a screenshot may take as long as the desktop asks, or as --timeout says") {
  World w;
  w.script([](const std::string&) {});
  const Outcome o = run({"--timeout", "0.5", "screenshot"});
  CHECK(o.exit == 4);
  w.script([&w](const std::string& call) {
    if (call == "send_screenshot") w.service.control.pending.back()({});
  });
  CHECK(run({"--json", "screenshot"}).out == "{\"done\":true}\n");
}
