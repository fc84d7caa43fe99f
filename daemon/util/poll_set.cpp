#include "daemon/util/poll_set.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <unistd.h>

namespace gv {
namespace {

static_assert(POLLIN == EPOLLIN && POLLPRI == EPOLLPRI && POLLOUT == EPOLLOUT &&
              POLLERR == EPOLLERR && POLLHUP == EPOLLHUP);

int create_epoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return fd;
}

}  // namespace

PollSet::PollSet(asio::io_context& io) : epoll_(io, create_epoll()) {}

PollSet::~PollSet() {
  cancel();
}

void PollSet::wait(std::span<const pollfd> fds, Handler handler) {
  cancel();
  std::vector<Watched> wanted;
  for (const pollfd& p : fds) {
    if (p.fd < 0) continue;
    const auto events = static_cast<std::uint32_t>(p.events) & (EPOLLIN | EPOLLPRI | EPOLLOUT);
    const auto known =
        std::find_if(wanted.begin(), wanted.end(), [&p](const Watched& w) { return w.fd == p.fd; });
    if (known == wanted.end()) {
      wanted.push_back({p.fd, events});
    } else {
      known->events |= events;
    }
  }
  watch(wanted);
  fds_.assign(fds.begin(), fds.end());
  handler_ = std::move(handler);
  arm();
}

void PollSet::cancel() {
  token_.reset();
  handler_ = nullptr;
  std::error_code ignored;
  epoll_.cancel(ignored);
}

void PollSet::watch(const std::vector<Watched>& wanted) {
  for (const Watched& old : watched_) {
    const bool kept = std::any_of(wanted.begin(), wanted.end(),
                                  [&old](const Watched& w) { return w.fd == old.fd; });
    // Fails harmlessly where the descriptor was closed: the kernel has removed it already.
    if (!kept) ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, old.fd, nullptr);
  }
  watched_.clear();
  for (const Watched& w : wanted) {
    epoll_event event{};
    event.events = w.events;
    event.data.fd = w.fd;
    // MOD first: a number that was closed and given out again is another file to the kernel
    // (ENOENT).
    int rc = ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, w.fd, &event);
    if (rc != 0 && errno == ENOENT) {
      rc = ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, w.fd, &event);
    }
    if (rc != 0) {
      const int error = errno;
      throw std::system_error(error, std::generic_category(),
                              "descriptor " + std::to_string(w.fd) +
                                  (error == EPERM ? " cannot be polled" : " cannot be watched"));
    }
    watched_.push_back(w);
  }
}

void PollSet::arm() {
  token_ = std::make_shared<int>(0);
  epoll_.async_wait(asio::posix::stream_descriptor::wait_read,
                    [this, token = std::weak_ptr<int>(token_)](const std::error_code& error) {
                      if (token.expired() || error) return;
                      on_ready();
                    });
}

void PollSet::on_ready() {
  std::array<epoll_event, 16> events{};
  const int count =
      ::epoll_wait(epoll_.native_handle(), events.data(), static_cast<int>(events.size()), 0);
  bool any = false;
  for (pollfd& p : fds_) {
    p.revents = 0;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd != p.fd) continue;
      const auto asked = static_cast<std::uint32_t>(p.events) | EPOLLERR | EPOLLHUP;
      p.revents = static_cast<short>(event.events & asked);
    }
    any = any || p.revents != 0;
  }
  if (!any) return arm();  // woken for something that has passed already
  // Moved out first: the handler may call wait() or cancel(), or destroy this object.
  const Handler handler = std::exchange(handler_, nullptr);
  const std::vector<pollfd> ready = std::exchange(fds_, {});
  token_.reset();
  handler(ready);
}

}  // namespace gv
