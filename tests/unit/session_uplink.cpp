// The newest sound of the microphone.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <cstdlib>
#include <new>
#include <vector>

#include <doctest/doctest.h>
#include <malloc.h>

#include "daemon/session/uplink.hpp"

namespace {

std::size_t bytes_in_use = 0;  // one thread

}  // namespace

void* operator new(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  bytes_in_use += malloc_usable_size(memory);
  return memory;
}
void operator delete(void* memory) noexcept {
  bytes_in_use -= malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}

using gv::session::Uplink;

namespace {

constexpr std::int64_t ms = 1'000'000;  // ns
constexpr std::size_t per_ms = 16;      // samples
constexpr std::int64_t long_ago = -1;

// A microphone that counts its chunks.
struct Microphone {
  Uplink uplink;
  std::int64_t now_ms = 0;
  std::int16_t number = 0;

  void chunk(std::size_t length_ms) {
    now_ms += static_cast<std::int64_t>(length_ms);
    const std::vector<std::int16_t> samples(length_ms * per_ms, ++number);
    uplink.keep(samples, now_ms * ms);
  }
  void speak(std::int64_t length_ms, std::size_t chunk_ms) {
    const auto end = now_ms + length_ms;
    while (now_ms < end)
      chunk(chunk_ms);
  }
  // The number in each sample.
  std::vector<std::int16_t> since(std::int64_t ns) const {
    std::vector<std::int16_t> all;
    std::uint64_t done = 0;
    while (const auto* chunk = uplink.next(done, ns)) {
      all.insert(all.end(), chunk->samples.begin(), chunk->samples.end());
      done = chunk->number;
    }
    return all;
  }
};

}  // namespace

TEST_CASE("what was captured comes back whole, in order and only from that moment on") {
  Uplink uplink;
  CHECK(uplink.next(0, long_ago) == nullptr);
  CHECK(uplink.newest() == nullptr);
  const std::vector<std::int16_t> first{1, 2, 3};
  const std::vector<std::int16_t> second{-4, 5};
  const std::vector<std::int16_t> third{6};
  uplink.keep(first, 10 * ms);
  uplink.keep(second, 20 * ms);
  uplink.keep(third, 30 * ms);
  REQUIRE(uplink.next(0, long_ago) != nullptr);
  CHECK(uplink.next(0, long_ago)->samples == first);
  CHECK(uplink.next(1, long_ago)->samples == second);
  CHECK(uplink.next(2, long_ago)->samples == third);
  CHECK(uplink.next(3, long_ago) == nullptr);
  CHECK(uplink.newest()->samples == third);
  // The time is the last sample's: what was captured up to that moment is not asked for.
  CHECK(uplink.next(0, 10 * ms - 1)->samples == first);
  CHECK(uplink.next(0, 10 * ms)->samples == second);
  CHECK(uplink.next(0, 30 * ms - 1)->samples == third);
  CHECK(uplink.next(0, 30 * ms) == nullptr);
}

TEST_CASE("asking takes nothing away") {
  Microphone microphone;
  microphone.speak(200, 20);
  CHECK(microphone.since(long_ago) == microphone.since(long_ago));
  CHECK(microphone.since(long_ago).size() == 200 * per_ms);
}

TEST_CASE("the newest second is kept, and no more") {
  for (const std::size_t chunk_ms : {std::size_t{10}, std::size_t{20}, std::size_t{40}}) {
    CAPTURE(chunk_ms);
    Microphone microphone;
    microphone.speak(1000, chunk_ms);
    CHECK(microphone.since(long_ago).size() == 1000 * per_ms);
    CHECK(microphone.since(long_ago).front() == 1);
    microphone.speak(5000, chunk_ms);
    const auto kept = microphone.since(long_ago);
    REQUIRE(kept.size() == 1000 * per_ms);
    CHECK(kept.back() == microphone.number);
    CHECK(kept.front() == microphone.number + 1 - static_cast<int>(1000 / chunk_ms));
    CHECK(std::ranges::is_sorted(kept));
    CHECK(microphone.since((microphone.now_ms - 400) * ms).size() == 400 * per_ms);
  }
}

TEST_CASE("chunks of any length: never more than a second, and all of it but one chunk") {
  Microphone microphone;
  for (std::size_t i = 0; i < 1000; ++i) {
    microphone.chunk(1 + i * 7 % 40);
    const auto kept = microphone.since(long_ago);
    const auto most = std::min<std::size_t>(1000, static_cast<std::size_t>(microphone.now_ms));
    REQUIRE(kept.size() <= most * per_ms);
    REQUIRE(kept.size() + 40 * per_ms > most * per_ms);
    REQUIRE(kept.back() == microphone.number);
    REQUIRE(std::ranges::is_sorted(kept));
  }
}

TEST_CASE("what was cleared is gone, and what comes after it has the whole second") {
  Microphone microphone;
  microphone.speak(1000, 20);
  microphone.uplink.clear();
  CHECK(microphone.since(long_ago).empty());
  const int before = microphone.number;
  microphone.speak(1000, 20);
  CHECK(microphone.since(long_ago).size() == 1000 * per_ms);
  CHECK(microphone.since(long_ago).front() == before + 1);
}

TEST_CASE("an hour of listening takes the memory of some seconds") {
  const auto before = bytes_in_use;
  Uplink uplink;
  std::vector<std::int16_t> samples(40 * per_ms);
  std::size_t most = 0;
  std::int64_t now = 0;
  for (std::size_t i = 0; now < 3'600'000 * ms; ++i) {
    const std::size_t length_ms = 20 + i * 7 % 21;
    now += static_cast<std::int64_t>(length_ms) * ms;
    uplink.keep(std::span(samples).first(length_ms * per_ms), now);
    most = std::max(most, bytes_in_use - before);
  }
  CHECK(most > 1000 * per_ms * sizeof(std::int16_t));
  CHECK(most < 4000 * per_ms * sizeof(std::int16_t));
  uplink.clear();
  CHECK(bytes_in_use - before < 1000 * per_ms * sizeof(std::int16_t));
}
