#include "tests/sim/voice.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <numbers>

#include <speex/speex_resampler.h>

namespace gv::sim {

static_assert(std::endian::native == std::endian::little, "PCM on the wire is little-endian");

namespace {

constexpr std::size_t k_frame = k_uplink_rate / 100;
constexpr int k_frame_ms = 10;

double level_db(std::span<const std::int16_t> samples) {
  // Without its mean: an offset of the microphone is no speech.
  double sum = 0;
  double squares = 0;
  for (const double sample : samples) {
    sum += sample;
    squares += sample * sample;
  }
  const auto count = static_cast<double>(samples.size());
  const double power = std::max(squares / count - (sum / count) * (sum / count), 1e-3);
  return 10 * std::log10(power / (32768.0 * 32768.0));
}

void append_tone(Samples& out, double hz, std::size_t length, int rate) {
  const std::size_t ramp = std::min<std::size_t>(static_cast<std::size_t>(rate) / 200, length / 2);
  for (std::size_t i = 0; i < length; ++i) {
    const std::size_t edge = std::min(i, length - 1 - i);
    const double gain = edge < ramp ? static_cast<double>(edge) / static_cast<double>(ramp) : 1;
    const double phase = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate;
    out.push_back(static_cast<std::int16_t>(std::lround(8192 * gain * std::sin(phase))));
  }
}

bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

}  // namespace

std::vector<Detector::Event> Detector::feed(std::span<const std::int16_t> samples) {
  std::vector<Event> events;
  pending_.reserve(k_frame);
  for (const std::int16_t sample : samples) {
    pending_.push_back(sample);
    if (pending_.size() == k_frame) frame(events);
  }
  return events;
}

void Detector::frame(std::vector<Event>& events) {
  const bool loud = level_db(pending_) >= settings_.threshold_db;
  const std::int64_t begin = position_;
  position_ += static_cast<std::int64_t>(pending_.size());
  pending_.clear();
  if (loud) {
    if (loud_ms_ == 0) first_loud_ = begin;
    last_loud_ = position_;
  }
  if (speaking_) {
    const auto quiet_ms = (position_ - last_loud_) * 1000 / k_uplink_rate;
    if (loud || quiet_ms < settings_.silence_ms) return;
    speaking_ = false;
    loud_ms_ = 0;
    events.push_back({.start = false, .position = last_loud_});
    return;
  }
  // A short dip inside a word does not start the count again.
  loud_ms_ = loud ? loud_ms_ + k_frame_ms : std::max(0, loud_ms_ - k_frame_ms);
  if (!loud || loud_ms_ < settings_.prefix_ms) return;
  speaking_ = true;
  events.push_back({.start = true, .position = first_loud_});
}

std::optional<Detector::Event> Detector::flush() {
  position_ += static_cast<std::int64_t>(pending_.size());
  pending_.clear();
  loud_ms_ = 0;
  if (!speaking_) return std::nullopt;
  speaking_ = false;
  return Event{.start = false, .position = last_loud_};
}

Samples resample(std::span<const std::int16_t> in, int from, int to) {
  if (from == to || in.empty()) return {in.begin(), in.end()};
  int error = 0;
  const std::unique_ptr<SpeexResamplerState, void (*)(SpeexResamplerState*)> state(
      speex_resampler_init(1, static_cast<spx_uint32_t>(from), static_cast<spx_uint32_t>(to), 8,
                           &error),
      speex_resampler_destroy);
  if (!state) return {};
  speex_resampler_skip_zeros(state.get());
  const auto wanted = static_cast<std::size_t>(in.size() * static_cast<std::size_t>(to) /
                                               static_cast<std::size_t>(from));
  const auto tail = static_cast<std::size_t>(speex_resampler_get_input_latency(state.get())) + 1;
  Samples padded(in.begin(), in.end());
  padded.resize(in.size() + tail);
  Samples out(wanted + tail * static_cast<std::size_t>(to) / static_cast<std::size_t>(from) + 2);
  std::size_t read = 0;
  std::size_t written = 0;
  while (read < padded.size() && written < out.size()) {
    auto in_count = static_cast<spx_uint32_t>(padded.size() - read);
    auto out_count = static_cast<spx_uint32_t>(out.size() - written);
    speex_resampler_process_int(state.get(), 0, padded.data() + read, &in_count,
                                out.data() + written, &out_count);
    if (in_count == 0 && out_count == 0) break;
    read += in_count;
    written += out_count;
  }
  out.resize(wanted);
  return out;
}

Samples tone(double hz, double seconds, int rate) {
  Samples out;
  append_tone(out, hz, static_cast<std::size_t>(std::lround(seconds * rate)), rate);
  return out;
}

Samples bleeps(std::string_view text) {
  constexpr std::size_t k_letter = k_downlink_rate * 65 / 1000;
  Samples out;
  for (const char letter : text) {
    if (continues(letter)) continue;
    const auto code = static_cast<unsigned char>(letter);
    if (code <= ' ') {
      out.resize(out.size() + k_letter);
    } else {
      append_tone(out, 330 + 20.0 * (code % 32), k_letter, k_downlink_rate);
    }
  }
  return out;
}

int peak(std::span<const std::int16_t> samples) {
  int highest = 0;
  for (const int sample : samples) {
    highest = std::max(highest, std::abs(sample));
  }
  return highest;
}

Samples from_bytes(std::string_view pcm) {
  Samples samples(pcm.size() / 2);
  std::memcpy(samples.data(), pcm.data(), samples.size() * 2);
  return samples;
}

std::string_view as_bytes(std::span<const std::int16_t> samples) {
  return {reinterpret_cast<const char*>(samples.data()), samples.size_bytes()};
}

std::vector<std::string_view> fragments(std::string_view text) {
  constexpr std::size_t k_sizes[] = {5, 9, 7, 12};
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    std::size_t size = std::min(k_sizes[pieces.size() % std::size(k_sizes)], text.size());
    while (size < text.size() && continues(text[size])) {
      ++size;
    }
    pieces.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return pieces;
}

}  // namespace gv::sim
