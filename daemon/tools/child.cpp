#include "daemon/tools/child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <set>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/tools/spawn.hpp"
#include "daemon/util/guarded.hpp"

namespace gv::tools {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kill_after{1000};

std::runtime_error failure(const char* what) {
  return std::runtime_error(std::string(what) + ": " + std::generic_category().message(errno));
}

// A descriptor that goes with its scope.
class Descriptor {
 public:
  Descriptor() = default;
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  // Above those of standard input, output and error, which spawn() puts others in the place of.
  void take(int fd) {
    close();
    fd_ = fd;
    if (fd > STDERR_FILENO) return;
    fd_ = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    ::close(fd);
    if (fd_ < 0) throw failure("no descriptor is left");
  }

 private:
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  int fd_ = -1;
};

struct Pipe {
  Descriptor reader;
  Descriptor writer;
  void open() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) throw failure("no pipe can be made");
    reader.take(fds[0]);
    writer.take(fds[1]);
  }
};

// Ours: the other end is the program's, and stays as programs expect it.
void own(asio::posix::stream_descriptor& owner, Descriptor& fd) {
  if (::fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) throw failure("a pipe cannot be used");
  owner.assign(fd.get());
  fd.release();
}

void close(asio::posix::stream_descriptor& descriptor) {
  std::error_code ignored;
  descriptor.close(ignored);
}

// Which no other may wait for.
std::set<pid_t>& waited_for() {
  static std::set<pid_t> pids;
  return pids;
}

bool is_readable(int fd, int timeout_ms) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, timeout_ms) > 0;
}

void kill_and_take(pid_t pid) {
  ::kill(-pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

}  // namespace

Child::Child(asio::io_context& io, const ChildSpec& spec)
    : end_(io), input_(io), output_(io), errors_(io) {
  Pipe in;
  Pipe out;
  Pipe err;
  out.open();
  err.open();
  if (spec.input_pipe) {
    in.open();
    own(input_, in.writer);
  }
  own(output_, out.reader);
  own(errors_, err.reader);
  const int input = spec.input_pipe ? in.reader.get() : spec.input_fd;
  pid_ = spawn(spec, {input, out.writer.get(), err.writer.get()});
  try {
    waited_for().insert(pid_);
    Descriptor end;
    // The header of glibc 2.36 declares pidfd_open() as C++.
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    if (fd < 0) throw failure("its end cannot be waited for");
    end.take(fd);
    end_.assign(end.get());
    end.release();
  } catch (const std::exception&) {
    kill_and_take(pid_);
    waited_for().erase(pid_);
    throw;
  }
}

Child::~Child() {
  if (taken_) return;
  signal_group(SIGKILL);
  // A matter of microseconds, unless the kernel holds it.
  is_readable(end_.native_handle(), 200);
  take_end();
  waited_for().erase(pid_);
}

bool Child::waits_for(pid_t pid) {
  return waited_for().contains(pid);
}

void Child::when_ended(std::function<void()> handler) {
  const bool waiting = ended_ != nullptr;
  ended_ = std::move(handler);
  if (!waiting) wait_for_end();
}

void Child::wait_for_end() {
  end_.async_wait(asio::posix::stream_descriptor::wait_read,
                  [this, token = std::weak_ptr<int>(token_)](const std::error_code& error) {
                    if (error || token.expired()) return;
                    // Asio reuses what it keeps of a descriptor: an event of one that was closed a
                    // moment ago, in the same batch of its epoll, can complete this wait.
                    if (!is_readable(end_.native_handle(), 0)) return wait_for_end();
                    // Moved out first: the handler may destroy this object.
                    const auto handler = std::exchange(ended_, nullptr);
                    guarded("the end of a program", handler);
                  });
}

std::optional<ExitStatus> Child::take_end() {
  siginfo_t info{};
  if (taken_) return std::nullopt;
  const int failed = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG);
  if (failed == 0 && info.si_pid == 0) return std::nullopt;
  taken_ = true;
  waited_for().erase(pid_);
  return ExitStatus{info.si_code != CLD_EXITED, info.si_status};
}

void Child::signal_group(int signal) const {
  if (!taken_) ::kill(-pid_, signal);
}

struct Endings::Leaving {
  Leaving(asio::io_context& io, std::unique_ptr<Child> which)
      : child(std::move(which)), timer(io) {}
  std::unique_ptr<Child> child;
  asio::steady_timer timer;
};

Endings::~Endings() = default;

void Endings::take(std::unique_ptr<Child> child, milliseconds patience) {
  close(child->input());
  close(child->output());
  close(child->errors());
  const auto leaving = std::make_shared<Leaving>(io_, std::move(child));
  leaving_.push_back(leaving);
  leaving->child->when_ended([this, weak = std::weak_ptr<Leaving>(leaving)] {
    const auto gone = weak.lock();
    if (!gone) return;
    gone->child->signal_group(SIGKILL);  // before its number can be another's
    gone->child->take_end();
    std::erase(leaving_, gone);
  });
  if (patience == milliseconds(0)) {
    leaving->child->signal_group(SIGTERM);
    hurry(leaving, kill_after, SIGKILL);
  } else {
    hurry(leaving, patience, SIGTERM);
  }
}

void Endings::hurry(const std::shared_ptr<Leaving>& leaving, milliseconds wait, int signal) {
  leaving->timer.expires_after(wait);
  leaving->timer.async_wait(
      [this, signal, weak = std::weak_ptr<Leaving>(leaving)](const std::error_code& error) {
        const auto late = weak.lock();
        if (error || !late) return;
        late->child->signal_group(signal);
        if (signal == SIGTERM)
          guarded("the end of a program", [&] { hurry(late, kill_after, SIGKILL); });
      });
}

bool read_some(asio::posix::stream_descriptor& from, std::size_t most,
               const std::function<void(std::string_view)>& to) {
  std::array<char, 16'384> buffer;
  while (most > 0) {
    const ssize_t size = ::read(from.native_handle(), buffer.data(), std::min(most, buffer.size()));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN;
    if (size == 0) return false;
    to(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
    most -= static_cast<std::size_t>(size);
  }
  return true;
}

void read_rest(asio::posix::stream_descriptor& from,
               const std::function<void(std::string_view)>& to) {
  int size = 0;
  if (!from.is_open() || ::ioctl(from.native_handle(), FIONREAD, &size) != 0 || size <= 0) return;
  read_some(from, static_cast<std::size_t>(size), to);
}

}  // namespace gv::tools
