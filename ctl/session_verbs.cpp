#include "ctl/session_verbs.hpp"

#include <array>
#include <cerrno>

#include <unistd.h>

#include "ctl/output.hpp"
#include "ctl/problem.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

constexpr std::size_t max_stdin_bytes = 1 << 20;  // far above what the daemon takes

bool listens(const std::string& state) {
  return state == "listening" || state == "thinking" || state == "speaking";
}

// A call of one method without arguments or answer.
int simple(const Call& call, void (*method)(org::geminivoice::Voice1_proxy&)) {
  Client client(std::string(call.verb), call.options);
  client.need_daemon();
  client.call(method);
  if (call.options.json) print(json::object{{"done", true}});
  return 0;
}

// What the daemon has said about its Reload, which it did before it answered.
json::array reloaded_keys(Client& client) {
  while (client.wait(Clock::now())) {
    const json::object event = client.events.front();
    client.events.pop_front();
    if (text_of(event, "event") == "configuration_reloaded") return event.at("in_force").as_array();
  }
  return {};
}

[[noreturn]] void timed_out(Client& client, const std::string& what) {
  throw Problem(Exit::timed_out, client.verb(), what + " took too long",
                "a longer --timeout, or gemini-voicectl status");
}

}  // namespace

Dict start_options(const Call& call) {
  Dict options;
  if (call.arguments.has("--profile")) {
    options.emplace("profile", sdbus::Variant{call.arguments.value("--profile")});
  }
  if (call.arguments.has("--off-the-record")) {
    options.emplace("off_the_record", sdbus::Variant{true});
  }
  return options;
}

void throw_if_failed(Client& client, const json::object& event, const std::string& what) {
  const std::string kind = text_of(event, "event");
  if (kind == "error_occurred") {
    throw from_bus(client.verb(), text_of(event, "name"), text_of(event, "message"));
  }
  if (kind == "session_ended") {
    const json::object now = client.properties();
    const json::value* error = now.if_contains("last_error");
    if (text_of(event, "reason") == "error" && error != nullptr && error->is_object() &&
        !text_of(error->as_object(), "name").empty()) {
      throw from_bus(client.verb(), text_of(error->as_object(), "name"),
                     text_of(error->as_object(), "message"));
    }
    throw Problem(Exit::failed, client.verb(),
                  "the session ended before " + what + " (" + text_of(event, "reason") + ": " +
                      printable(text_of(event, "message")) + ")",
                  "gemini-voicectl start");
  }
  if (kind == "daemon") {
    throw Problem(Exit::no_daemon, client.verb(), "gemini-voiced ended before " + what,
                  "journalctl --user -u gemini-voiced -e");
  }
}

void wait_until_listening(Client& client) {
  std::string state = text_of(client.properties(), "state");
  while (!listens(state)) {
    if (!client.wait(client.deadline())) timed_out(client, "connecting");
    const json::object event = client.events.front();
    client.events.pop_front();
    // A connection that failed may be tried again: only the session's end is final, and where one
    // runs, it was the session before that ended.
    const std::string kind = text_of(event, "event");
    const bool another =
        kind == "session_ended" && !text_of(client.properties(), "session_id").empty();
    if (kind != "error_occurred" && !another) throw_if_failed(client, event, "it listened");
    if (event.contains("state")) state = text_of(event, "state");
  }
}

std::string text_argument(const Call& call) {
  std::string text;
  if (call.arguments.words != std::vector<std::string>{"-"}) {
    for (const std::string& word : call.arguments.words)
      text += (text.empty() ? "" : " ") + word;
    return text;
  }
  std::array<char, 4096> buffer{};
  while (text.size() < max_stdin_bytes) {
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
    text.pop_back();
  return text;
}

int start(const Call& call) {
  Client client("start", call.options);
  client.need_daemon();
  client.discard_events();
  const std::string id = client.call(
      [&call](org::geminivoice::Voice1_proxy& voice) { return voice.Start(start_options(call)); });
  if (!call.arguments.has("--no-wait")) wait_until_listening(client);
  if (call.options.json) {
    print(json::object{{"session_id", id}});
  } else if (text_of(client.properties(), "turn_taking") == "push-to-talk") {
    print(
        "This session hears you while you talk by key: gemini-voicectl talk press, release, "
        "toggle");
  }
  return 0;
}

int stop(const Call& call) {
  Client client("stop", call.options);
  // Where no daemon runs, there is nothing to stop; starting it for that would be absurd. But it
  // may remember the last conversation.
  if (!call.arguments.has("--forget") && !client.daemon_runs()) return 0;
  client.need_daemon();
  Dict options;
  if (call.arguments.has("--forget")) options.emplace("forget", sdbus::Variant{true});
  client.call([&options](org::geminivoice::Voice1_proxy& voice) { voice.Stop(options); });
  if (call.options.json) print(json::object{{"running", false}});
  return 0;
}

int toggle(const Call& call) {
  Client client("toggle", call.options);
  client.need_daemon();
  const bool running = client.call(
      [&call](org::geminivoice::Voice1_proxy& voice) { return voice.Toggle(start_options(call)); });
  if (call.options.json) {
    print(json::object{{"running", running}});
  } else {
    print(running ? "started" : "stopped");
  }
  return 0;
}

int mute(const Call& call) {
  return simple(call, [](org::geminivoice::Voice1_proxy& voice) { voice.Mute(true); });
}

int unmute(const Call& call) {
  return simple(call, [](org::geminivoice::Voice1_proxy& voice) { voice.Mute(false); });
}

int mute_toggle(const Call& call) {
  Client client("mute-toggle", call.options);
  client.need_daemon();
  const bool muted = client.call([](org::geminivoice::Voice1_proxy& voice) {
    const bool wanted = !voice.Muted();
    voice.Mute(wanted);
    return wanted;
  });
  if (call.options.json) {
    print(json::object{{"muted", muted}});
  } else {
    print(muted ? "muted" : "unmuted");
  }
  return 0;
}

int interrupt(const Call& call) {
  return simple(call, [](org::geminivoice::Voice1_proxy& voice) { voice.Interrupt(); });
}

int talk(const Call& call) {
  const std::string& edge = call.arguments.words[0];
  if (edge != "press" && edge != "release" && edge != "toggle") {
    throw Problem(Exit::usage, "talk", "'" + edge + "' is not press, release or toggle",
                  "gemini-voicectl talk --help");
  }
  Client client("talk", call.options);
  // The call itself starts the daemon: while it starts, the bus keeps what the processes of a press
  // and of its release say, in order.
  if (call.options.no_start) {
    if (edge == "release" && !client.daemon_runs()) return 0;
    client.need_daemon();
  }
  try {
    client.call([&edge](org::geminivoice::Voice1_proxy& voice) {
      if (edge != "release") voice.Talk(true);
      if (edge != "press") voice.Talk(false);
    });
  } catch (const Problem& problem) {
    // Where no daemon runs, nobody listens: that is what a release wants.
    if (edge != "release" || problem.exit() != Exit::no_daemon) throw;
  }
  if (call.options.json) print(json::object{{"done", true}});
  return 0;
}

int say(const Call& call) {
  const std::string text = text_argument(call);
  Client client("say", call.options);
  client.need_daemon();
  const std::uint64_t turn = client.call(
      [&text](org::geminivoice::Voice1_proxy& voice) { return voice.SendText(text, {}); });
  if (call.options.json) print(json::object{{"turn", turn}});
  return 0;
}

int reload(const Call& call) {
  Client client("reload", call.options);
  client.need_daemon();
  client.discard_events();
  const std::vector<std::string> keys =
      client.call([](org::geminivoice::Voice1_proxy& voice) { return voice.Reload(); });
  const json::array in_force = reloaded_keys(client);
  if (call.options.json) {
    print(json::object{{"in_force", in_force}, {"needs_new_session", json::value_from(keys)}});
    return 0;
  }
  for (const json::value& key : in_force)
    print(std::string(key.as_string()) + ": in force now");
  for (const std::string& key : keys)
    print(key + ": takes effect with the next session");
  return 0;
}

}  // namespace gv::ctl
