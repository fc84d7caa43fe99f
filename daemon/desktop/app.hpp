// How the desktop knows this program: the name of its .desktop file, for portals and for the
// notifications' settings.
#pragma once

namespace gv::desktop {

inline constexpr const char* app_id = "org.geminivoice.Voice1";
inline constexpr const char* app_name = "Gemini Voice";

}  // namespace gv::desktop
