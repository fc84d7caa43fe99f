// Speech for the test bed, synthesised by espeak-ng into memory: the same words each time, and no
// recording of anybody. Test threads; throws std::runtime_error where espeak-ng does not run.
#pragma once

#include <string>

#include "tests/echo/signal.hpp"

namespace gv::test {

// voice: espeak-ng's name, e.g. "en-us+m3". -20 dBFS while it speaks.
Signal speak(const std::string& voice, const std::string& text, unsigned rate);

// What the far end says, in a bit more than a minute.
const std::string& lecture();
// Short sentences, far apart: what one says into it.
const std::string& remarks();

}  // namespace gv::test
