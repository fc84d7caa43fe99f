// A session's life as a string: every letter is something that happens, what is no letter of the
// tables below (blanks, line breaks) is nothing. So the corpus can be read and written by hand, and
// a letter keeps its meaning when others are added.
//
//   S0 o {s} 1 4 5 8   start, transport opens, setupComplete, both devices open
//   {ua} d 8 {gt} d 8  the user's words, an answer, heard to its end
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/live/decode.hpp"
#include "tests/fuzz/world.hpp"

using namespace gv;
using fuzz::World;
using std::chrono::milliseconds;

namespace {

namespace input = session::input;

// What is left of the input.
class Letters {
 public:
  explicit Letters(std::string_view text) : text_(text) {}
  bool empty() const { return text_.empty(); }
  char next() {
    const char letter = text_.empty() ? '\0' : text_.front();
    text_.remove_prefix(text_.empty() ? 0 : 1);
    return letter;
  }
  unsigned bits() { return static_cast<unsigned char>(next()); }
  // Up to `end`, which is skipped.
  std::string_view until(char end) {
    const auto found = text_.substr(0, text_.find(end));
    text_.remove_prefix(std::min(text_.size(), found.size() + 1));
    return found;
  }

 private:
  std::string_view text_;
};

// ---- one event of a message a letter

struct Saying {
  char letter;
  live::Event event;
};

const std::array sayings{
    Saying{'s', live::SetupComplete{}},
    Saying{'i', live::Interrupted{}},
    Saying{'a', live::AudioPart{"AAAA", 24000}},
    Saying{'b', live::AudioPart{"AAE=", 16000}},
    Saying{'u', live::InputTranscription{" words"}},
    Saying{'w', live::OutputTranscription{" answer"}},
    Saying{'g', live::GenerationComplete{}},
    Saying{'t', live::TurnComplete{}},
    Saying{'r', live::TurnComplete{"RESPONSE_REJECTED", false}},
    Saying{'p', live::TurnComplete{"", true}},
    Saying{'n', live::Usage{12, 400, 0, 3, 54}},
    Saying{'G', live::GoAway{milliseconds(50'000)}},
    Saying{'H', live::ResumptionUpdate{"handle", true}},
    Saying{'h', live::ResumptionUpdate{"", false}},
    Saying{'e', live::ServerError{503, "The service is currently unavailable.", "UNAVAILABLE"}},
    Saying{'c', live::ToolCall{"fc-1", "wait", "{}"}},
    Saying{'C', live::ToolCall{"fc-2", "free", "{}"}},
    Saying{'o', live::ToolCall{"", "odd", ""}},
    Saying{'k', live::ToolCallCancelled{"fc-1"}},
    Saying{'l', live::Grounding{"https://example.org", "A page"}},
    Saying{'q', live::ServerError{429, "You exceeded your current quota.", ""}},
};

// As the decoder makes them: sound may come in many parts, nothing else twice.
void say(World& world, Letters& letters) {
  live::Events events;
  for (const char letter : letters.until('}')) {
    const auto* found = std::ranges::find(sayings, letter, &Saying::letter);
    if (found == sayings.end()) continue;
    const auto kind = found->event.index();
    const bool sound = std::holds_alternative<live::AudioPart>(found->event);
    if (sound || std::ranges::none_of(events, [kind](auto& it) { return it.index() == kind; })) {
      events.push_back(found->event);
    }
  }
  world.message(events);
}

// Through the decoder, up to the end of the line.
void say_json(World& world, Letters& letters) {
  live::Decoder decoder;
  world.message(decoder.decode(letters.until('\n')));
}

// ---- how a connection ends

struct Farewell {
  char letter;
  live::CloseInfo info;
};

live::CloseInfo unreachable() {
  live::CloseInfo info;
  info.local_error = "refused";
  return info;
}

live::CloseInfo refused(int http_status) {
  live::CloseInfo info;
  info.stage = live::CloseInfo::Stage::upgrade;
  info.http_status = http_status;
  return info;
}

live::CloseInfo closed(std::uint16_t code, std::string reason) {
  live::CloseInfo info;
  info.stage = live::CloseInfo::Stage::open;
  info.code = code;
  info.reason = std::move(reason);
  return info;
}

const std::array farewells{
    Farewell{'c', unreachable()},
    Farewell{'h', refused(503)},
    Farewell{'f', refused(403)},
    Farewell{'0', closed(1000, "")},
    Farewell{'6', closed(1006, "")},
    Farewell{'k', closed(1007, "API key not valid. Please pass a valid API key.")},
    Farewell{'v', closed(1007, "Request contains an invalid argument.")},
    Farewell{'d', closed(1007, "Invalid session handle")},
    Farewell{'n', closed(1008, "BidiGenerateContent session not found")},
    Farewell{'m', closed(1008, "models/x is not found for API version v1beta")},
    Farewell{'a', closed(1008, "The operation was aborted.")},
    Farewell{'q', closed(1011, "You exceeded your current quota, please check your plan")},
    Farewell{'u', closed(1011, "The service is currently unavailable.")},
    Farewell{'i', closed(1011, "Internal error encountered.")},
};

void hang_up(World& world, Letters& letters) {
  const auto* found = std::ranges::find(farewells, letters.next(), &Farewell::letter);
  if (found != farewells.end()) world.transport_closes(found->info);
}

// ---- tools

std::vector<live::Function> functions() {
  return {{"wait", "Waited for.", "", true, config::Scheduling::when_idle},
          {"free", "Not waited for.", "", false, config::Scheduling::interrupt},
          {"quiet", "Not spoken of.", "", false, config::Scheduling::silent}};
}

void plan(World& world, Letters& letters) {
  const unsigned bits = letters.bits();
  tools::Plan plan;
  if ((bits & 1U) != 0) plan.refusal = "No.";
  if ((bits & 2U) != 0) plan.approval = config::Approval::allow;
  if ((bits & 4U) != 0) plan.remember = true;
  if ((bits & 8U) != 0) plan.builtin = tools::Builtin::end_session;
  if ((bits & 16U) != 0) plan.builtin = tools::Builtin::mute_microphone;
  world.plan_tool(plan);
}

void change_tools(World& world, Letters& letters) {
  const unsigned bits = letters.bits();
  auto offered = functions();
  offered.resize(bits & 3U);
  world.feed(input::ToolsChanged{std::move(offered), (bits & 4U) == 0});
}

void send_picture(World& world) {
  if (world.machine().running() && world.machine().takes_pictures()) {
    world.feed(input::SendPicture{{"image/jpeg", "picture"}});
  }
}

// ---- commands

void start_with(World& world, Letters& letters, bool key_ready) {
  const unsigned bits = letters.bits();
  input::Start start;
  start.session_id = "id";
  start.key_ready = key_ready;
  start.profile_name = "assistant";
  start.profile.interruptions = (bits & 1U) == 0;
  if ((bits & 2U) != 0) start.limits.idle_timeout = milliseconds(0);
  if ((bits & 4U) != 0) start.limits.max_duration = milliseconds(60'000);
  if ((bits & 8U) != 0) start.profile.turn_taking = config::TurnTaking::push_to_talk;
  if ((bits & 16U) != 0) start.kept = {"kept", start.profile.model};
  if ((bits & 32U) != 0) start.profile.fallback_models = {"gemini-2.5-flash-live", "third"};
  if ((bits & 64U) != 0) start.profile.model = "gemini-3.1-flash-live-preview";
  start.tools_ready = (bits & 128U) == 0;
  start.functions = functions();
  world.start(std::move(start));
}

void start(World& world, Letters& letters) {
  start_with(world, letters, true);
}

// By a key that takes its time.
void start_keyless(World& world, Letters& letters) {
  start_with(world, letters, false);
}

void send_text(World& world) {
  if (world.machine().running() && world.machine().takes_text()) {
    world.feed(input::SendText{"typed"});
  }
}

struct Deed {
  char letter;
  void (*perform)(World& world, Letters& letters);
};

constexpr std::array deeds{
    Deed{'S', start},
    Deed{'s', start_keyless},
    Deed{'a', [](World& world, Letters&) { world.find_key(true); }},
    Deed{'b', [](World& world, Letters&) { world.find_key(false); }},
    Deed{'X', [](World& world, Letters&) { world.feed(input::Stop{}); }},
    Deed{'F', [](World& world, Letters&) { world.feed(input::Stop{true}); }},
    Deed{'M', [](World& world, Letters&) { world.feed(input::Mute{true}); }},
    Deed{'U', [](World& world, Letters&) { world.feed(input::Mute{false}); }},
    Deed{'I', [](World& world, Letters&) { world.feed(input::Interrupt{}); }},
    Deed{'P', [](World& world, Letters&) { world.feed(input::Talk{true}); }},
    Deed{'Q', [](World& world, Letters&) { world.feed(input::Talk{false}); }},
    Deed{'K', [](World& world, Letters&) { world.network_stands_still(true); }},
    Deed{'k', [](World& world, Letters&) { world.network_stands_still(false); }},
    Deed{'T', [](World& world, Letters&) { send_text(world); }},
    Deed{'R',
         [](World& world, Letters&) {
           world.feed(input::Refused{{Error::no_api_key, "No."}});
         }},
    Deed{'B',
         [](World& world, Letters&) {
           world.feed(input::BudgetSpent{{Error::budget_exceeded, "Spent."}});
         }},
    Deed{'E',
         [](World& world, Letters&) {
           world.feed(input::Limits{{milliseconds(1000), milliseconds(2000)}, milliseconds(5000)});
         }},
    Deed{'C',
         [](World& world, Letters&) {
           world.feed(input::Configured{"tutor", "model"});
         }},
    // The transport.
    Deed{'o', [](World& world, Letters&) { world.transport_opens(); }},
    Deed{'x', hang_up},
    Deed{'{', say},
    Deed{'J', say_json},
    // The microphone: a request succeeds, fails, the device is lost, its next event arrives.
    Deed{'1', [](World& world, Letters&) { world.work_off(world.capture, true); }},
    Deed{'2', [](World& world, Letters&) { world.work_off(world.capture, false); }},
    Deed{'3', [](World& world, Letters&) { world.lose(world.capture); }},
    Deed{'4', [](World& world, Letters&) { world.deliver(world.capture); }},
    Deed{'9', [](World& world, Letters&) { world.regain(world.capture); }},
    Deed{'V', [](World& world, Letters&) { world.feed(input::Voice{true}); }},
    Deed{'v', [](World& world, Letters&) { world.feed(input::Voice{false}); }},
    Deed{'w', [](World& world, Letters&) { world.feed(input::FaintVoice{true}); }},
    Deed{'y', [](World& world, Letters&) { world.feed(input::FaintVoice{false}); }},
    // The speaker, likewise; and it plays on.
    Deed{'5', [](World& world, Letters&) { world.work_off(world.playback, true); }},
    Deed{'6', [](World& world, Letters&) { world.work_off(world.playback, false); }},
    Deed{'7', [](World& world, Letters&) { world.lose(world.playback); }},
    Deed{'8', [](World& world, Letters&) { world.deliver(world.playback); }},
    Deed{'0', [](World& world, Letters&) { world.regain(world.playback); }},
    Deed{'d', [](World& world, Letters&) { world.play_on(); }},
    // The tools.
    Deed{'p', plan},
    Deed{'q', [](World& world, Letters&) { world.answer_user(true); }},
    Deed{'n', [](World& world, Letters&) { world.answer_user(false); }},
    Deed{'f', [](World& world, Letters&) { world.finish_tool(false); }},
    Deed{'g', [](World& world, Letters&) { world.finish_tool(true); }},
    Deed{'c', change_tools},
    Deed{'i', [](World& world, Letters&) { send_picture(world); }},
    // The computer.
    Deed{'Z', [](World& world, Letters&) { world.feed(input::GoingToSleep{}); }},
    Deed{'W', [](World& world, Letters&) { world.feed(input::Woke{milliseconds(30'000)}); }},
    Deed{'Y', [](World& world, Letters&) { world.feed(input::Woke{milliseconds(3'600'000)}); }},
    Deed{'L', [](World& world, Letters&) { world.feed(input::NetworkChanged{true}); }},
    Deed{'N', [](World& world, Letters&) { world.feed(input::NetworkChanged{false}); }},
    // Time.
    Deed{'.', [](World& world, Letters&) { world.pass(10); }},
    Deed{',', [](World& world, Letters&) { world.pass(600); }},
    Deed{':', [](World& world, Letters&) { world.pass(3'000); }},
    Deed{'_', [](World& world, Letters&) { world.pass(45'000); }},
    Deed{'~', [](World& world, Letters&) { world.pass_until_timer(); }},
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  World world(text);
  for (Letters letters(text); !letters.empty();) {
    const auto* deed = std::ranges::find(deeds, letters.next(), &Deed::letter);
    if (deed != deeds.end()) deed->perform(world, letters);
  }
  world.wind_up();
  return 0;
}
