// What the fuzz targets have in common. A target is one LLVMFuzzerTestOneInput: linked with
// libFuzzer (clang, -Dfuzz=true) it is fed inputs without end, linked with replay.cpp it runs the
// corpus and the regression inputs as an ordinary test of any compiler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace gv::fuzz {

// An invariant: says what is broken and aborts, which libFuzzer takes for a finding. `detail` may
// hold any bytes; it is shown as far as it can be.
void check(bool holds, std::string_view invariant, std::string_view detail = {});

// One line of valid UTF-8 without control characters, as D-Bus, journals and terminals need it.
bool is_printable_line(std::string_view text);

}  // namespace gv::fuzz
