#include "tests/loop/audio_bench.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include <alsa/asoundlib.h>
#include <poll.h>

namespace gv::test {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

snd_pcm_t* open_pcm(const std::string& device, snd_pcm_stream_t direction, unsigned rate) {
  snd_pcm_t* pcm = nullptr;
  int error = snd_pcm_open(&pcm, device.c_str(), direction, SND_PCM_NONBLOCK);
  if (error == 0) {
    const unsigned latency_us = direction == SND_PCM_STREAM_CAPTURE ? 200'000 : 60'000;
    error = snd_pcm_set_params(pcm, SND_PCM_FORMAT_S16_LE, SND_PCM_ACCESS_RW_INTERLEAVED, 1, rate,
                               0, latency_us);
  }
  if (error != 0) throw std::runtime_error(device + ": " + snd_strerror(error));
  return pcm;
}

snd_pcm_t* pcm_of(void* handle) {
  return static_cast<snd_pcm_t*>(handle);
}

void wait_for(snd_pcm_t* pcm) {
  snd_pcm_wait(pcm, 100);
}

}  // namespace

double ms_since(std::int64_t time) {
  return static_cast<double>(audio::now_ns() - time) / 1e6;
}

Samples sweep(double seconds, unsigned rate) {
  constexpr double low = 100;
  constexpr double high = 9000;
  Samples out(static_cast<std::size_t>(std::lround(seconds * rate)));
  for (std::size_t n = 0; n < out.size(); ++n) {
    const double t = static_cast<double>(n) / rate;
    const double phase = 2 * std::numbers::pi * (low * t + (high - low) * t * t / (2 * seconds));
    // 10 ms of rise and fall: a hard edge would not survive any conversion of the rate.
    const double edge = std::min({t, seconds - t, 0.01}) / 0.01;
    const double level = 12000 * 0.5 * (1 - std::cos(std::numbers::pi * edge));
    out[n] = static_cast<std::int16_t>(std::lround(level * std::sin(phase)));
  }
  return out;
}

void Log::capture_opened(const audio::StreamInfo& info) {
  capture_open = true;
  capture_info = info;
}

void Log::capture_closed() {
  capture_open = false;
  ++closed;
}

void Log::playback_closed() {
  playback_open = false;
  ++closed;
}

void Log::capture_failed(const Failure& failure) {
  capture_open = false;
  failures.push_back(failure);
}

void Log::capture_lost(const Failure& failure) {
  capture_open = false;
  capture_losses.push_back(failure);
}

void Log::captured(const audio::CaptureChunk& chunk) {
  chunks.push_back({chunk.frames, chunk.captured_ns, audio::now_ns()});
  heard.insert(heard.end(), chunk.view().begin(), chunk.view().end());
}

void Log::playback_opened(const audio::StreamInfo& info) {
  playback_open = true;
  playback_info = info;
}

void Log::playback_failed(const Failure& failure) {
  playback_open = false;
  failures.push_back(failure);
}

void Log::playback_lost(const Failure& failure) {
  playback_open = false;
  playback_losses.push_back(failure);
}

void Log::play_started(std::uint64_t turn, std::int64_t received, std::int64_t accepted,
                       std::int64_t /*heard*/) {
  starts.push_back({turn, received, accepted});
}

bool Bench::until(const std::function<bool()>& done) {
  const std::int64_t limit = audio::now_ns() + 120 * second_ns;
  while (!done()) {
    if (audio::now_ns() > limit) return false;
    pollfd ready{engine->event_fd(), POLLIN, 0};
    poll(&ready, 1, 20);  // conditions may be about the recorder, which rings no bell
    engine->dispatch(log);
  }
  return true;
}

void Bench::pass(std::int64_t ms) {
  const std::int64_t end = audio::now_ns() + ms * 1'000'000;
  until([end] { return audio::now_ns() >= end; });
}

bool Bench::record(const Recorder& recorder, std::int64_t ms) {
  const std::int64_t time = audio::now_ns() + ms * 1'000'000;
  return until([&recorder, time] { return recorder.recorded(time); });
}

bool Bench::open_playback(const std::string& device, unsigned prebuffer_ms, unsigned period_ms) {
  const std::size_t before = log.failures.size();
  engine->open_playback(
      {.devices = {device}, .period_ms = period_ms, .prebuffer_ms = prebuffer_ms});
  return until([this, before] { return log.playback_open || log.failures.size() > before; }) &&
         log.playback_open;
}

bool Bench::open_capture(const std::string& device, audio::EchoHandling echo) {
  return open_capture(audio::CaptureSpec{.devices = {device}, .echo = echo});
}

bool Bench::open_capture(const audio::CaptureSpec& spec) {
  const std::size_t before = log.failures.size();
  engine->open_capture(spec);
  return until([this, before] { return log.capture_open || log.failures.size() > before; }) &&
         log.capture_open;
}

void Bench::say(std::uint64_t turn, std::span<const std::int16_t> samples) {
  while (!samples.empty()) {
    audio::PlayoutBlock* block = engine->playout().acquire();
    if (block == nullptr) throw std::runtime_error("the queue is full");
    const std::size_t n = std::min(samples.size(), block->samples.size());
    std::copy_n(samples.begin(), n, block->samples.begin());
    block->frames = static_cast<unsigned>(n);
    block->turn = turn;
    block->received_ns = audio::now_ns();
    engine->playout().commit(block);
    samples = samples.subspan(n);
  }
  engine->wake_playback();
}

void Bench::end(std::uint64_t turn) {
  engine->playout().end_turn(turn);
  engine->wake_playback();
}

bool Bench::converse(const std::string& capture, const std::string& playback, unsigned seconds) {
  if (!open_capture(capture) || !open_playback(playback)) return false;
  say(1, Samples(std::size_t{audio::playback_rate} * seconds, 500));
  end(1);
  return until([this] { return !log.starts.empty() && !log.chunks.empty(); });
}

Recorder::Recorder(const std::string& device, unsigned rate)
    : rate_(rate), handle_(open_pcm(device, SND_PCM_STREAM_CAPTURE, rate)) {
  snd_pcm_start(pcm_of(handle_));
  thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

Recorder::~Recorder() {
  thread_.request_stop();
  thread_.join();
  snd_pcm_close(pcm_of(handle_));
}

void Recorder::run(std::stop_token stop) {
  snd_pcm_t* pcm = pcm_of(handle_);
  Samples buffer(rate_);
  while (!stop.stop_requested()) {
    wait_for(pcm);
    const std::int64_t now = audio::now_ns();
    const snd_pcm_sframes_t available = snd_pcm_avail_update(pcm);
    snd_pcm_sframes_t delay = 0;
    if (snd_pcm_delay(pcm, &delay) < 0) delay = std::max<snd_pcm_sframes_t>(available, 0);
    const snd_pcm_sframes_t got = snd_pcm_readi(pcm, buffer.data(), buffer.size());
    if (got == -EPIPE || got == -ESTRPIPE) {
      snd_pcm_prepare(pcm);
      snd_pcm_start(pcm);
    }
    if (got <= 0) continue;
    const std::lock_guard lock(mutex_);
    samples_.insert(samples_.end(), buffer.begin(), buffer.begin() + got);
    marks_.push_back({samples_.size(), now - (delay - got) * second_ns / rate_});
  }
}

Samples Recorder::samples() const {
  const std::lock_guard lock(mutex_);
  return samples_;
}

std::size_t Recorder::count() const {
  const std::lock_guard lock(mutex_);
  return samples_.size();
}

bool Recorder::recorded(std::int64_t time) const {
  const std::lock_guard lock(mutex_);
  return !marks_.empty() && marks_.back().time >= time;
}

std::int64_t Recorder::time_of(std::size_t index) const {
  const std::lock_guard lock(mutex_);
  for (const Mark& mark : marks_) {
    if (index < mark.end) {
      return mark.time - static_cast<std::int64_t>(mark.end - 1 - index) * second_ns / rate_;
    }
  }
  return 0;
}

Player::Player(const std::string& device, unsigned rate, Samples sound)
    : rate_(rate),
      sound_(std::move(sound)),
      handle_(open_pcm(device, SND_PCM_STREAM_PLAYBACK, rate)) {
  thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

Player::~Player() {
  thread_.request_stop();
  thread_.join();
  snd_pcm_drop(pcm_of(handle_));
  snd_pcm_close(pcm_of(handle_));
}

void Player::run(std::stop_token stop) {
  snd_pcm_t* pcm = pcm_of(handle_);
  const std::size_t lead = rate_ / 2;  // so that the stream is in its stride
  Samples all(lead + sound_.size());
  std::copy(sound_.begin(), sound_.end(), all.begin() + static_cast<std::ptrdiff_t>(lead));
  std::size_t at = 0;
  while (!stop.stop_requested()) {
    wait_for(pcm);
    if (at + rate_ / 50 > all.size()) all.resize(at + rate_);
    const snd_pcm_sframes_t put = snd_pcm_writei(pcm, all.data() + at, rate_ / 50);
    if (put == -EPIPE) snd_pcm_prepare(pcm);
    if (put <= 0) continue;
    at += static_cast<std::size_t>(put);
    snd_pcm_sframes_t delay = 0;
    if (first_ns_ != 0 || at <= lead || snd_pcm_delay(pcm, &delay) < 0) continue;
    const auto ahead = static_cast<std::int64_t>(delay) - static_cast<std::int64_t>(at - lead);
    first_ns_ = audio::now_ns() + ahead * second_ns / rate_;
  }
}

std::size_t first_sound(const Samples& samples, int threshold) {
  const auto at = std::find_if(samples.begin(), samples.end(),
                               [threshold](int sample) { return std::abs(sample) > threshold; });
  return static_cast<std::size_t>(at - samples.begin());
}

std::size_t last_sound(const Samples& samples, int threshold) {
  for (std::size_t n = samples.size(); n > 0; --n) {
    if (std::abs(samples[n - 1]) > threshold) return n - 1;
  }
  return samples.size();
}

double below(const Recorder& recorder, std::int64_t from_ns, int level) {
  const Samples heard = recorder.samples();
  const std::size_t enough = recorder.rate() / 50;
  std::size_t since = 0;
  for (std::size_t n = 0; n < heard.size(); ++n) {
    if (std::abs(heard[n]) >= level) {
      since = n + 1;
    } else if (n - since >= enough && recorder.time_of(since) > from_ns) {
      return static_cast<double>(recorder.time_of(since) - from_ns) / 1e6;
    }
  }
  return 1e9;
}

std::size_t part_of(const Samples& said, const Samples& heard, std::size_t frames) {
  const std::size_t begin = first_sound(heard);
  if (begin + frames > heard.size()) return said.size();
  const auto first = heard.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto found =
      std::search(said.begin(), said.end(), first, first + static_cast<std::ptrdiff_t>(frames));
  return static_cast<std::size_t>(found - said.begin());
}

double snr_db(const Samples& heard, std::size_t at, std::span<const std::int16_t> said) {
  if (at + said.size() > heard.size()) return -300;
  double signal = 0;
  double noise = 0;
  for (std::size_t n = 0; n < said.size(); ++n) {
    const double difference = heard[at + n] - said[n];
    signal += 1.0 * said[n] * said[n];
    noise += difference * difference;
  }
  return noise == 0 ? 300 : 10 * std::log10(signal / noise);
}

Match match(const Samples& heard, const Samples& said) {
  constexpr std::size_t slack = 1000;
  const std::span head = std::span(said).first(std::min<std::size_t>(said.size(), 10000));
  const std::size_t around = first_sound(heard, 10);
  Match best{0, -300};
  for (std::size_t at = around > slack ? around - slack : 0; at <= around + slack; ++at) {
    const double snr = snr_db(heard, at, head);
    if (snr > best.snr_db) best = {at, snr};
  }
  return {best.offset, snr_db(heard, best.offset, said)};
}

}  // namespace gv::test
