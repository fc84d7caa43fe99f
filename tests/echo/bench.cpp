// What cancellation costs: processor time for each second of conversation, both ends speaking.
#include <algorithm>
#include <cstdio>

#include "tests/echo/bed.hpp"
#include "tests/echo/speech.hpp"

int main() {
  gv::test::Scene scene;
  scene.far = gv::test::speak("en-us+m3", gv::test::lecture(), 24000);
  scene.far.resize(60 * 24000);
  scene.near = gv::test::speak("en-gb+f3", gv::test::remarks(), 16000);
  const double seconds = static_cast<double>(scene.far.size()) / 24000 + gv::test::quiet_s;
  const auto cost = [&scene, seconds](const char* what, const gv::echo::Settings* settings) {
    double least = 1e9;  // of three: the others were disturbed
    for (int run = 0; run < 3; ++run)
      least = std::min(least, gv::test::play(scene, settings).cpu_s / seconds);
    std::printf("%-50s %6.0f us per second of conversation, %.2f %% of a core\n", what, least * 1e6,
                least * 100);
  };
  const gv::echo::Settings usual;
  const gv::echo::Settings all{.high_pass = true, .noise_suppression = true, .gain_control = true};
  cost("without cancellation", nullptr);
  cost("with cancellation", &usual);
  cost("with noise suppression and gain control, too", &all);
  return 0;
}
