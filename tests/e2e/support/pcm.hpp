// A blocking S16LE mono PCM and the time line of its samples.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <alsa/asoundlib.h>

namespace gv::e2e {

std::int64_t now_ns();  // CLOCK_MONOTONIC, the clock of the daemon and of the sim's log too

// When each frame crossed the device. Frames are added in order; times between are interpolated.
class Timeline {
 public:
  explicit Timeline(unsigned rate) : rate_(rate) {}
  void add(std::int64_t frame, std::int64_t ns) { marks_.push_back({frame, ns}); }
  std::int64_t time_of(std::int64_t frame) const;
  std::int64_t frame_at(std::int64_t ns) const;

 private:
  struct Mark {
    std::int64_t frame;
    std::int64_t ns;
  };
  unsigned rate_;
  std::vector<Mark> marks_;
};

class Pcm {
 public:
  // Opens with 10 ms periods; throws std::runtime_error with ALSA's words.
  Pcm(const std::string& device, snd_pcm_stream_t direction, unsigned rate, unsigned buffer_ms);

  unsigned period() const { return period_; }
  unsigned xruns() const { return xruns_; }
  // Blocking; both carry on after an xrun, which is counted.
  void write(std::span<const std::int16_t> samples);
  void read(std::span<std::int16_t> samples);
  std::int64_t delay() const;  // frames; 0 where the device cannot say yet

 private:
  struct Closer {
    void operator()(snd_pcm_t* pcm) const { snd_pcm_close(pcm); }
  };
  // How many frames a call moved, by what it returned; recovers after an xrun. Where the call did
  // not wait this does: the plug-in of the sound servers waits by asking over and over, and that
  // takes no virtual time, in which nobody else comes to work.
  std::size_t moved(long done);

  std::unique_ptr<snd_pcm_t, Closer> pcm_;
  unsigned period_ = 0;
  unsigned xruns_ = 0;
};

}  // namespace gv::e2e
