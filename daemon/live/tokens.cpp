#include "daemon/live/tokens.hpp"

namespace gv::live {

Tokens share_out(Tokens told, Rest rest) {
  const std::uint64_t sum = told.text + told.audio + told.image;
  if (told.total == 0) told.total = sum;
  if (sum > told.total) {
    told.text = told.text * told.total / sum;
    told.image = told.image * told.total / sum;
    told.audio = told.total - told.text - told.image;
  } else if (rest == Rest::audio) {
    told.audio += told.total - sum;
  } else {
    told.text += told.total - sum;
  }
  return told;
}

}  // namespace gv::live
