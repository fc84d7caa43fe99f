#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "daemon/util/poll_set.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include <asio/post.hpp>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

struct Pipe {
  Pipe() { REQUIRE(::pipe2(fds.data(), O_CLOEXEC | O_NONBLOCK) == 0); }
  ~Pipe() {
    close_read();
    close_write();
  }
  int read_end() const { return fds[0]; }
  void fill() const { REQUIRE(::write(fds[1], "x", 1) == 1); }
  void drain() const {
    char c = 0;
    REQUIRE(::read(fds[0], &c, 1) == 1);
  }
  void close_read() { close_one(fds[0]); }
  void close_write() { close_one(fds[1]); }
  static void close_one(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  std::array<int, 2> fds{-1, -1};
};

pollfd in(int fd) {
  return {fd, POLLIN, 0};
}

// Runs everything that is ready, then returns; never blocks.
void settle(asio::io_context& io) {
  io.restart();
  while (io.poll() > 0) {
  }
}

}  // namespace

TEST_CASE("the ready descriptor is told, in the order given, once per wait") {
  asio::io_context io;
  gv::PollSet set(io);
  Pipe a;
  Pipe b;
  const int c = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const std::array<pollfd, 3> fds{in(a.read_end()), in(b.read_end()), in(c)};
  int calls = 0;
  std::vector<pollfd> got;
  const auto handler = [&calls, &got](std::span<const pollfd> ready) {
    ++calls;
    got.assign(ready.begin(), ready.end());
  };
  set.wait(fds, handler);
  settle(io);
  CHECK(calls == 0);

  b.fill();
  io.restart();
  io.run_one();
  REQUIRE(calls == 1);
  REQUIRE(got.size() == 3);
  CHECK(got[0].revents == 0);
  CHECK(got[1].fd == b.read_end());
  CHECK(got[1].revents == POLLIN);
  CHECK(got[2].revents == 0);

  settle(io);
  CHECK(calls == 1);  // no further wait was asked for

  SUBCASE("level-triggered: told again until drained") {
    set.wait(fds, handler);
    settle(io);
    CHECK(calls == 2);
    b.drain();
    set.wait(fds, handler);
    settle(io);
    CHECK(calls == 2);
    const std::uint64_t one = 1;
    REQUIRE(::write(c, &one, sizeof one) == sizeof one);
    settle(io);
    CHECK(calls == 3);
    CHECK(got[2].revents == POLLIN);
  }
  SUBCASE("descriptors left out are no longer watched") {
    set.wait(std::span(fds).first(1), handler);
    settle(io);
    CHECK(calls == 1);
  }
  ::close(c);
}

TEST_CASE("events can change from wait to wait") {
  asio::io_context io;
  gv::PollSet set(io);
  std::array<int, 2> s{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s.data()) == 0);
  short revents = 0;
  const auto handler = [&revents](std::span<const pollfd> ready) { revents = ready[0].revents; };
  const std::array<pollfd, 1> reading{in(s[0])};
  const std::array<pollfd, 1> writing{pollfd{s[0], POLLOUT, 0}};
  set.wait(reading, handler);
  settle(io);
  CHECK(revents == 0);
  set.wait(writing, handler);
  settle(io);
  CHECK(revents == POLLOUT);
  revents = 0;
  set.wait(reading, handler);
  settle(io);
  CHECK(revents == 0);
  ::close(s[1]);
  settle(io);
  CHECK((revents & POLLHUP) != 0);
  ::close(s[0]);
}

TEST_CASE("a descriptor given twice gets each its own events; negative ones are ignored") {
  asio::io_context io;
  gv::PollSet set(io);
  std::array<int, 2> s{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s.data()) == 0);
  const std::array<pollfd, 3> fds{in(s[0]), pollfd{-1, POLLIN, 0}, pollfd{s[0], POLLOUT, 0}};
  std::vector<pollfd> got;
  set.wait(fds, [&got](std::span<const pollfd> ready) { got.assign(ready.begin(), ready.end()); });
  settle(io);
  REQUIRE(got.size() == 3);
  CHECK(got[0].revents == 0);
  CHECK(got[1].revents == 0);
  CHECK(got[2].revents == POLLOUT);
  ::close(s[0]);
  ::close(s[1]);
}

TEST_CASE("hang-up is told without being asked for") {
  asio::io_context io;
  gv::PollSet set(io);
  Pipe p;
  short revents = 0;
  set.wait(std::array{pollfd{p.read_end(), 0, 0}},
           [&revents](std::span<const pollfd> ready) { revents = ready[0].revents; });
  p.close_write();
  settle(io);
  CHECK(revents == POLLHUP);
}

TEST_CASE("what epoll refuses is reported, and the set stays usable") {
  asio::io_context io;
  gv::PollSet set(io);
  Pipe p;
  char name[] = "/tmp/gv-poll-XXXXXX";
  const int file = ::mkstemp(name);
  REQUIRE(file >= 0);
  ::unlink(name);
  bool called = false;
  const auto handler = [&called](std::span<const pollfd>) { called = true; };
  p.fill();
  const auto refused = [&set, &handler](const std::array<pollfd, 2>& fds) {
    try {
      set.wait(fds, handler);
    } catch (const std::system_error& e) {
      return e.code().value();
    }
    return 0;
  };
  CHECK(refused({in(p.read_end()), in(file)}) == EPERM);
  ::close(file);
  CHECK(refused({in(p.read_end()), in(file)}) == EBADF);
  settle(io);
  CHECK_FALSE(called);
  set.wait(std::array{in(p.read_end())}, handler);
  settle(io);
  CHECK(called);
}

TEST_CASE("no handler after cancel, replacement or destruction, though its completion is queued") {
  asio::io_context io;
  Pipe p;
  p.fill();
  int calls = 0;
  const auto handler = [&calls](std::span<const pollfd>) { ++calls; };
  std::unique_ptr<gv::PollSet> set;
  // Both descriptors are ready within one reactor run: the completion of the second is queued, with
  // success, while the handler of the first runs.
  const auto run_with = [&](const std::function<void()>& action) {
    gv::PollSet first(io);
    set = std::make_unique<gv::PollSet>(io);
    first.wait(std::array{in(p.read_end())}, [&action](std::span<const pollfd>) { action(); });
    set->wait(std::array{in(p.read_end())}, handler);
    settle(io);
  };
  run_with([&set] { set->cancel(); });
  CHECK(calls == 0);
  int other = 0;
  run_with([&set, &p, &other] {
    set->wait(std::array{in(p.read_end())}, [&other](std::span<const pollfd>) { ++other; });
  });
  CHECK(calls == 0);
  CHECK(other == 1);
  run_with([&set] { set.reset(); });
  CHECK(calls == 0);
}

TEST_CASE("a number that was closed and given out again is watched anew") {
  asio::io_context io;
  gv::PollSet set(io);
  int calls = 0;
  const auto handler = [&calls](std::span<const pollfd>) { ++calls; };
  auto old = std::make_unique<Pipe>();
  const int number = old->read_end();
  set.wait(std::array{in(number)}, handler);
  settle(io);
  set.cancel();
  old.reset();
  Pipe fresh;
  REQUIRE(fresh.read_end() == number);
  set.wait(std::array{in(number)}, handler);
  fresh.fill();
  settle(io);
  CHECK(calls == 1);
}

TEST_CASE("the handler may wait again, or destroy the set") {
  asio::io_context io;
  auto set = std::make_unique<gv::PollSet>(io);
  Pipe p;
  p.fill();
  p.fill();
  int calls = 0;
  std::function<void(std::span<const pollfd>)> handler = [&](std::span<const pollfd>) {
    p.drain();
    if (++calls == 2) {
      set.reset();
    } else {
      set->wait(std::array{in(p.read_end())}, handler);
    }
  };
  set->wait(std::array{in(p.read_end())}, handler);
  settle(io);
  CHECK(calls == 2);
}
