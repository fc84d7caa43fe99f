// What the audio tests stand on: an observer that remembers, the far ends of the cables (a recorder
// behind the speaker, a player in front of the microphone), and known signals.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "daemon/audio/engine.hpp"

namespace gv::test {

using Samples = std::vector<std::int16_t>;

// A sweep from 100 Hz to 9 kHz over `seconds`, sampled at `rate`: the same sound at any rate, and
// unlike itself at any shift.
Samples sweep(double seconds, unsigned rate);

double ms_since(std::int64_t time);

struct Log : audio::EngineObserver {
  void capture_opened(const audio::StreamInfo& info) override;
  void capture_closed() override;
  void capture_failed(const Failure& failure) override;
  void capture_lost(const Failure& failure) override;
  void captured(const audio::CaptureChunk& chunk) override;
  void playback_opened(const audio::StreamInfo& info) override;
  void playback_closed() override;
  void playback_failed(const Failure& failure) override;
  void playback_lost(const Failure& failure) override;
  void play_started(std::uint64_t turn, std::int64_t received, std::int64_t accepted,
                    std::int64_t heard_ns) override;
  void played(const audio::Played& played) override { ends.push_back(played); }
  void barge_in(const audio::BargeInEvent& event) override { reflexes.push_back(event); }
  void headphones_changed(bool headphones) override { plugs.push_back(headphones); }
  void playout_room() override { ++rooms; }

  struct Chunk {
    unsigned frames;
    std::int64_t captured_ns;
    std::int64_t dispatched_ns;
  };
  struct Start {
    std::uint64_t turn;
    std::int64_t received_ns;
    std::int64_t accepted_ns;
  };
  bool capture_open = false;  // with a device, that is
  bool playback_open = false;
  audio::StreamInfo capture_info;
  audio::StreamInfo playback_info;
  std::vector<Failure> failures;
  std::vector<bool> plugs;
  std::vector<Failure> capture_losses;
  std::vector<Failure> playback_losses;
  Samples heard;
  std::vector<Chunk> chunks;
  std::vector<Start> starts;
  std::vector<audio::Played> ends;
  std::vector<audio::BargeInEvent> reflexes;
  int rooms = 0;
  int closed = 0;  // answers to close_capture() and close_playback()
};

class Recorder;

// The engine with a main loop of its own.
struct Bench {
  std::unique_ptr<audio::Engine> engine = audio::make_alsa_engine();
  Log log;

  // Dispatches until `done`; false after two minutes of nothing of the sort.
  bool until(const std::function<bool()>& done);
  // Dispatches for so long.
  void pass(std::int64_t ms);
  // Until the recorder has what is heard up to now and `ms` beyond.
  bool record(const Recorder& recorder, std::int64_t ms = 100);
  bool open_playback(const std::string& device, unsigned prebuffer_ms = 60,
                     unsigned period_ms = 20);
  bool open_capture(const std::string& device, audio::EchoHandling echo = audio::EchoHandling::off);
  bool open_capture(const audio::CaptureSpec& spec);
  // Commits samples of a turn as they are, in full blocks.
  void say(std::uint64_t turn, std::span<const std::int16_t> samples);
  void end(std::uint64_t turn);
  // Both directions, and in the middle of turn 1, which takes so many seconds.
  bool converse(const std::string& capture, const std::string& playback, unsigned seconds);
};

// Records a PCM of the far end on a thread of its own until it is destroyed.
class Recorder {
 public:
  Recorder(const std::string& device, unsigned rate);
  ~Recorder();
  Samples samples() const;
  std::size_t count() const;
  bool recorded(std::int64_t time) const;  // what crossed the device until then is in samples()
  // When sample `index` crossed the device; for those recorded already.
  std::int64_t time_of(std::size_t index) const;
  unsigned rate() const { return rate_; }

 private:
  struct Mark {
    std::size_t end;
    std::int64_t time;
  };
  void run(std::stop_token stop);

  unsigned rate_;
  void* handle_ = nullptr;
  mutable std::mutex mutex_;
  Samples samples_;
  std::vector<Mark> marks_;
  std::jthread thread_;
};

// Plays a sound into a PCM of the far end, then silence until it is destroyed.
class Player {
 public:
  Player(const std::string& device, unsigned rate, Samples sound);
  ~Player();
  // When the first sample of the sound crossed the device; 0: not yet.
  std::int64_t first_ns() const { return first_ns_; }

 private:
  void run(std::stop_token stop);

  unsigned rate_;
  Samples sound_;
  void* handle_ = nullptr;
  std::atomic<std::int64_t> first_ns_{0};
  std::jthread thread_;
};

// Index of the first sample that is not silence; size() where there is none.
std::size_t first_sound(const Samples& samples, int threshold = 0);
std::size_t last_sound(const Samples& samples, int threshold = 0);
// How many ms after `from_ns` the sound is below `level`, and stays so for 20 ms; what is recorded.
double below(const Recorder& recorder, std::int64_t from_ns, int level);
// Whether `heard`, from its first sample on that is no silence, goes on like some part of `said`
// for so many samples: where in `said` that is, else said.size().
std::size_t part_of(const Samples& said, const Samples& heard, std::size_t frames);
struct Match {
  std::size_t offset;  // in `heard`, of the first sample of `said`
  double snr_db;       // of the whole; 300 where they are equal
};
// Where `heard` begins to hold `said`, and how well.
Match match(const Samples& heard, const Samples& said);

}  // namespace gv::test
