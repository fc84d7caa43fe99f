// The microphone: from an open PCM to chunks in the event queue. Audio thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/audio/alsa_pcm.hpp"
#include "daemon/audio/chunker.hpp"
#include "daemon/audio/cleaner.hpp"
#include "daemon/audio/errand.hpp"
#include "daemon/audio/recovery.hpp"
#include "daemon/audio/resampler.hpp"
#include "daemon/audio/stream_context.hpp"
#include "daemon/audio/taps.hpp"
#include "daemon/audio/watchdog.hpp"

namespace gv::audio {

class CaptureStream {
 public:
  CaptureStream(const StreamContext& context, Cleaner& cleaner)
      : context_(context), cleaner_(cleaner), errand_(context.bell) {}

  // nullptr: nobody listens. Outlives this.
  void set_tap(CaptureTap* tap) { tap_ = tap; }
  // What holds for the devices to come.
  void configure(const CaptureSpec& spec);
  void set_half_duplex(bool half_duplex) { half_duplex_ = half_duplex; }
  // A device that runs, instead of the one in use.
  void attach(AlsaPcm pcm, std::int64_t now);
  // Gives away a lost device; nothing where it is away, which is closed when it comes back.
  std::optional<AlsaPcm> detach();
  void close();
  bool is_open() const { return pcm_ || errand_.away(); }
  bool away() const { return errand_.away(); }
  AlsaPcm* pcm() { return pcm_ ? &*pcm_ : nullptr; }

  // Takes what the device has, and the device where it was away. trouble: poll() reported an error.
  // audible_until: until when an answer could be heard, `never` while one plays. Gives a failure
  // where the device is lost.
  std::optional<Failure> service(std::int64_t now, bool trouble, std::int64_t audible_until);
  // poll() returned for nothing: not again for a moment.
  void false_alarm(std::int64_t now);
  bool polls() const { return pcm_ && resume_at_ == 0 && pause_until_ == 0; }
  std::int64_t deadline() const;  // when service() is to be called without an event

 private:
  struct Read {
    long error = 0;
    bool any = false;
  };
  Read read_all(std::int64_t audible_until);
  void deliver(std::size_t frames, std::int64_t last_ns, std::int64_t audible_until);
  std::optional<Failure> revive(std::int64_t now, long error);
  std::optional<Failure> come_back(std::int64_t now);
  std::optional<Failure> revived(std::int64_t now, long error, const Errand::Report& report);

  StreamContext context_;
  Cleaner& cleaner_;
  CaptureTap* tap_ = nullptr;
  std::optional<AlsaPcm> pcm_;
  Errand errand_;
  std::string device_;
  std::optional<Resampler> resampler_;
  std::optional<Chunker> chunker_;
  RecoveryBudget budget_;
  // A sound server whose card was pulled goes on without data and without an error.
  Watchdog watchdog_;
  unsigned period_ms_ = 20;
  bool half_duplex_ = false;
  bool by_key_ = false;
  std::vector<std::int16_t> raw_;        // at the device's rate
  std::vector<std::int16_t> converted_;  // at 16 kHz
  std::int64_t resume_at_ = 0;           // 0: not suspended
  int resumes_ = 0;                      // since it delivered something
  long revive_error_ = 0;
  std::int64_t pause_until_ = 0;  // 0: poll it
};

}  // namespace gv::audio
