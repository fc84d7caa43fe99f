// Any bytes as a message of the service, and as the reason for which a connection ended: through
// the decoder, the base64 feed of the playout queue, and the verdicts.
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/live/decode.hpp"
#include "daemon/live/encode.hpp"
#include "daemon/live/verdict.hpp"
#include "daemon/session/answer_feed.hpp"
#include "tests/fuzz/check.hpp"

using namespace gv;
using fuzz::check;

namespace {

// Strict RFC 4648 section 4, written apart from the daemon's.
std::optional<std::vector<std::uint8_t>> base64(std::string_view text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  for (std::size_t at = 0; at < text.size(); at += 4) {
    unsigned bits = 0;
    unsigned given = 0;
    for (const char c : text.substr(at, 4)) {
      const auto value = alphabet.find(c);
      const bool pad = c == '=' && at + 4 == text.size() && given >= 2;
      if (!pad && (value == alphabet.npos || (bits & 1U << 31U) != 0)) return std::nullopt;
      bits = bits << 6U | (pad ? 0U : static_cast<unsigned>(value));
      if (pad) {
        bits |= 1U << 31U;  // only padding may follow
      } else {
        ++given;
      }
    }
    for (unsigned i = 0; i + 1 < given; ++i)
      bytes.push_back(static_cast<std::uint8_t>(bits >> (16 - 8 * i)));
  }
  return bytes;
}

// Reads every byte, so that a view into memory that is gone is found.
void touch(std::string_view text) {
  static volatile unsigned char sink = 0;
  for (const char c : text)
    sink = static_cast<unsigned char>(sink ^ static_cast<unsigned char>(c));
}

// The playout queue as the daemon has it, with a device that takes everything.
class Speaker {
 public:
  void play(std::string_view data) {
    const auto expected = base64(data);
    const auto fed = feed_.feed(1, data, 1);
    check(queue_.readable_frames() == fed.frames, "what was fed can be read");
    const auto heard = drain();
    if (!expected) {
      feed_.reset();
      carry_.clear();
      return;
    }
    check(fed.sound, "base64 is taken for sound", data);
    carry_.insert(carry_.end(), expected->begin(), expected->end());
    if (fed.dropped > 0) return carry_.clear();  // more than 120 s in one message
    check(carry_.size() / 2 == heard.size(), "every sample arrives, odd bytes wait", data);
    for (std::size_t i = 0; i < heard.size(); ++i) {
      const auto sample = static_cast<std::uint16_t>(carry_[2 * i] | carry_[2 * i + 1] << 8U);
      check(static_cast<std::uint16_t>(heard[i]) == sample, "samples arrive unchanged", data);
    }
    carry_.erase(carry_.begin(), carry_.begin() + static_cast<std::ptrdiff_t>(2 * heard.size()));
  }

 private:
  std::vector<std::int16_t> drain() {
    std::vector<std::int16_t> heard;
    std::array<std::int16_t, 1000> piece;
    while (const auto got = queue_.read(piece))
      heard.insert(heard.end(), piece.begin(), piece.begin() + got.frames);
    return heard;
  }

  audio::PlayoutQueue queue_;
  session::AnswerFeed feed_{queue_};
  std::vector<std::uint8_t> carry_;
};

// A message for people, of a sensible length whatever the service said.
void check_verdict(const Failure& failure, bool may_be_none, std::string_view input) {
  if (!failure) {
    check(may_be_none, "a lost connection has a reason", input);
    return;
  }
  check(!failure.message.empty() && failure.message.size() < 1000, "a verdict is short", input);
  check(fuzz::is_printable_line(failure.message), "a verdict is one printable line",
        failure.message);
  check(!contract_name(failure.error).empty(), "a verdict has a name", input);
}

struct Reader {
  Speaker* speaker;
  std::string_view input;

  void operator()(const live::SetupComplete& /*complete*/) const {}
  void operator()(const live::Interrupted& /*interrupted*/) const {}
  void operator()(const live::AudioPart& part) const {
    touch(part.base64);
    check(!part.base64.empty() && part.rate_hz > 0, "an audio part has data and a rate", input);
    speaker->play(part.base64);
  }
  void operator()(const live::InputTranscription& words) const { text(words.text); }
  void operator()(const live::OutputTranscription& words) const { text(words.text); }
  void operator()(const live::Grounding& page) const {
    touch(page.title);
    text(page.address);
  }
  void operator()(const live::ToolCall& call) const {
    touch(call.id);
    touch(call.name);
    check(call.arguments.empty() || call.arguments.starts_with('{'), "arguments are an object",
          input);
    const live::FunctionAnswer answer{
        std::string(call.id), std::string(call.name), R"({"output":1})", {}};
    check(!live::encode_tool_response(answer).empty(), "every call can be answered", input);
  }
  void operator()(const live::ToolCallCancelled& cancelled) const { touch(cancelled.id); }
  void operator()(const live::GenerationComplete& /*complete*/) const {}
  void operator()(const live::TurnComplete& complete) const {
    check(complete.reason.size() <= 64 && fuzz::is_printable_line(complete.reason),
          "a reason can go into the log", complete.reason);
  }
  void operator()(const live::Usage& /*usage*/) const {}
  void operator()(const live::GoAway& notice) const {
    check(notice.time_left.count() >= 0, "no deadline is in the past", input);
  }
  void operator()(const live::ResumptionUpdate& update) const { touch(update.handle); }
  void operator()(const live::ServerError& error) const {
    touch(error.status);
    check_verdict(live::judge(error, "gemini-3.8-live").failure, false, input);
  }

 private:
  void text(std::string_view words) const {
    touch(words);
    check(!words.empty(), "no empty fragment of a transcript", input);
  }
};

void decode(std::string_view input) {
  live::Decoder decoder;
  // The message may be gone before its events are.
  auto message = std::make_unique<std::string>(input);
  const auto& events = decoder.decode(*message);
  message.reset();
  check(events.size() <= input.size(), "a message has no more events than bytes");
  check(decoder.error().size() < 200 && fuzz::is_printable_line(decoder.error()),
        "a complaint is one short line", decoder.error());
  Speaker speaker;
  for (const auto& event : events)
    std::visit(Reader{&speaker, input}, event);
  // Nothing of a message is left in the next one.
  const auto number = events.size();
  const auto error = decoder.error();
  check(decoder.decode(R"({"setupComplete":{}})").size() == 1 && decoder.error().empty(),
        "a sound message after any other is sound", input);
  check(decoder.decode(input).size() == number && decoder.error() == error,
        "the same message means the same again", input);
}

void judge(std::string_view input) {
  using Stage = live::CloseInfo::Stage;
  const auto verdict = [input](Stage stage, int http_status, unsigned code) {
    const std::string words(input);
    const live::CloseInfo info{.stage = stage,
                               .http_status = http_status,
                               .http_body = words,
                               .code = static_cast<std::uint16_t>(code),
                               .reason = words,
                               .local_error = words};
    const bool ended_well = stage == Stage::open && code == 1000;
    check_verdict(live::judge(info, "gemini-3.8-live").failure, ended_well, input);
  };
  const auto byte = [input](std::size_t i) {
    return i < input.size() ? static_cast<unsigned char>(input[i]) : 0U;
  };
  verdict(Stage::connect, 0, 0);
  for (const int status : {403, 503, static_cast<int>(byte(0)) * 8})
    verdict(Stage::upgrade, status, 0);
  for (const unsigned code : {1000U, 1006U, 1007U, 1011U, byte(0) << 8U | byte(1)})
    verdict(Stage::open, 0, code);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  decode(input);
  judge(input.substr(0, 400));
  live::parse_pcm_rate(input);
  check(live::parse_duration(input).count() >= 0, "no duration is negative");
  return 0;
}
