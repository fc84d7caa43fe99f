#include "daemon/audio/alsa_pcm.hpp"

#include <algorithm>
#include <cerrno>

#include <alsa/asoundlib.h>

#include "daemon/audio/alsa_error.hpp"

namespace gv::audio {

void AlsaPcm::Close::operator()(_snd_pcm* handle) const {
  snd_pcm_close(handle);
  count->closed();
}

long AlsaPcm::available() {
  return snd_pcm_avail_update(handle_.get());
}

long AlsaPcm::read(std::span<std::int16_t> out) {
  return snd_pcm_readi(handle_.get(), out.data(), out.size());
}

long AlsaPcm::write(std::span<const std::int16_t> in) {
  return snd_pcm_writei(handle_.get(), in.data(), in.size());
}

std::optional<long> AlsaPcm::delay() {
  snd_pcm_sframes_t frames = 0;
  if (snd_pcm_delay(handle_.get(), &frames) < 0) return std::nullopt;
  return frames;
}

int AlsaPcm::start() {
  return snd_pcm_start(handle_.get());
}
int AlsaPcm::prepare() {
  return snd_pcm_prepare(handle_.get());
}
int AlsaPcm::resume() {
  return snd_pcm_resume(handle_.get());
}

long AlsaPcm::rewindable() {
  // Where the card is now, not where it was at its last interrupt.
  if (server_ || snd_pcm_avail(handle_.get()) < 0) return 0;
  return std::max<long>(snd_pcm_rewindable(handle_.get()), 0);
}

long AlsaPcm::rewind(long frames) {
  if (frames <= 0) return 0;
  return std::max<long>(snd_pcm_rewind(handle_.get(), static_cast<snd_pcm_uframes_t>(frames)), 0);
}

void AlsaPcm::cut() {
  // Only dmix needs the rewind, and some plug-ins only claim to have done it: the drop follows
  // whatever it says.
  const snd_pcm_sframes_t frames = snd_pcm_rewindable(handle_.get());
  if (frames > 0) snd_pcm_rewind(handle_.get(), static_cast<snd_pcm_uframes_t>(frames));
  snd_pcm_drop(handle_.get());
}

AlsaPcm::State AlsaPcm::state() const {
  switch (snd_pcm_state(handle_.get())) {
    case SND_PCM_STATE_PREPARED:
      return State::ready;
    case SND_PCM_STATE_RUNNING:
    case SND_PCM_STATE_DRAINING:
      return State::running;
    case SND_PCM_STATE_XRUN:
      return State::xrun;
    case SND_PCM_STATE_SUSPENDED:
      return State::suspended;
    case SND_PCM_STATE_DISCONNECTED:
      return State::gone;
    case SND_PCM_STATE_OPEN:
    case SND_PCM_STATE_SETUP:
    case SND_PCM_STATE_PAUSED:
    case SND_PCM_STATE_PRIVATE1:
      return State::stopped;
  }
  return State::stopped;
}

void AlsaPcm::add_poll_descriptors(std::vector<pollfd>& out) {
  const int count = snd_pcm_poll_descriptors_count(handle_.get());
  if (count <= 0) return;
  const std::size_t before = out.size();
  out.resize(before + static_cast<std::size_t>(count));
  const int filled =
      snd_pcm_poll_descriptors(handle_.get(), out.data() + before, static_cast<unsigned>(count));
  out.resize(before + static_cast<std::size_t>(filled < 0 ? 0 : filled));
}

unsigned short AlsaPcm::events(std::span<pollfd> descriptors) {
  unsigned short result = 0;
  if (descriptors.empty()) return 0;
  const int error = snd_pcm_poll_descriptors_revents(
      handle_.get(), descriptors.data(), static_cast<unsigned>(descriptors.size()), &result);
  return error < 0 ? static_cast<unsigned short>(POLLERR) : result;
}

}  // namespace gv::audio
