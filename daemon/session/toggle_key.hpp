// Tells a person's presses of a toggle hotkey from those that GNOME and X11 make of one that is
// held (users.md (d)): no release is told, so a press is judged by those around it. Pure. All times
// are CLOCK_MONOTONIC, ns.
#pragma once

#include <cstdint>
#include <optional>

namespace gv::session {

class ToggleKey {
 public:
  enum class Press {
    counts,
    waits,   // it counts if no other one follows within wait_ns
    repeats  // it does not count, nor does the one that waits
  };
  // A held key repeats itself every 20 to 50 ms, and each time a program is started that calls.
  static constexpr std::int64_t wait_ns = 100'000'000;
  // And begins to do so after 250 to 660 ms.
  static constexpr std::int64_t longest_delay_ns = 750'000'000;

  Press press(std::int64_t now_ns) {
    const bool first = !last_ns_ || now_ns - *last_ns_ >= longest_delay_ns;
    // The second is never one of a quick row yet: programs may be as quick as they like.
    const bool in_a_row = !first && !counted_ && now_ns - *last_ns_ < wait_ns;
    last_ns_ = now_ns;
    counted_ = first;
    if (first) return Press::counts;
    return in_a_row ? Press::repeats : Press::waits;
  }

 private:
  std::optional<std::int64_t> last_ns_;
  bool counted_ = false;  // the last one, at once
};

}  // namespace gv::session
