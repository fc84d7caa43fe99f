#include "tests/bench/hot_paths.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "daemon/audio/playout_queue.hpp"
#include "daemon/echo/echo_filter.hpp"
#include "daemon/live/base64.hpp"
#include "daemon/live/decode.hpp"
#include "daemon/live/encode.hpp"
#include "daemon/session/microphone_feed.hpp"
#include "daemon/session/voice_activity.hpp"
#include "tests/support/voices.hpp"
#include "tests/unit/machine_bench.hpp"

namespace gv::bench {
namespace {

using Samples = std::vector<std::int16_t>;

constexpr std::int64_t ms = 1'000'000;
constexpr std::size_t chunk_frames = 320;   // 20 ms of the microphone
constexpr std::size_t part_frames = 960;    // 40 ms of an answer
constexpr std::size_t period_frames = 240;  // 10 ms of it

// The loop is in here, so that the clock sees no call for each step but the path's own.
template <class Step>
Steps repeat(Step step) {
  return [step = std::move(step)](std::size_t times) mutable {
    for (; times > 0; --times)
      step();
  };
}

Samples sound(std::size_t frames, unsigned rate, double level_db = -25) {
  Samples samples = test::voice(1, rate, level_db);
  samples.resize(frames);
  return samples;
}

std::span<const std::uint8_t> bytes(const Samples& samples) {
  return {reinterpret_cast<const std::uint8_t*>(samples.data()), samples.size() * 2};
}

std::string part_base64() {
  std::string text;
  live::append_base64(text, bytes(sound(part_frames, 24000)));
  return text;
}

std::string part_message() {
  return R"({"serverContent":{"modelTurn":{"parts":[{"inlineData":{"data":")" + part_base64() +
         R"(","mimeType":"audio/pcm;rate=24000"}}]}}})";
}

Steps encode_chunk() {
  return repeat([chunk = sound(chunk_frames, 16000)] { live::encode_audio(chunk); });
}

Steps decode_message() {
  const auto decoder = std::make_shared<live::Decoder>();
  return repeat([decoder, message = part_message()] { decoder->decode(message); });
}

Steps encode_base64() {
  return repeat([chunk = sound(chunk_frames, 16000), text = std::string()]() mutable {
    text.clear();
    live::append_base64(text, bytes(chunk));
  });
}

Steps decode_base64() {
  return repeat([text = part_base64(), out = std::vector<std::uint8_t>(part_frames * 2)]() mutable {
    live::decode_base64(text, out);
  });
}

// Whoever puts it decodes into the block: no copy.
Steps playout_period() {
  const auto queue = std::make_shared<audio::PlayoutQueue>();
  return repeat([queue, out = Samples(period_frames)]() mutable {
    audio::PlayoutBlock* block = queue->acquire();
    block->frames = period_frames;
    block->turn = 1;
    queue->commit(block);
    queue->read(out);
  });
}

// The model speaks; a part of its answer has been decoded.
Steps machine_audio() {
  struct State {
    test::Bench bench;
    std::string message = part_message();
    live::Decoder decoder;
    live::Events events;
  };
  const auto state = std::make_shared<State>();
  state->bench.begin();
  state->bench.answer();
  state->bench.step(session::input::PlayStarted{.turn = 1});
  state->events = state->decoder.decode(state->message);
  return repeat([state] {
    auto& [bench, message, decoder, events] = *state;
    bench.now += 40 * ms;
    bench.machine.step(session::input::Message{&events, bench.now}, bench.now);
  });
}

// What the main loop does with a chunk before it is encoded.
Steps microphone_chunk() {
  struct State {
    session::MicrophoneFeed feed;
    session::VoiceActivity voice;
    session::VoiceActivity faint{session::VoiceActivity::faint};
    Samples chunk = sound(chunk_frames, 16000);
    std::int64_t now = 100'000 * ms;
  };
  const auto state = std::make_shared<State>();
  state->feed.begin(false);
  state->feed.send(state->now, session::MicrophoneFeed::no_end, false);
  Steps steps = repeat([state] {
    auto& [feed, voice, faint, chunk, now] = *state;
    now += 20 * ms;
    feed.heard(chunk, now);
    voice.feed(chunk);
    faint.feed(chunk);
    while (feed.next(now, 0)) {
    }
  });
  // From then on the oldest chunk goes where a new one comes.
  steps(session::MicrophoneFeed::kept_frames / chunk_frames + 1);
  return steps;
}

// Two seconds of both ends that begin anew again and again; the user talks in the second one.
class Room {
 public:
  Room() {
    test::mix(near_, test::voice(1, echo::rate, -30, 190), echo::rate);
    near_.resize(chunks * chunk_frames);
  }
  std::span<const std::int16_t> near() const { return piece(near_, chunk_frames); }
  std::span<const std::int16_t> far() const { return piece(far_, far_frames); }  // at 24 kHz
  // Half a chunk at 16 kHz, as the canceller gets it.
  echo::ConstFrame reference(std::size_t half) const {
    return piece(reference_, chunk_frames)
        .subspan(half * echo::frame_samples)
        .first<echo::frame_samples>();
  }
  std::int64_t now() const { return static_cast<std::int64_t>(chunk_) * 20 * ms; }
  void pass() { ++chunk_; }

  static constexpr std::size_t chunks = 100;

 private:
  static constexpr std::size_t far_frames = 480;

  std::span<const std::int16_t> piece(const Samples& samples, std::size_t frames) const {
    return std::span(samples).subspan(chunk_ % chunks * frames, frames);
  }

  Samples far_ = test::voice(2, 24000);
  Samples reference_ = test::voice(2, echo::rate);
  Samples near_ = test::voice(2, echo::rate, -35);
  std::size_t chunk_ = chunks;
};

class NoCanceller final : public echo::Canceller {
 public:
  void process(echo::Frame /*near*/, echo::ConstFrame /*far*/) override {}
  void favour_near(bool /*favour*/) override {}
  bool voice() const override { return true; }
  void reset() override {}
  echo::Residue residue() const override { return {}; }
  bool finds(std::int64_t /*later_ns*/) const override { return false; }
  void far_moved() override {}
  unsigned refused() const override { return 0; }
};

Steps filter_echo(std::unique_ptr<echo::Canceller> canceller) {
  struct State {
    explicit State(std::unique_ptr<echo::Canceller> canceller)
        : filter(std::move(canceller), far_end) {}
    Room room;
    echo::FarEnd far_end;
    echo::EchoFilter filter;
    Samples out;
  };
  const auto state = std::make_shared<State>(std::move(canceller));
  Steps steps = repeat([state] {
    auto& [room, far_end, filter, out] = *state;
    out.clear();
    far_end.wrote(room.far(), room.now());
    std::int64_t last_ns = 0;
    filter.process(room.near(), room.now(), out, last_ns);
    room.pass();
  });
  steps(2 * Room::chunks);
  return steps;
}

Steps library_alone() {
  struct State {
    Room room;
    std::unique_ptr<echo::Canceller> canceller = echo::make_canceller({});
    std::array<std::int16_t, echo::frame_samples> frame{};
  };
  const auto state = std::make_shared<State>();
  Steps steps = repeat([state] {
    auto& [room, canceller, frame] = *state;
    for (std::size_t half = 0; half < 2; ++half) {
      std::copy_n(room.near().begin() + half * frame.size(), frame.size(), frame.begin());
      canceller->process(frame, room.reference(half));
    }
    room.pass();
  });
  steps(2 * Room::chunks);
  return steps;
}

Steps copy(std::size_t size) {
  return repeat([from = std::string(size, 'A'), to = std::string(size, ' ')]() mutable {
    std::memcpy(to.data(), from.data(), from.size());
    asm volatile("" : : "r"(to.data()) : "memory");  // somebody looks at it
  });
}

HotPath beside_copy(std::string name, std::string what, std::function<Steps()> begin,
                    std::size_t size) {
  return {std::move(name), std::move(what), std::move(begin),
          "memcpy, " + std::to_string(size) + " bytes", [size] { return copy(size); }};
}

}  // namespace

// Beside the copy of what is read or written, whichever is more. Debian 12 and 13 have no library
// that does base64 with SIMD: its limit is the copy, too.
std::vector<HotPath> hot_paths() {
  const std::size_t chunk_message = live::encode_audio(sound(chunk_frames, 16000)).size();
  const std::size_t chunk_base64 = (chunk_frames * 2 + 2) / 3 * 4;
  std::vector<HotPath> paths{
      beside_copy("encode_chunk", "20 ms of microphone to a message", encode_chunk, chunk_message),
      beside_copy("decode_message", "a message with 40 ms of answer", decode_message,
                  part_message().size()),
      beside_copy("encode_base64", "20 ms of microphone", encode_base64, chunk_base64),
      beside_copy("decode_base64", "40 ms of answer", decode_base64, part_base64().size()),
      beside_copy("playout_period", "10 ms put and taken", playout_period, period_frames * 2),
      beside_copy("machine_audio", "a step with 40 ms of answer", machine_audio,
                  part_base64().size()),
      beside_copy("microphone_chunk", "20 ms kept, listened to, given", microphone_chunk,
                  chunk_frames * 2),
      beside_copy(
          "follow_echo", "20 ms, all but the library",
          [] { return filter_echo(std::make_unique<NoCanceller>()); }, chunk_frames * 2),
  };
  if (echo::cancellation_built_in()) {
    paths.push_back({.name = "cancel_echo",
                     .what = "20 ms, with the library",
                     .begin = [] { return filter_echo(echo::make_canceller({})); },
                     .limit_name = "the library alone",
                     .begin_limit = library_alone,
                     .counted = false});
  }
  return paths;
}

}  // namespace gv::bench
