// One answer at a time: the pause before it, its audio in bursts with transcripts between, the wait
// for the nominal end of playback, turnComplete; or the cut. Main thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/sim/outbox.hpp"
#include "tests/sim/script.hpp"
#include "tests/sim/timers.hpp"
#include "tests/sim/voice.hpp"

namespace gv::sim {

struct Answer {
  Samples audio;  // 24 kHz
  std::string transcript;
  int prompt_text_tokens = 0;
  int prompt_audio_tokens = 0;
  NextAnswer kind = NextAnswer::normal;
};

class Turn {
 public:
  struct Settings {
    double speed = 4;
    bool transcribe = false;          // outputAudioTranscription was asked for
    bool interaction_status = false;  // the model sends it
  };
  struct Hooks {
    std::function<void(Event event, std::int64_t from_ms, std::int64_t to_ms)> event;
    // Between interrupted and its turnComplete.
    std::function<void()> cancelled;
    // After turnComplete.
    std::function<void()> finished;
  };

  Turn(asio::io_context& io, Outbox& outbox, Hooks hooks);

  void configure(Settings settings) { settings_ = settings; }
  // Where a turnComplete of an interrupted answer is still owed, it goes out first.
  void start(Answer answer, std::chrono::milliseconds think);
  // From start() to turnComplete: what the user says now interrupts.
  bool active() const { return phase_ != Phase::idle && phase_ != Phase::ending; }
  void interrupt();
  void stop();  // the connection is gone

 private:
  enum class Phase { idle, thinking, streaming, draining, ending };

  void begin();
  void send_chunk();
  void send_bundle();
  void generated();
  void complete();
  boost::json::object next_transcript(std::size_t sent_bytes);
  boost::json::object completion(boost::json::object& envelope) const;
  std::int64_t to_ms(std::size_t bytes) const;

  Outbox& outbox_;
  Hooks hooks_;
  Settings settings_;
  Phase phase_ = Phase::idle;
  std::uint64_t number_ = 0;
  Answer answer_;
  std::string pcm_;       // at the rate it is sent with
  std::size_t sent_ = 0;  // bytes
  std::size_t chunk_ = 0;
  std::vector<std::string_view> words_;  // of answer_.transcript
  std::size_t words_sent_ = 0;
  int rate_ = k_downlink_rate;
  bool stalled_ = false;
  Timers::Clock::time_point first_audio_;
  Timers::Clock::time_point burst_start_;  // first_audio_ plus stalls
  Timers timers_;
};

}  // namespace gv::sim
