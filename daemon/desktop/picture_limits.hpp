// What the converter of pictures takes and gives, for it and for who runs it.
#pragma once

#include <chrono>
#include <cstddef>

namespace gv::desktop {

inline constexpr const char* picture_program = "gemini-voice-picture";

inline constexpr std::size_t picture_input_bytes = std::size_t{32} << 20;
inline constexpr long long picture_pixels = 50'000'000;
inline constexpr int picture_side = 1568;  // of what it gives, at most
inline constexpr std::size_t picture_output_bytes = std::size_t{400} << 10;
inline constexpr std::chrono::seconds picture_time_limit{20};

// Its exit status.
enum class PictureExit {
  done = 0,
  unreadable = 1,  // no picture, or a broken one
  usage = 2,
  too_large = 3,
  failed = 4,  // the system's fault or ours: no memory, no time
};

}  // namespace gv::desktop
