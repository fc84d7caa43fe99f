// Many descriptors, one wait: the pollfds of a library go into a private epoll set, and Asio waits
// for that one descriptor. So Asio never owns, closes or re-arms a descriptor that is the
// library's. Single-threaded: everything runs on the io_context's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <poll.h>

namespace gv {

class PollSet {
 public:
  // The same descriptors in the same order as given to wait(), with revents filled in: what ALSA's
  // and sd-bus's "revents" functions want. At least one is non-zero.
  using Handler = std::function<void(std::span<const pollfd> ready)>;

  // Throws std::system_error where the kernel has no descriptor left.
  explicit PollSet(asio::io_context& io);
  ~PollSet();
  PollSet(const PollSet&) = delete;
  PollSet& operator=(const PollSet&) = delete;

  // Waits until at least one of fds is ready for its events (level-triggered, as poll(2)), then
  // calls handler once. A new wait() replaces the pending one, whose handler is then never called.
  // A negative fd is ignored, as by poll(2); the same fd may be given more than once.
  //
  // Throws std::system_error, with nothing pending, where a descriptor cannot be watched: EPERM
  // for files that the kernel cannot poll (regular files, ALSA's "null" PCM), EBADF for closed
  // ones.
  void wait(std::span<const pollfd> fds, Handler handler);

  // No handler is called after this. Call it before a watched descriptor is closed.
  void cancel();

 private:
  struct Watched {
    int fd;
    std::uint32_t events;
  };
  void watch(const std::vector<Watched>& wanted);
  void arm();
  void on_ready();

  asio::posix::stream_descriptor epoll_;  // owns the private epoll descriptor
  std::vector<pollfd> fds_;
  std::vector<Watched> watched_;  // what is in the epoll set now
  Handler handler_;
  // Renewed by every wait() and cancel(): a completion that was queued before that finds its own
  // token gone. Testing the error code alone is not enough.
  std::shared_ptr<int> token_;
};

}  // namespace gv
