// Tells a person's presses from those that a desktop makes of a key that is held: for keys that
// switch something (the talk key has rules of its own, session::TalkKey). Pure. All times are
// CLOCK_MONOTONIC, ns.
#pragma once

#include <cstdint>
#include <optional>

namespace gv::desktop {

class KeyRepeat {
 public:
  // GNOME and X11 make of a held key a release and a press every 30 to 50 ms (users.md (b) 11):
  // nobody lets go of a key for so short.
  static constexpr std::int64_t shortest_pause_ns = 80'000'000;
  // Presses without a release between them: a held key repeats itself after 250 to 660 ms. Later
  // ones are new, for a release that got lost must not take the key away.
  static constexpr std::int64_t longest_delay_ns = 750'000'000;

  // Whether it is a person's.
  bool press(std::int64_t now_ns) {
    const bool repeated =
        (pressed_ns_ && now_ns - *pressed_ns_ < longest_delay_ns) ||
        (released_ns_ && !pressed_ns_ && now_ns - *released_ns_ < shortest_pause_ns);
    pressed_ns_ = now_ns;
    return !repeated;
  }
  void release(std::int64_t now_ns) {
    pressed_ns_.reset();
    released_ns_ = now_ns;
  }

 private:
  std::optional<std::int64_t> pressed_ns_;  // the last press, while there is no release
  std::optional<std::int64_t> released_ns_;
};

}  // namespace gv::desktop
