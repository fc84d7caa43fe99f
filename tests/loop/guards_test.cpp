// Where callbacks come from event loops and C libraries: what they throw ends there, and takes
// nothing else with it. Also where no memory is left.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include "daemon/audio/events.hpp"
#include "daemon/bus/errors.hpp"
#include "daemon/bus/pump.hpp"
#include "daemon/util/guarded.hpp"

namespace {

bool no_memory = false;  // one thread

void* allocate(std::size_t size) {
  if (no_memory) throw std::bad_alloc();
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

using namespace gv;

namespace {

// Takes note of everything, and fails at it.
class ThrowingObserver final : public audio::EngineObserver {
 public:
  void capture_opened(const audio::StreamInfo&) override { fail("capture opened"); }
  void capture_closed() override { fail("capture closed"); }
  void capture_failed(const Failure&) override { fail("capture failed"); }
  void capture_lost(const Failure&) override { fail("capture lost"); }
  void playback_lost(const Failure&) override { fail("playback lost"); }
  void captured(const audio::CaptureChunk& chunk) override {
    fail("chunk " + std::to_string(chunk.captured_ns));
  }
  void playback_opened(const audio::StreamInfo&) override { fail("playback opened"); }
  void playback_closed() override { fail("playback closed"); }
  void playback_failed(const Failure&) override { fail("playback failed"); }
  void play_started(std::uint64_t, std::int64_t, std::int64_t, std::int64_t) override {
    fail("started");
  }
  void played(const audio::Played&) override { fail("played"); }
  void barge_in(const audio::BargeInEvent&) override { fail("barge-in"); }
  void headphones_changed(bool) override { fail("headphones"); }
  void playout_room() override { fail("room"); }

  std::vector<std::string> heard;

 private:
  void fail(std::string what) {
    heard.push_back(std::move(what));
    if (heard.size() % 3 == 0) throw 42;
    if (heard.size() % 3 == 1) throw std::bad_alloc();
    throw std::runtime_error("the observer fails");
  }
};

// There is memory for throwing, and none afterwards.
struct OnTheWayOut {
  ~OnTheWayOut() { no_memory = true; }
};

}  // namespace

TEST_CASE("an observer that fails at every event of the audio thread hears each of them once") {
  audio::EventQueue queue;
  audio::CaptureChunk chunk;
  queue.post(audio::OpenedEvent{audio::Direction::capture, {}});
  for (chunk.captured_ns = 1; chunk.captured_ns <= 3; ++chunk.captured_ns)
    REQUIRE(queue.post_chunk(chunk));
  queue.post(audio::PlayStartedEvent{});
  queue.post(audio::Played{});
  queue.post(audio::RoomEvent{});
  queue.post(audio::FailedEvent{audio::Direction::playback, {}});
  queue.post(audio::ClosedEvent{audio::Direction::capture});
  ThrowingObserver observer;
  queue.dispatch(observer);
  const std::vector<std::string> expected{"capture opened", "chunk 1",         "chunk 2",
                                          "chunk 3",        "started",         "played",
                                          "room",           "playback failed", "capture closed"};
  CHECK(observer.heard == expected);
  queue.dispatch(observer);
  CHECK(observer.heard == expected);
}

TEST_CASE("what a guarded body throws ends there, without memory too") {
  int reached = 0;
  guarded("a test", [] { throw std::runtime_error("known"); });
  guarded("a test", [] { throw 42; });
  guarded("a test, without memory", [] {
    no_memory = true;
    throw std::bad_alloc();
  });
  no_memory = false;
  guarded("a test", [&reached] { ++reached; });
  CHECK(reached == 1);
}

TEST_CASE("only D-Bus errors leave a bus handler, without memory too") {
  CHECK_THROWS_AS(bus::guarded("a test", [] { throw 42; }), sdbus::Error);
  CHECK_THROWS_AS(bus::guarded("a test", [] { throw std::runtime_error("known"); }), sdbus::Error);
  std::string name;
  std::string message;
  try {
    bus::guarded("a test, without memory", [] {
      no_memory = true;
      throw std::bad_alloc();
    });
  } catch (const sdbus::Error& error) {
    no_memory = false;
    name = error.getName();
    message = error.getMessage();
  }
  no_memory = false;
  CHECK(name == "org.freedesktop.DBus.Error.NoMemory");
  CHECK(message.find("memory") != std::string::npos);
  try {
    bus::guarded("a test, without memory", [] {
      const OnTheWayOut arm;
      throw FailureError(Error::busy, "A failure with words that need memory to be copied.");
    });
  } catch (const sdbus::Error& error) {
    no_memory = false;
    name = error.getName();
  }
  no_memory = false;
  CHECK(name == "org.freedesktop.DBus.Error.NoMemory");
}

TEST_CASE("a bus that ends, an owner that fails at that: the loop goes on, and nothing is pumped") {
  for (const bool foreign : {false, true}) {
    asio::io_context io;
    int processed = 0;
    int told = 0;
    bus::Source source;
    source.process_one = [&processed, foreign]() -> bool {
      ++processed;
      if (foreign) throw 42;
      throw std::bad_alloc();
    };
    source.needs = [] { return bus::PollNeeds{}; };
    bus::Pump pump(io, source, [&told](const std::string&) {
      ++told;
      throw std::runtime_error("the owner fails");
    });
    io.run();
    pump.kick();
    io.restart();
    io.run();
    CHECK(processed == 1);
    CHECK(told == 1);
  }
}

TEST_CASE("an owner that destroys the pump when it is told of the end") {
  asio::io_context io;
  bus::Source source;
  source.process_one = []() -> bool { throw std::runtime_error("gone"); };
  source.needs = [] { return bus::PollNeeds{}; };
  std::unique_ptr<bus::Pump> pump;
  pump = std::make_unique<bus::Pump>(io, source, [&pump](const std::string&) { pump.reset(); });
  io.run();
  CHECK(pump == nullptr);
}
