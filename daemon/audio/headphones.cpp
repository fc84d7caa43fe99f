#include "daemon/audio/headphones.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <alsa/asoundlib.h>

namespace gv::audio {
namespace {

struct CloseControl {
  void operator()(snd_ctl_t* control) const { snd_ctl_close(control); }
};
using Control = std::unique_ptr<snd_ctl_t, CloseControl>;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// As the kernel names them (sound/core/ctljack.c): "Headphone Jack", "Front Headphone Jack". Of a
// "Headphone Phantom Jack" nobody knows what is in it; it always says that something is.
bool is_headphone_jack(std::string_view name) {
  return name.ends_with(" Jack") && (contains(name, "Headphone") || contains(name, "Headset")) &&
         !contains(name, "Mic") && !contains(name, "Phantom");
}

// Something is plugged in, or nothing is; none: the card has no such control.
std::optional<bool> jack_plugged(snd_ctl_t* control) {
  snd_ctl_elem_list_t* list = nullptr;
  snd_ctl_elem_list_alloca(&list);
  if (snd_ctl_elem_list(control, list) < 0) return std::nullopt;
  const unsigned count = snd_ctl_elem_list_get_count(list);
  if (snd_ctl_elem_list_alloc_space(list, count) < 0) return std::nullopt;
  struct FreeSpace {
    void operator()(snd_ctl_elem_list_t* filled) const { snd_ctl_elem_list_free_space(filled); }
  };
  const std::unique_ptr<snd_ctl_elem_list_t, FreeSpace> space(list);
  if (snd_ctl_elem_list(control, list) < 0) return std::nullopt;
  snd_ctl_elem_value_t* value = nullptr;
  snd_ctl_elem_value_alloca(&value);
  std::optional<bool> plugged;
  for (unsigned i = 0; i < snd_ctl_elem_list_get_used(list); ++i) {
    if (!is_headphone_jack(snd_ctl_elem_list_get_name(list, i))) continue;
    snd_ctl_elem_value_set_numid(value, snd_ctl_elem_list_get_numid(list, i));
    if (snd_ctl_elem_read(control, value) < 0) continue;
    plugged = plugged.value_or(false) || snd_ctl_elem_value_get_boolean(value, 0) != 0;
  }
  return plugged;
}

bool is_headset(snd_ctl_t* control) {
  snd_ctl_card_info_t* info = nullptr;
  snd_ctl_card_info_alloca(&info);
  if (snd_ctl_card_info(control, info) < 0) return false;
  const std::string_view name = snd_ctl_card_info_get_name(info);
  return contains(name, "Headset") || contains(name, "Headphone") || contains(name, "Earphone");
}

}  // namespace

bool plays_to_headphones(int card) {
  snd_ctl_t* handle = nullptr;
  const std::string name = "hw:" + std::to_string(card);
  if (card < 0 || snd_ctl_open(&handle, name.c_str(), SND_CTL_NONBLOCK) < 0) return false;
  const Control control(handle);
  if (const std::optional<bool> plugged = jack_plugged(handle)) return *plugged;
  return is_headset(handle);
}

}  // namespace gv::audio
