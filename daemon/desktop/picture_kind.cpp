#include "daemon/desktop/picture_kind.hpp"

namespace gv::desktop {

PictureKind picture_kind(std::string_view beginning) {
  if (beginning.starts_with("\x89PNG\r\n\x1a\n")) return PictureKind::png;
  if (beginning.starts_with("\xff\xd8\xff")) return PictureKind::jpeg;
  if (beginning.starts_with("GIF87a") || beginning.starts_with("GIF89a")) return PictureKind::gif;
  if (beginning.starts_with("RIFF") && beginning.size() >= 12 && beginning.substr(8, 4) == "WEBP") {
    return PictureKind::webp;
  }
  if (beginning.starts_with("BM")) return PictureKind::bmp;
  return PictureKind::none;
}

std::string_view mime_type(PictureKind kind) {
  switch (kind) {
    case PictureKind::png:
      return "image/png";
    case PictureKind::jpeg:
      return "image/jpeg";
    case PictureKind::gif:
      return "image/gif";
    case PictureKind::webp:
      return "image/webp";
    case PictureKind::bmp:
      return "image/bmp";
    case PictureKind::none:
      break;
  }
  return {};
}

}  // namespace gv::desktop
