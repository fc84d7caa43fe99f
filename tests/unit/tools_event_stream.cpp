// Server-sent events.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/tools/bridge/event_stream.hpp"

using gv::bridge::EventStream;
using Words = std::vector<std::string>;

namespace {

Words read(EventStream& stream, std::string_view text, std::size_t size) {
  Words messages;
  for (std::size_t at = 0; at < text.size(); at += size) {
    CHECK(stream.feed(text.substr(at, size),
                      [&messages](const std::string& message) { messages.push_back(message); }));
  }
  return messages;
}

}  // namespace

TEST_CASE("events are read, however they come and whatever ends their lines") {
  const std::string text =
      "\xef\xbb\xbf: a comment\ndata: one\n\ndata:two\r\ndata: lines\r\n\r\nid: 7\rdata: three\r\r"
      "event: other\ndata: not\n\nevent: message\ndata: four\n\ndata\n\nunknown: x\nretry: 250\n"
      "data:  five\n\ndata: unfinished";
  for (const std::size_t size : {1UL, 2UL, 7UL, 1000UL}) {
    EventStream stream(1000);
    CHECK(read(stream, text, size) == Words{"one", "two\nlines", "three", "four", " five"});
    CHECK(stream.last_id() == "7");
    REQUIRE(stream.retry());
    CHECK(stream.retry()->count() == 250);
  }
}

TEST_CASE("what is not sound is passed over") {
  EventStream stream(100);
  CHECK(read(stream, "retry: soon\nretry: -1\nid: a\n\ndata: x\n\n", 100) == Words{"x"});
  CHECK_FALSE(stream.retry());
  CHECK(stream.last_id() == "a");
}

TEST_CASE("an event has an end, or none at all") {
  const auto nothing = [](const std::string&) { CHECK(false); };
  EventStream line(100);
  CHECK(line.feed(std::string(100, 'x'), nothing));
  CHECK_FALSE(line.feed("x", nothing));
  EventStream lines(100);
  bool sound = true;
  for (int i = 0; i < 100 && sound; ++i)
    sound = lines.feed("data: xxxxxxxxxx\n", nothing);
  CHECK_FALSE(sound);
}
