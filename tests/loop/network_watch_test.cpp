// NetworkWatch in a network namespace of the test's own, whose addresses come and go at will.
#define DOCTEST_CONFIG_IMPLEMENT
#include "daemon/system/network_watch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

namespace {

int allocations_to_fail = 0;  // one thread

void* allocate(std::size_t size) {
  void* memory = allocations_to_fail > 0 ? nullptr : std::malloc(size);
  if (memory != nullptr) return memory;
  --allocations_to_fail;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

using namespace gv;
using namespace std::chrono_literals;
using system::NetworkWatch;

namespace {

constexpr std::chrono::seconds patience{20};
constexpr int skipped = 77;  // to Meson

// Runs `ip`, with `input` as its batch file where there is one.
void ip(const std::string& arguments, const std::string& input = {}) {
  FILE* pipe = ::popen(("ip " + arguments).c_str(), "w");
  REQUIRE(pipe != nullptr);
  std::fwrite(input.data(), 1, input.size(), pipe);
  REQUIRE_MESSAGE(::pclose(pipe) == 0, "ip " << arguments);
}

struct World {
  World() {
    ip("link set lo up");
    ip("address add 192.0.2.1/24 dev lo");
    start();
    settle();
    CHECK(lost.empty());
    CHECK(gained == 0);
  }
  ~World() { ip("address flush dev lo scope global"); }

  void start() {
    NetworkWatch::Callbacks callbacks;
    callbacks.address_lost = [this](const std::string& address) {
      lost.push_back(address);
      if (fails) throw std::runtime_error("the owner fails");
    };
    callbacks.address_gained = [this] {
      ++gained;
      if (fails) throw 42;
    };
    watch = std::make_unique<NetworkWatch>(io, std::move(callbacks));
  }

  template <class Condition>
  bool until(Condition condition, std::chrono::milliseconds limit = patience) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      io.restart();
      io.run_one_for(5ms);
    }
    return true;
  }
  bool until_lost(const std::string& address) {
    return until([&] { return std::find(lost.begin(), lost.end(), address) != lost.end(); });
  }
  // Longer than changes are gathered.
  void settle() {
    until([] { return false; }, 900ms);
  }

  asio::io_context io;
  std::unique_ptr<NetworkWatch> watch;
  std::vector<std::string> lost;
  int gained = 0;
  bool fails = false;
};

}  // namespace

TEST_CASE("an address goes: told at once, by name, and nothing is gained") {
  World w;
  ip("address add 2001:db8::1/128 dev lo nodad");
  REQUIRE(w.until([&w] { return w.gained == 1; }));
  const auto before = std::chrono::steady_clock::now();
  ip("address del 2001:db8::1/128 dev lo");
  REQUIRE(w.until_lost("2001:db8::1"));
  ip("address del 192.0.2.1/24 dev lo");
  REQUIRE(w.until_lost("192.0.2.1"));
  CHECK(std::chrono::steady_clock::now() - before < patience);
  w.settle();
  CHECK(w.lost == std::vector<std::string>{"2001:db8::1", "192.0.2.1"});
  CHECK(w.gained == 1);
}

TEST_CASE("addresses and a default route that come together are one gain") {
  World w;
  ip("-batch -",
     "address add 192.0.2.2/24 dev lo\naddress add 192.0.2.3/24 dev lo\n"
     "route add default dev lo\n");
  REQUIRE(w.until([&w] { return w.gained > 0; }));
  w.settle();
  CHECK(w.gained == 1);
  ip("route del default");
  ip("route add default dev lo");
  REQUIRE(w.until([&w] { return w.gained > 1; }));
  w.settle();
  CHECK(w.gained == 2);
  CHECK(w.lost.empty());
  ip("route del default");
}

TEST_CASE("what serves no service far away is no gain, nor is what was there before") {
  World w;
  ip("address add 169.254.7.7/16 dev lo scope link");
  ip("address add 127.0.0.9/8 dev lo scope host");
  ip("address change 192.0.2.1/24 dev lo valid_lft 7000 preferred_lft 7000");  // a lease renewed
  ip("route add 198.51.100.0/24 dev lo");
  w.settle();
  CHECK(w.gained == 0);
  ip("address del 169.254.7.7/16 dev lo");
  CHECK(w.until_lost("169.254.7.7"));
  ip("address del 127.0.0.9/8 dev lo");
  CHECK(w.until_lost("127.0.0.9"));
}

TEST_CASE("more changes than the socket holds: what is gone, and what came, is found out") {
  World w;
  std::string changes;
  for (int i = 0; i < 1500; ++i) {
    changes += "address add 10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1) +
               "/32 dev lo\n";
  }
  changes += "address del 192.0.2.1/24 dev lo\n";
  ip("-batch -", changes);  // nothing is read meanwhile
  REQUIRE(w.until_lost("192.0.2.1"));
  REQUIRE(w.until([&w] { return w.gained > 0; }));
  ip("address del 10.0.5.250/32 dev lo");  // among those that were not heard of
  CHECK(w.until_lost("10.0.5.250"));
}

TEST_CASE("no memory for a change: it is found out all the same, and so is the next") {
  World w;
  ip("address add 192.0.2.2/24 dev lo");
  REQUIRE(w.until([&w] { return w.gained == 1; }));
  ip("address del 192.0.2.2/24 dev lo");
  allocations_to_fail = 1;
  CHECK(w.until_lost("192.0.2.2"));
  CHECK(allocations_to_fail == 0);
  ip("address del 192.0.2.1/24 dev lo");
  CHECK(w.until_lost("192.0.2.1"));
}

TEST_CASE("callbacks that throw stop nothing; the end of the watch ends them") {
  World w;
  w.fails = true;
  ip("address add 192.0.2.2/24 dev lo");
  REQUIRE(w.until([&w] { return w.gained == 1; }));
  ip("address del 192.0.2.2/24 dev lo");
  REQUIRE(w.until_lost("192.0.2.2"));
  ip("address add 192.0.2.3/24 dev lo");
  REQUIRE(w.until([&w] { return w.gained == 2; }));
  ip("address add 192.0.2.4/24 dev lo");
  w.watch.reset();
  w.settle();
  CHECK(w.gained == 2);
}

int main(int argc, char** argv) {
  if (::unshare(CLONE_NEWNET) != 0) {
    const std::string me = "0 " + std::to_string(::getuid()) + " 1";
    const int map = ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0
                        ? ::open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC)
                        : -1;
    if (map < 0 || ::write(map, me.data(), me.size()) < 0) {
      std::puts("skipped: this system allows no network namespace of one's own (unshare)");
      return skipped;
    }
    ::close(map);
  }
  if (std::system("ip link set lo up") != 0) {
    std::puts("skipped: no `ip` here. Try: apt install iproute2");
    return skipped;
  }
  return doctest::Context(argc, argv).run();
}
