// One open PCM: 16-bit mono, non-blocking, at the device's own rate. A thin owner of the handle;
// used by one thread at a time. Errors of running calls are negative errno.
//
// With a sound server start(), prepare(), resume(), cut(), closing, and a write() that starts it
// wait for the server's answer; with a sound card nothing waits.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <poll.h>

#include "daemon/audio/engine.hpp"
#include "daemon/audio/headphones.hpp"
#include "daemon/audio/open_count.hpp"

struct _snd_pcm;  // NOLINT(bugprone-reserved-identifier): libasound's own name

namespace gv::audio {

class AlsaPcm {
 public:
  // Throws AlsaError. Blocks as long as the plug-in does (a sound server: up to seconds). It is in
  // the count from when libasound has opened it until it has closed it. proceed: asked before it is
  // set up, which is when a server begins to record; where it says no, that ends in -ECANCELED.
  static AlsaPcm open(const std::string& name, Direction direction, unsigned period_ms,
                      std::shared_ptr<OpenCount> count, const std::function<bool()>& proceed);

  const StreamInfo& info() const { return info_; }
  bool server() const { return server_; }  // no sound card: a sound server's plug-in

  long available();  // frames that can be read or written
  long read(std::span<std::int16_t> out);
  long write(std::span<const std::int16_t> in);
  // Frames between the application and the converter; nothing where the device does not know (the
  // pulse plug-in fails with a false -EIO at the start of a stream, users.md (f) 1). One that is
  // corrected may wait for the server there: to be asked once data have gone through.
  std::optional<long> delay();

  int start();
  int prepare();
  int resume();
  // How much of what was written last can be taken back, where the device says so truly: nothing
  // with a server (audio.md 1.4).
  long rewindable();
  // Takes back so many frames; returns how many it took.
  long rewind(long frames);
  // To silence by the shortest way: what was written and not yet heard is gone (audio.md 1.4).
  void cut();

  // Of a speaker.
  Jack* jack() { return jack_ ? &*jack_ : nullptr; }

  enum class State { ready, running, xrun, suspended, gone, stopped };
  State state() const;

  void add_poll_descriptors(std::vector<pollfd>& out);
  // The translated events of the descriptors this added.
  unsigned short events(std::span<pollfd> descriptors);

 private:
  struct Close {
    std::shared_ptr<OpenCount> count;
    void operator()(_snd_pcm* handle) const;
  };

  AlsaPcm() = default;
  void set_parameters(Direction direction, unsigned period_ms);

  std::unique_ptr<_snd_pcm, Close> handle_;
  StreamInfo info_;
  bool server_ = false;
  std::optional<Jack> jack_;
};

}  // namespace gv::audio
