// How the tokens of one side of a turn, as the service tells them, are shared out among what they
// are of (live-api.md section 3.9). Pure.
#pragma once

#include <cstdint>

namespace gv::live {

struct Tokens {
  std::uint64_t total = 0;  // 0: not told
  // Of these, by the service's details. What is of another kind, or of none, is in no one's.
  std::uint64_t text = 0;
  std::uint64_t audio = 0;
  std::uint64_t image = 0;  // and video
};

// What becomes of tokens that the total has and the details do not.
enum class Rest { audio, text };

// The total is what is billed: the details only share it out. Where they are less, the rest is of
// the given kind; where they are more, each is made smaller in proportion; where there is no total,
// it is their sum. The result adds up: total == text + audio + image.
Tokens share_out(Tokens told, Rest rest);

}  // namespace gv::live
