#include <memory>
#include <optional>

#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/session_verbs.hpp"

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

std::string wait_for_answer(Client& client, std::uint64_t turn) {
  while (true) {
    if (!client.wait(client.deadline())) {
      throw Problem(Exit::timed_out, client.verb(), "no answer came in time", "a longer --timeout");
    }
    const json::object event = client.events.front();
    client.events.pop_front();
    throw_if_failed(client, event, "the answer came");
    if (text_of(event, "event") == "transcript_completed" && text_of(event, "role") == "model" &&
        event.at("turn").to_number<std::uint64_t>() == turn) {
      return text_of(event, "text");
    }
    if (text_of(event, "event") == "turn_completed" &&
        event.at("turn").to_number<std::uint64_t>() == turn) {
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
    const std::string answer = wait_for_answer(client, turn);
    if (call.options.json) {
      print(json::object{{"turn", turn}, {"text", answer}});
    } else {
      print(output_is_terminal() ? printable(answer, true) : answer);
    }
  } catch (const Problem& problem) {
    // Stop would start a daemon anew that has just gone away.
    if (problem.exit() == Exit::no_daemon) own.disarm();
    throw;
  }
  return 0;
}

}  // namespace gv::ctl
