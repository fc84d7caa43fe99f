#include <algorithm>
#include <chrono>
#include <set>

#include "ctl/answer.hpp"
#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/session_verbs.hpp"
#include "daemon/util/text.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

using Voice = org::geminivoice::Voice1_proxy;

// Ends the session that ask has started, however ask ends.
class OwnSession {
 public:
  explicit OwnSession(Client& client) : client_(client) {}
  ~OwnSession() {
    if (!armed_) return;
    try {
      client_.voice().Stop({});
    } catch (const std::exception&) {
      // The daemon is gone, and the session with it; what mattered was told already.
    }
  }
  OwnSession(const OwnSession&) = delete;
  OwnSession& operator=(const OwnSession&) = delete;
  void arm() { armed_ = true; }
  void disarm() { armed_ = false; }

 private:
  Client& client_;
  bool armed_ = false;
};

// The model speaks within a few seconds of a tool's result, or not at all: some tools do their work
// in silence.
constexpr std::chrono::seconds silence{6};

[[noreturn]] void too_late(const Client& client) {
  throw Problem(Exit::timed_out, client.verb(), "no answer came in time", "a longer --timeout");
}

// The answer does not come before somebody has answered this.
void tell_of_request(const json::object& event) {
  complain("gemini-voicectl: ask: the tool " + printable(text_of(event, "name")) +
           " waits to be allowed. Try: gemini-voicectl approve " +
           printable(shell_word(text_of(event, "call_id"))));
}

Answer wait_for_answer(Client& client, std::uint64_t turn) {
  Answer answer(turn);
  std::set<std::string> told;
  while (true) {
    // What was said while there is more to come is not the answer yet.
    const bool perhaps = answer.state() == Answer::State::perhaps;
    const auto limit =
        perhaps ? std::min(Clock::now() + silence, client.deadline()) : client.deadline();
    if (!client.wait(limit)) {
      if (perhaps) return answer;
      too_late(client);
    }
    const json::object event = client.events.front();
    client.events.pop_front();
    throw_if_failed(client, event, "the answer came");
    if (text_of(event, "event") == "tool_approval_requested" &&
        told.insert(text_of(event, "call_id")).second) {
      tell_of_request(event);
    }
    answer.take(event);
    if (answer.state() == Answer::State::complete) return answer;
    if (answer.state() == Answer::State::none) {
      throw Problem(Exit::failed, client.verb(), "the model gave no answer", "asking again");
    }
  }
}

}  // namespace

int ask(const Call& call) {
  const std::string text = text_argument(call);
  Client client("ask", call.options);
  client.watch_signals();
  client.need_daemon();
  client.discard_events();
  OwnSession own(client);
  const bool running = text_of(client.properties(), "state") != "idle";
  if (!running) own.arm();
  try {
    if (!running || call.arguments.has("--profile")) {
      client.call([&call](Voice& voice) { return voice.Start(start_options(call)); });
    }
    wait_until_listening(client);
    client.discard_events();
    const std::uint64_t turn =
        client.call([&text](Voice& voice) { return voice.SendText(text, {}); });
    const Answer answer = wait_for_answer(client, turn);
    if (call.options.json) {
      print(json::object{{"turn", answer.turn()}, {"text", answer.text()}});
    } else {
      print(output_is_terminal() ? printable(answer.text(), true) : answer.text());
    }
  } catch (const Problem& problem) {
    // Stop would start a daemon anew that has just gone away.
    if (problem.exit() == Exit::no_daemon) own.disarm();
    throw;
  }
  return 0;
}

}  // namespace gv::ctl
