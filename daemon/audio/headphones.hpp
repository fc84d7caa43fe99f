// Whether a sound card plays to headphones, which a microphone does not hear.
#pragma once

#include <memory>
#include <vector>

#include <poll.h>

struct _snd_ctl;  // NOLINT(bugprone-reserved-identifier): libasound's own name

namespace gv::audio {

// A card's jack: made on the opener's thread, then the audio thread's. Asks the kernel only.
class Jack {
 public:
  // card: ALSA's number; below 0, or where the card does not tell: nothing is ever plugged in.
  explicit Jack(int card);

  // By the card's jack controls, else by its name (a USB headset).
  bool headphones() const { return headphones_; }

  void add_poll_descriptors(std::vector<pollfd>& out);
  // One of these woke poll(). True: headphones() has changed.
  bool changed();

 private:
  struct Close {
    void operator()(_snd_ctl* control) const;
  };
  bool look() const;

  std::unique_ptr<_snd_ctl, Close> control_;
  bool headphones_ = false;
};

}  // namespace gv::audio
