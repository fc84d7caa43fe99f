// Kinds of picture files, by what they begin with. Pure. Shared by the converter and the command
// line.
#pragma once

#include <string_view>

namespace gv::desktop {

enum class PictureKind { none, png, jpeg, gif, webp, bmp };

inline constexpr std::size_t picture_kind_bytes = 16;  // that many decide

PictureKind picture_kind(std::string_view beginning);
std::string_view mime_type(PictureKind kind);  // empty for none

}  // namespace gv::desktop
