// A held hotkey, told from one that is pressed again.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "daemon/session/toggle_key.hpp"

using namespace gv;

TEST_CASE("a toggle key that is held counts once; one that is pressed again counts again") {
  using session::ToggleKey;
  using Press = ToggleKey::Press;
  constexpr std::int64_t ms = 1'000'000;
  ToggleKey key;
  CHECK(key.press(0) == Press::counts);
  CHECK(key.press(500 * ms) == Press::waits);  // the delay of GNOME, or a person
  for (int i = 1; i <= 60; ++i)
    CHECK(key.press((500 + 30 * i) * ms) == Press::repeats);
  CHECK(key.press(4000 * ms) == Press::counts);
  CHECK(key.press(4300 * ms) == Press::waits);  // twice in quick succession
  CHECK(key.press(4400 * ms) == Press::waits);
  CHECK(key.press(5200 * ms) == Press::counts);
  CHECK(key.press(5230 * ms) == Press::waits);  // a program that stops and starts
}
