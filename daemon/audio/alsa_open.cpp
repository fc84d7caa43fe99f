// Opening a PCM: name, format, rate, sizes.
#include "daemon/audio/alsa_open.hpp"

#include <algorithm>
#include <cerrno>

#include <alsa/asoundlib.h>

#include "daemon/audio/alsa_error.hpp"
#include "daemon/audio/alsa_pcm.hpp"
#include "daemon/audio/resampler.hpp"
#include "daemon/util/log.hpp"

namespace gv::audio {
namespace {

constexpr unsigned server_rate = 48000;
constexpr unsigned capture_buffer_ms = 240;  // costs no latency and rides out a slow prepare
constexpr unsigned server_periods = 3;
constexpr unsigned server_buffer_ms = 40;  // or it runs dry on a busy machine
constexpr unsigned card_period_ms = 10;
constexpr unsigned card_periods = 4;

snd_pcm_stream_t stream(Direction direction) {
  return direction == Direction::capture ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK;
}

void check(int code, const char* step) {
  if (code < 0) throw AlsaError(step, code);
}

// The device's rate that costs least: the wire's own where it is a card that takes it. A server
// takes any and converts by its own means, so it gets the rate that its devices mostly have.
unsigned choose_rate(snd_pcm_t* handle, snd_pcm_hw_params_t* hw, unsigned wire_rate, bool server) {
  if (!server && snd_pcm_hw_params_test_rate(handle, hw, wire_rate, 0) == 0) return wire_rate;
  return server_rate;
}

}  // namespace

void AlsaPcm::set_parameters(Direction direction, unsigned period_ms) {
  snd_pcm_t* handle = handle_.get();
  const bool capture = direction == Direction::capture;
  // A plug-in over a card is as quick as the card.
  snd_pcm_info_t* about = nullptr;
  snd_pcm_info_alloca(&about);
  check(snd_pcm_info(handle, about), "asking what it is");
  const int card = snd_pcm_info_get_card(about);
  server_ = card < 0;
  // A card has one jack for all it plays; what is no analogue output (HDMI) is another device.
  if (!capture) jack_.emplace(snd_pcm_info_get_device(about) == 0 ? card : -1);
  info_.headphones = jack_ && jack_->headphones();

  snd_pcm_hw_params_t* hw = nullptr;
  snd_pcm_hw_params_alloca(&hw);
  check(snd_pcm_hw_params_any(handle, hw), "reading its abilities");
  // ALSA's own converter may be the linear one (audio.md 1.3): we convert.
  check(snd_pcm_hw_params_set_rate_resample(handle, hw, 0), "switching ALSA's resampler off");
  check(snd_pcm_hw_params_set_access(handle, hw, SND_PCM_ACCESS_RW_INTERLEAVED),
        "read/write access");
  check(snd_pcm_hw_params_set_format(handle, hw, SND_PCM_FORMAT_S16_LE), "16-bit samples");
  check(snd_pcm_hw_params_set_channels(handle, hw, 1), "one channel");
  info_.rate = choose_rate(handle, hw, capture ? capture_rate : playback_rate, server_);
  check(snd_pcm_hw_params_set_rate_near(handle, hw, &info_.rate, nullptr), "setting the rate");

  unsigned ms = period_ms;
  if (!capture && !server_) ms = std::min(ms, card_period_ms);
  snd_pcm_uframes_t period = snd_pcm_uframes_t{info_.rate} * ms / 1000;
  check(snd_pcm_hw_params_set_period_size_near(handle, hw, &period, nullptr), "setting the period");
  snd_pcm_uframes_t buffer = period * (server_ ? server_periods : card_periods);
  if (!capture && server_) {
    buffer = std::max(buffer, snd_pcm_uframes_t{info_.rate} * server_buffer_ms / 1000);
  }
  if (capture) {
    buffer = std::max(buffer, snd_pcm_uframes_t{info_.rate} * capture_buffer_ms / 1000);
  }
  check(snd_pcm_hw_params_set_buffer_size_near(handle, hw, &buffer), "setting the buffer");
  check(snd_pcm_hw_params(handle, hw), "setting it up");
  check(snd_pcm_hw_params_get_period_size(hw, &period, nullptr), "reading the period");
  check(snd_pcm_hw_params_get_buffer_size(hw, &buffer), "reading the buffer");

  snd_pcm_sw_params_t* sw = nullptr;
  snd_pcm_sw_params_alloca(&sw);
  check(snd_pcm_sw_params_current(handle, sw), "reading its settings");
  // PipeWire takes its latency from avail_min.
  check(snd_pcm_sw_params_set_avail_min(handle, sw, period), "setting the wake-up level");
  check(snd_pcm_sw_params_set_start_threshold(handle, sw, period), "setting the start level");
  check(snd_pcm_sw_params(handle, sw), "changing its settings");
  check(snd_pcm_prepare(handle), "preparing it");

  info_.channels = 1;
  info_.period_frames = static_cast<unsigned>(period);
  info_.buffer_frames = static_cast<unsigned>(buffer);
}

AlsaPcm AlsaPcm::open(const std::string& name, Direction direction, unsigned period_ms,
                      std::shared_ptr<OpenCount> count, const std::function<bool()>& proceed) {
  AlsaPcm pcm;
  const auto open_as = [&pcm, &count, &proceed, direction](const std::string& pcm_name) {
    pcm.handle_.reset();
    snd_pcm_t* handle = nullptr;
    check(snd_pcm_open(&handle, pcm_name.c_str(), stream(direction), SND_PCM_NONBLOCK),
          opening_step);
    count->opened();
    pcm.handle_ = {handle, Close{count}};
    if (!proceed()) throw AlsaError("not wanted any longer", -ECANCELED);
    if (snd_pcm_type(handle) == SND_PCM_TYPE_NULL)
      throw AlsaError("a PCM without a clock", -EINVAL);
  };
  pcm.info_.device = name;
  open_as(name);
  try {
    pcm.set_parameters(direction, period_ms);
    return pcm;
  } catch (const AlsaError& error) {
    if (error.code() != -EINVAL || pcm.server_) throw;
  }
  // Most cards have no mono: `plug` converts format and channels, its resampler stays off.
  const char quote = name.find('\'') == std::string::npos ? '\'' : '"';
  open_as("plug:SLAVE=" + (quote + name) + quote);
  pcm.set_parameters(direction, period_ms);
  return pcm;
}

namespace {

// By looking: with the pulse plug-in, whose descriptor is always ready until the first data come,
// snd_pcm_wait() neither sleeps nor ends. Whoever closes the microphone meanwhile does not wait.
void prove(AlsaPcm& pcm, const OpenProgress& progress) {
  constexpr int look_ms = 10;
  constexpr const char* step = "listening to it";
  const std::int64_t end_ns = now_ns() + std::int64_t{first_sound_limit_ms} * 1'000'000;
  while (now_ns() < end_ns) {
    const long available = pcm.available();
    check(static_cast<int>(std::min(available, 0L)), step);
    if (available > 0) return;
    if (!progress.wanted) throw AlsaError(step, -ECANCELED);
    poll(nullptr, 0, look_ms);
  }
  throw AlsaError(step, -ETIMEDOUT);
}

AlsaPcm open_one(const std::string& name, const OpenTask& task, const OpenProgress& progress) {
  AlsaPcm pcm = AlsaPcm::open(name, task.direction, task.period_ms, task.count,
                              [&progress] { return progress.wanted.load(); });
  try {
    // Nothing may throw in the audio thread, which will make one like it.
    const Resampler trial(pcm.info().rate, capture_rate);
  } catch (const std::runtime_error&) {
    throw AlsaError("converting its rate", -EINVAL);
  }
  if (!progress.wanted) throw AlsaError("not wanted any longer", -ECANCELED);
  if (task.direction == Direction::playback) return pcm;
  check(pcm.start(), "starting it");
  if (task.prove) prove(pcm, progress);
  return pcm;
}

}  // namespace

std::string opening_failed(Direction direction, const std::string& reasons) {
  const bool capture = direction == Direction::capture;
  return std::string(capture ? "cannot open the microphone: " : "cannot open the speaker: ") +
         (reasons.empty() ? "no device is configured" : reasons) +
         ". Try: gemini-voicectl devices, and set audio." + (capture ? "capture" : "playback") +
         ".device";
}

OpenResult open_first(const OpenTask& task, OpenProgress& progress) {
  constexpr int attempts = 3;
  constexpr int pause_ms = 20;
  std::string reasons = task.reasons;
  for (std::size_t index = task.first; index < task.devices.size(); ++index) {
    const std::string& name = task.devices[index];
    progress.index = index;
    progress.since_ns = now_ns();
    for (int attempt = 1; progress.wanted; ++attempt) {
      try {
        return {.pcm = open_one(name, task, progress), .index = index, .failure = {}};
      } catch (const AlsaError& error) {
        log::debug("audio", name + ": " + error.what());
        // snd-aloop refuses while its other end is being set up.
        if (error.code() == -EINVAL && attempt < attempts) {
          poll(nullptr, 0, pause_ms);
          continue;
        }
        if (!reasons.empty()) reasons += "; ";
        reasons += name + ": " + explain(error) + " (" + error.what() + ")";
        break;
      }
    }
  }
  throw FailureError(Error::device_unavailable, opening_failed(task.direction, reasons));
}

}  // namespace gv::audio
