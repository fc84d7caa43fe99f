// How well words are understood, as a figure: short-time objective intelligibility (Taal and others
// 2011) as far as it is needed here. Third-octave envelopes of clean and processed speech are
// compared over 0.4 s each; 1 is the clean speech itself, and from about 0.7 on nearly all words
// are understood.
#pragma once

#include "tests/echo/signal.hpp"

namespace gv::test {

// Both 16 kHz; a delay of up to 20 ms of `processed` is found and taken out. Only where `clean` is
// within 40 dB of its loudest.
double intelligibility(const Signal& clean, const Signal& processed);

}  // namespace gv::test
