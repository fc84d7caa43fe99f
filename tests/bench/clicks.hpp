// From a sound at the microphone to the service that got it.
#pragma once

#include <vector>

#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/sim.hpp"

namespace gv::bench {

// So many clicks, at times that are no multiple of any period: ms from when each crossed the device
// to when the service had its first sample. None of one that did not arrive.
std::vector<double> clicks_to_service(e2e::Microphone& microphone, const e2e::Sim& sim, int rounds);

}  // namespace gv::bench
