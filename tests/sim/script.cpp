#include "tests/sim/script.hpp"

#include <random>
#include <set>
#include <stdexcept>

#include <boost/json.hpp>

#include "tests/sim/validator.hpp"

namespace gv::sim {
namespace {

namespace json = boost::json;

const std::map<std::string_view, Event> k_events = {
    {"connect", Event::connect},
    {"setup", Event::setup},
    {"ready", Event::ready},
    {"audio_ms", Event::audio_ms},
    {"speech_start", Event::speech_start},
    {"speech_end", Event::speech_end},
    {"text", Event::text},
    {"client_content", Event::client_content},
    {"answer_start", Event::answer_start},
    {"answer_ms", Event::answer_ms},
    {"interrupted", Event::interrupted},
    {"turn_complete", Event::turn_complete},
    {"tool_response", Event::tool_response},
};

const std::map<std::string_view, NextAnswer> k_next = {
    {"normal", NextAnswer::normal},           {"empty", NextAnswer::empty},
    {"rejected", NextAnswer::rejected},       {"premature", NextAnswer::premature},
    {"bundled", NextAnswer::bundled},         {"none", NextAnswer::none},
    {"in_progress", NextAnswer::in_progress},
};

constexpr std::string_view k_quota =
    "You exceeded your current quota, please check your plan and billing details. For more "
    "information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.";

// Reads the members of one rule and complains of those that nobody asked for.
class Reader {
 public:
  Reader(const json::object& rule, std::string where) : rule_(rule), where_(std::move(where)) {}

  [[noreturn]] void wrong(std::string_view key, const std::string& why) const {
    throw std::runtime_error(where_ + ": \"" + std::string(key) + "\": " + why);
  }

  const json::value* find(std::string_view key) {
    asked_.insert(std::string(key));
    return rule_.if_contains(key);
  }
  bool has(std::string_view key) const { return rule_.contains(key); }

  std::int64_t integer(std::string_view key, std::int64_t fallback) {
    const json::value* const value = find(key);
    if (!value) return fallback;
    if (!value->is_int64()) wrong(key, "expects a whole number");
    return value->get_int64();
  }
  int small(std::string_view key, int fallback, int lowest) {
    const std::int64_t value = integer(key, fallback);
    if (value < lowest || value > 1'000'000'000) wrong(key, "is out of range");
    return static_cast<int>(value);
  }
  bool boolean(std::string_view key, bool fallback) {
    const json::value* const value = find(key);
    if (!value) return fallback;
    if (!value->is_bool()) wrong(key, "expects true or false");
    return value->get_bool();
  }
  std::string string(std::string_view key, std::string_view fallback) {
    const json::value* const value = find(key);
    if (!value) return std::string(fallback);
    if (!value->is_string()) wrong(key, "expects a string");
    return std::string(value->get_string());
  }
  template <typename T>
  T named(std::string_view key, const std::map<std::string_view, T>& names,
          std::string_view fallback) {
    const std::string name = string(key, fallback);
    const auto found = names.find(name);
    if (found == names.end()) wrong(key, "\"" + name + "\" is not known");
    return found->second;
  }

  void finish() const {
    for (const auto& member : rule_) {
      if (!asked_.contains(std::string(member.key()))) wrong(member.key(), "is not known here");
    }
  }

 private:
  const json::object& rule_;
  std::string where_;
  std::set<std::string> asked_;
};

SendAction parse_send(Reader& reader) {
  SendAction action;
  if (const json::value* const message = reader.find("json")) {
    action.payload = json::serialize(*message);
  } else if (reader.has("base64")) {
    const auto bytes = base64_decode(reader.string("base64", ""));
    if (!bytes) reader.wrong("base64", "is not base64");
    action.payload = *bytes;
  } else if (reader.has("raw")) {
    action.payload = reader.string("raw", "");
  } else {
    reader.wrong("do", "needs one of \"json\", \"raw\", \"base64\"");
  }
  return action;
}

SendAction parse_garbage(Reader& reader) {
  SendAction action;
  std::minstd_rand random(1);  // the same bytes on every run
  for (int left = reader.small("bytes", 64, 1); left > 0; --left) {
    action.payload += static_cast<char>(random() >> 8);
  }
  return action;
}

SendAction parse_huge(Reader& reader) {
  const int size = reader.small("bytes", 2 << 20, 1);
  return {
      .payload = json::serialize(json::object{
          {"serverContent", {{"simPadding", std::string(static_cast<std::size_t>(size), 'x')}}}})};
}

SetAction parse_set(Reader& reader) {
  SetAction action;
  const auto flag = [&reader, &action](std::string_view key, bool Quirks::*member) {
    if (!reader.has(key)) return;
    const bool value = reader.boolean(key, false);
    action.changes.emplace_back([member, value](Quirks& quirks) { quirks.*member = value; });
  };
  const auto count = [&reader, &action](std::string_view key, auto Quirks::*member, int lowest) {
    if (!reader.has(key)) return;
    const int value = reader.small(key, 0, lowest);
    action.changes.emplace_back([member, value](Quirks& quirks) { quirks.*member = value; });
  };
  flag("text_frames", &Quirks::text_frames);
  flag("extra_keys", &Quirks::extra_keys);
  flag("odd_chunks", &Quirks::odd_chunks);
  flag("thoughts", &Quirks::thoughts);
  flag("mute", &Quirks::mute);
  flag("never_setup", &Quirks::never_setup);
  flag("refuse_resume", &Quirks::refuse_resume);
  count("fragments", &Quirks::fragments, 1);
  count("answer_rate", &Quirks::answer_rate, 8000);
  count("interrupt_gap_ms", &Quirks::interrupt_gap_ms, 0);
  count("premature_ms", &Quirks::premature_ms, 0);
  count("stall_at_ms", &Quirks::stall_at_ms, 0);
  count("stall_ms", &Quirks::stall_ms, 0);
  count("pong_delay_ms", &Quirks::pong_delay_ms, -1);
  count("setup_delay_ms", &Quirks::setup_delay_ms, 0);
  count("think_ms", &Quirks::think_ms, 0);
  if (reader.has("next")) {
    const NextAnswer next = reader.named("next", k_next, "normal");
    action.changes.emplace_back([next](Quirks& quirks) { quirks.next = next; });
  }
  if (action.changes.empty()) reader.wrong("do", "sets nothing");
  return action;
}

ToolCallAction parse_tool_call(Reader& reader) {
  ToolCallAction::Call call{
      .id = reader.string("id", "fc-1"), .name = reader.string("name", ""), .args = {}};
  if (call.name.empty()) reader.wrong("name", "is missing");
  if (const json::value* const args = reader.find("args")) {
    if (!args->is_object()) reader.wrong("args", "expects an object");
    call.args = args->get_object();
  }
  ToolCallAction action{{std::move(call)}};
  const int times = reader.small("times", 1, 1);
  for (int i = 2; i <= times; ++i) {
    action.calls.push_back(action.calls.front());
    action.calls.back().id += "-" + std::to_string(i);
  }
  return action;
}

Action parse_action(Reader& reader) {
  const std::string verb = reader.string("do", "");
  if (verb == "send" || verb == "garbage" || verb == "malformed" || verb == "huge") {
    SendAction action = verb == "send"      ? parse_send(reader)
                        : verb == "garbage" ? parse_garbage(reader)
                        : verb == "huge"    ? parse_huge(reader)
                                            : SendAction{.payload = R"({"serverContent":{"turnCo)"};
    const std::string frame = reader.string("frame", "binary");
    if (frame != "binary" && frame != "text" && frame != "none") {
      reader.wrong("frame", "expects binary, text or none");
    }
    action.text = frame == "text";
    action.unframed = frame == "none";
    action.fragments = reader.small("fragments", 1, 1);
    action.dribble = reader.boolean("dribble", false);
    if (action.dribble && action.fragments != 1) reader.wrong("dribble", "takes no fragments");
    return action;
  }
  if (verb == "close") {
    return CloseAction{reader.small("code", 1000, 1000), reader.string("reason", "")};
  }
  if (verb == "quota") return CloseAction{1011, std::string(k_quota)};
  if (verb == "drop") {
    static const std::map<std::string_view, DropAction::How> ways = {
        {"fin", DropAction::How::fin},
        {"reset", DropAction::How::reset},
        {"silent", DropAction::How::silent}};
    return DropAction{reader.named("how", ways, "fin")};
  }
  if (verb == "refuse") {
    return RefuseAction{reader.small("status", 503, 400), reader.string("body", "")};
  }
  if (verb == "set") return parse_set(reader);
  if (verb == "go_away") {
    return GoAwayAction{reader.small("time_left_ms", 50'000, 0), reader.boolean("mute", false)};
  }
  if (verb == "interrupt") return InterruptAction{};
  if (verb == "late_audio") return LateAudioAction{reader.small("audio_ms", 300, 1)};
  if (verb == "tool_call") return parse_tool_call(reader);
  if (verb == "cancel_calls") return CancelCallsAction{};
  reader.wrong("do", verb.empty() ? "is missing" : "\"" + verb + "\" is not known");
}

Rule parse_rule(const json::value& value, const std::string& where) {
  if (!value.is_object()) throw std::runtime_error(where + ": expects an object");
  Reader reader(value.get_object(), where);
  Rule rule;
  rule.on = reader.named("on", k_events, "");
  if (const json::value* const nth = reader.find("nth"); nth && *nth == json::value("every")) {
    rule.nth = 0;
  } else {
    rule.nth = reader.small("nth", 1, 1);
  }
  if (reader.has("conn")) {
    rule.connection = static_cast<std::uint64_t>(reader.small("conn", 1, 1));
  }
  rule.after_ms = reader.small("after_ms", 0, 0);
  if (rule.on == Event::audio_ms || rule.on == Event::answer_ms) {
    if (!reader.has("ms")) reader.wrong("ms", "is missing");
    rule.ms = reader.small("ms", 0, 0);
  }
  rule.action = parse_action(reader);
  if (std::holds_alternative<RefuseAction>(rule.action) &&
      (rule.on != Event::connect || rule.after_ms != 0)) {
    reader.wrong("do", "\"refuse\" goes with \"on\": \"connect\" and no \"after_ms\"");
  }
  reader.finish();
  return rule;
}

}  // namespace

std::vector<Rule> parse_script(std::string_view text) {
  json::error_code error;
  const json::value script = json::parse({text.data(), text.size()}, error);
  if (error) throw std::runtime_error("script: not JSON: " + error.message());
  if (!script.is_array()) throw std::runtime_error("script: expects a list of rules");
  std::vector<Rule> rules;
  for (const json::value& rule : script.get_array()) {
    rules.push_back(parse_rule(rule, "script: rule " + std::to_string(rules.size() + 1)));
  }
  return rules;
}

Script::Script(std::vector<Rule> rules) : rules_(std::move(rules)), seen_(rules_.size()) {}

std::vector<Script::Due> Script::fire(Event event, std::uint64_t connection, std::int64_t from,
                                      std::int64_t to) {
  std::vector<Due> due;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const Rule& rule = rules_[i];
    if (rule.on != event || rule.ms <= from || rule.ms > to) continue;
    if (rule.connection && *rule.connection != connection) continue;
    ++seen_[i];
    if (rule.nth == 0 || rule.nth == seen_[i]) due.push_back({rule.after_ms, &rule.action});
  }
  return due;
}

}  // namespace gv::sim
