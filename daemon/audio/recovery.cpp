#include "daemon/audio/recovery.hpp"

#include <cerrno>

namespace gv::audio {

Recovery recover(AlsaPcm& pcm, long error) {
  const AlsaPcm::State state = pcm.state();
  if (state == AlsaPcm::State::gone || error == -ENODEV) return Recovery::lost;
  const bool suspended = state == AlsaPcm::State::suspended;
  // Plug-ins say yes and stay suspended, and a card may go on by itself: prepare in any case.
  if (suspended && pcm.resume() == -EAGAIN) return Recovery::later;
  // "DMA or IRQ trouble": the kernel gave up waiting while the state is still RUNNING, in which
  // prepare would be refused.
  if (pcm.state() == AlsaPcm::State::running) pcm.cut();
  const int prepared = pcm.prepare();
  if (suspended && prepared == -EAGAIN) return Recovery::later;
  return prepared < 0 ? Recovery::lost : Recovery::done;
}

bool RecoveryBudget::allow(std::int64_t now) {
  constexpr int most = 3;
  constexpr std::int64_t window_ns = 2'000'000'000;
  if (count_ == 0 || now - first_ns_ > window_ns) {
    count_ = 0;
    first_ns_ = now;
  }
  return ++count_ <= most;
}

}  // namespace gv::audio
