#include "daemon/audio/headphones.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <alsa/asoundlib.h>

namespace gv::audio {
namespace {

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

void Jack::Close::operator()(_snd_ctl* control) const {
  snd_ctl_close(control);
}

Jack::Jack(int card) {
  snd_ctl_t* control = nullptr;
  const std::string name = "hw:" + std::to_string(card);
  if (card < 0 || snd_ctl_open(&control, name.c_str(), SND_CTL_NONBLOCK) < 0) return;
  control_.reset(control);
  snd_ctl_subscribe_events(control, 1);  // where that fails nothing is told of
  headphones_ = look();
}

bool Jack::look() const {
  if (const std::optional<bool> plugged = jack_plugged(control_.get())) return *plugged;
  return is_headset(control_.get());
}

void Jack::add_poll_descriptors(std::vector<pollfd>& out) {
  if (!control_) return;
  const int count = snd_ctl_poll_descriptors_count(control_.get());
  const std::size_t before = out.size();
  out.resize(before + static_cast<std::size_t>(std::max(count, 0)));
  const int filled = snd_ctl_poll_descriptors(control_.get(), out.data() + before,
                                              static_cast<unsigned>(std::max(count, 0)));
  out.resize(before + static_cast<std::size_t>(std::max(filled, 0)));
}

bool Jack::changed() {
  snd_ctl_event_t* event = nullptr;
  snd_ctl_event_alloca(&event);
  int got = 0;
  bool concerned = false;  // and not by somebody who turns a knob
  while ((got = snd_ctl_read(control_.get(), event)) > 0) {
    concerned = concerned || (snd_ctl_event_get_type(event) == SND_CTL_EVENT_ELEM &&
                              is_headphone_jack(snd_ctl_event_elem_get_name(event)));
  }
  // The card has gone: its PCM tells.
  if (got < 0 && got != -EAGAIN) {
    control_.reset();
    return false;
  }
  if (!concerned) return false;
  const bool now = look();
  return std::exchange(headphones_, now) != now;
}

}  // namespace gv::audio
