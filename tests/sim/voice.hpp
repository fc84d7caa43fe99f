// The sim's ears and mouth: an energy detector for the microphone and sounds to answer with.
// Samples are S16 mono; positions are counted in samples. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace gv::sim {

using Samples = std::vector<std::int16_t>;

inline constexpr int k_uplink_rate = 16'000;
inline constexpr int k_downlink_rate = 24'000;

// Tells speech from silence by energy in frames of 10 ms at 16 kHz.
class Detector {
 public:
  struct Settings {
    double threshold_db = -42;  // of full scale
    int prefix_ms = 60;         // loud that long before a start counts
    int silence_ms = 500;       // quiet that long before the end counts
  };
  struct Event {
    bool start = false;         // else end
    std::int64_t position = 0;  // first loud sample, or one past the last loud sample
    bool operator==(const Event&) const = default;
  };

  explicit Detector(Settings settings) : settings_(settings) {}

  std::vector<Event> feed(std::span<const std::int16_t> samples);
  // The stream pauses: speech that is under way ends now.
  std::optional<Event> flush();
  bool speaking() const { return speaking_; }

 private:
  void frame(std::vector<Event>& events);

  Settings settings_;
  bool speaking_ = false;
  int loud_ms_ = 0;
  std::int64_t position_ = 0;  // end of the last whole frame
  std::int64_t first_loud_ = 0;
  std::int64_t last_loud_ = 0;
  Samples pending_;
};

// Good quality (speexdsp), with the filter's delay taken out: the length is in.size() * to / from.
Samples resample(std::span<const std::int16_t> in, int from, int to);

Samples tone(double hz, double seconds, int rate = k_downlink_rate);

// Bleeps about as long as speaking the text: 65 ms a letter, its pitch the letter's own.
Samples bleeps(std::string_view text);

// 0 to 32768.
int peak(std::span<const std::int16_t> samples);

Samples from_bytes(std::string_view pcm);
std::string_view as_bytes(std::span<const std::int16_t> samples);

// The text in pieces of a few characters, as the service sends transcripts: words may be split,
// UTF-8 sequences are not.
std::vector<std::string_view> fragments(std::string_view text);

}  // namespace gv::sim
