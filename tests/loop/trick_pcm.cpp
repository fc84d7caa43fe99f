#include "tests/loop/trick_pcm.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>

#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace {

gv::test::TrickPcm trick;

std::int64_t now_ns() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Stream {
  snd_pcm_ioplug_t io{};
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  std::int64_t started_ns = 0;
  ~Stream() { ::close(timer); }
};

Stream& of(snd_pcm_ioplug_t* io) {
  return *static_cast<Stream*>(io->private_data);
}

int start(snd_pcm_ioplug_t* io) {
  const itimerspec every_10_ms{{0, 10'000'000}, {0, 10'000'000}};
  timerfd_settime(of(io).timer, 0, &every_10_ms, nullptr);
  of(io).started_ns = now_ns() + trick.first_sound_ms * std::int64_t{1'000'000};
  return 0;
}

int stop(snd_pcm_ioplug_t* io) {
  const itimerspec never{};
  timerfd_settime(of(io).timer, 0, &never, nullptr);
  return 0;
}

snd_pcm_sframes_t pointer(snd_pcm_ioplug_t* io) {
  if (io->state != SND_PCM_STATE_RUNNING) return 0;
  const std::int64_t running_ns = std::max<std::int64_t>(now_ns() - of(io).started_ns, 0);
  const std::int64_t frames = running_ns * io->rate / 1'000'000'000;
  return static_cast<snd_pcm_sframes_t>(frames % static_cast<std::int64_t>(io->buffer_size));
}

snd_pcm_sframes_t transfer(snd_pcm_ioplug_t* /*io*/, const snd_pcm_channel_area_t* areas,
                           snd_pcm_uframes_t offset, snd_pcm_uframes_t size) {
  snd_pcm_area_silence(areas, offset, size, SND_PCM_FORMAT_S16_LE);
  return static_cast<snd_pcm_sframes_t>(size);
}

int prepare(snd_pcm_ioplug_t* /*io*/) {
  ++trick.prepared;
  return trick.suspended ? -EAGAIN : 0;
}

int resume(snd_pcm_ioplug_t* /*io*/) {
  return 0;  // libasound says so whatever it is
}

int poll_revents(snd_pcm_ioplug_t* io, pollfd* descriptors, unsigned /*count*/,
                 unsigned short* revents) {
  std::uint64_t expirations = 0;
  [[maybe_unused]] const auto got = read(descriptors->fd, &expirations, sizeof expirations);
  *revents = POLLIN;
  if (!trick.suspended) return 0;
  snd_pcm_ioplug_set_state(io, SND_PCM_STATE_SUSPENDED);
  *revents = POLLERR;
  return 0;
}

int close(snd_pcm_ioplug_t* io) {
  const std::unique_ptr<Stream> gone(&of(io));
  return 0;
}

constexpr snd_pcm_ioplug_callback_t callbacks = [] {
  snd_pcm_ioplug_callback_t all{};
  all.start = start;
  all.stop = stop;
  all.pointer = pointer;
  all.transfer = transfer;
  all.prepare = prepare;
  all.resume = resume;
  all.poll_revents = poll_revents;
  all.close = close;
  return all;
}();

int constrain(snd_pcm_ioplug_t& io) {
  const std::array<unsigned, 1> access{SND_PCM_ACCESS_RW_INTERLEAVED};
  const std::array<unsigned, 1> format{SND_PCM_FORMAT_S16_LE};
  int error = snd_pcm_ioplug_set_param_list(&io, SND_PCM_IOPLUG_HW_ACCESS, 1, access.data());
  const auto also = [&error](int code) { error = error < 0 ? error : code; };
  also(snd_pcm_ioplug_set_param_list(&io, SND_PCM_IOPLUG_HW_FORMAT, 1, format.data()));
  also(snd_pcm_ioplug_set_param_minmax(&io, SND_PCM_IOPLUG_HW_CHANNELS, 1, 1));
  also(snd_pcm_ioplug_set_param_minmax(&io, SND_PCM_IOPLUG_HW_RATE, 48000, 48000));
  also(snd_pcm_ioplug_set_param_minmax(&io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 256, 65536));
  also(snd_pcm_ioplug_set_param_minmax(&io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 1024, 262144));
  return error;
}

}  // namespace

extern "C" {

gv::test::TrickPcm* gv_trick_pcm() {
  return &trick;
}

SND_PCM_PLUGIN_DEFINE_FUNC(trick) {
  static_cast<void>(root);
  static_cast<void>(conf);
  poll(nullptr, 0, trick.opening_ms);
  auto made = std::make_unique<Stream>();
  made->io.version = SND_PCM_IOPLUG_VERSION;
  made->io.name = "the tests' device";
  made->io.poll_fd = made->timer;
  made->io.poll_events = POLLIN;
  made->io.callback = &callbacks;
  made->io.private_data = made.get();
  if (const int error = snd_pcm_ioplug_create(&made->io, name, stream, mode); error < 0) {
    return error;
  }
  Stream& io = *made.release();  // close() has it from now on
  if (const int error = constrain(io.io); error < 0) {
    snd_pcm_ioplug_delete(&io.io);
    return error;
  }
  *pcmp = io.io.pcm;
  return 0;
}

// SND_PCM_PLUGIN_SYMBOL() has a semicolon too many for clang.
SND_DLSYM_BUILD_VERSION(SND_PCM_PLUGIN_ENTRY(trick), SND_PCM_DLSYM_VERSION)
}
