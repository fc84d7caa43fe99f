// A microphone that feeds a service over a network of any speed.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "daemon/session/microphone_feed.hpp"

namespace gv::test {

using session::MicrophoneFeed;

inline constexpr std::int64_t ms = 1'000'000;  // ns
inline constexpr std::int64_t long_ago = -1;
inline constexpr std::size_t bytes_of_chunk = 920;  // on the wire

// A microphone that numbers its chunks of 20 ms, and a service that writes down what it gets.
struct Line {
  MicrophoneFeed feed;
  std::int64_t now = 100'000 * ms;
  std::int16_t number = 0;
  std::size_t unsent = 0;
  std::vector<int> sent;    // numbers of chunks; 0: silence
  std::string marks;        // ( and ) around activities, | behind what is none, . for each chunk,
                            // o for an empty one
  std::size_t dropped = 0;  // samples

  std::int64_t rate = 0;       // bytes that the network takes in a ms; 0: as unsent says
  std::int64_t oldest_ms = 0;  // how late the latest chunk was sent

  explicit Line(bool by_key = true) {
    feed.begin(by_key);
    if (by_key) feed.key(true, 0);
  }

  void send(std::int64_t since, bool activity, std::int64_t until = MicrophoneFeed::no_end) {
    feed.send(since, until, activity);
  }

  void pump() {
    while (const auto piece = feed.next(now, unsent)) {
      switch (piece->kind) {
        case MicrophoneFeed::Kind::audio:
          marks += '.';
          sent.push_back(piece->samples.front());
          if (rate != 0) unsent += bytes_of_chunk;
          oldest_ms = static_cast<std::int64_t>(number - piece->samples.front()) * 20;
          break;
        case MicrophoneFeed::Kind::activity_start:
          marks += '(';
          break;
        case MicrophoneFeed::Kind::activity_end:
          marks += ')';
          break;
        case MicrophoneFeed::Kind::sent:
          marks += '|';
          break;
        case MicrophoneFeed::Kind::empty_activity:
          marks += 'o';
          break;
        case MicrophoneFeed::Kind::dropped_audio:
          dropped += piece->samples.size();
          break;
      }
    }
  }
  // With the driver's timer; hearing: the microphone goes on.
  void pass(std::int64_t length_ms, bool hearing = true) {
    const auto end = now + length_ms * ms;
    auto next_chunk = now + 20 * ms;
    while (now < end) {
      const auto due = feed.due_ns();
      const auto before = now;
      now = std::min(end, next_chunk);
      if (due != 0) now = std::min(now, std::max(due, now - 20 * ms));
      const auto taken = static_cast<std::size_t>((now - before) / ms * rate);
      unsent -= std::min(unsent, taken);
      if (hearing && now == next_chunk) {
        dropped += feed.heard(std::vector<std::int16_t>(320, ++number), now);
      }
      if (now == next_chunk) next_chunk += 20 * ms;
      pump();
    }
  }
  bool whole(int from, int to) const {
    if (static_cast<int>(sent.size()) != to - from + 1) return false;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      if (sent[i] != from + static_cast<int>(i)) return false;
    }
    return true;
  }
};

}  // namespace gv::test
