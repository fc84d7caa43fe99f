// Whether a sound card plays to headphones, which a microphone does not hear. Opener thread.
#pragma once

namespace gv::audio {

// card: ALSA's number. By the card's jack controls, else by its name (a USB headset). False also
// where nobody can tell. Asks the kernel only.
bool plays_to_headphones(int card);

}  // namespace gv::audio
