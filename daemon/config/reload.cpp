#include "daemon/config/reload.hpp"

#include <array>
#include <string>

#include "daemon/config/keys.hpp"

namespace gv::config {
namespace {

// The longest that fits counts. What needs a device, a child, or the service's set-up message made
// anew waits.
constexpr std::array effects{
    KeyEffect{"api.", Effect::next_session},
    KeyEffect{"default_profile", Effect::next_session},
    KeyEffect{"profiles.", Effect::next_session},
    KeyEffect{"profiles.NAME.description", Effect::at_once},
    KeyEffect{"audio.", Effect::next_session},
    KeyEffect{"audio.earcons", Effect::at_once},
    KeyEffect{"audio.echo", Effect::at_once},  // where a canceller is there, or none is needed
    KeyEffect{"session.idle_timeout", Effect::at_once},
    KeyEffect{"session.max_duration", Effect::at_once},
    KeyEffect{"tools.approval_timeout", Effect::at_once},  // of what is asked from then on
    KeyEffect{"tools.commands.", Effect::next_session},
    KeyEffect{"tools.mcp_servers.", Effect::next_session},
    KeyEffect{"history.", Effect::at_once},
    KeyEffect{"notifications", Effect::at_once},
    KeyEffect{"hooks.", Effect::at_once},
    KeyEffect{"usage.", Effect::at_once},
    KeyEffect{"shortcuts.", Effect::at_once},
    KeyEffect{"log.", Effect::at_once},
};

// "profiles.tutor.voice" -> "profiles.NAME.voice"
std::string without_name(std::string_view key) {
  constexpr std::string_view table = "profiles.";
  if (!key.starts_with(table)) return std::string(key);
  const auto rest = key.find('.', table.size());
  if (rest == std::string_view::npos) return std::string(key);
  return std::string(table) + "NAME" + std::string(key.substr(rest));
}

bool fits(std::string_view entry, std::string_view key) {
  return entry.ends_with('.') ? key.starts_with(entry) : key == entry;
}

}  // namespace

std::span<const KeyEffect> key_effects() {
  return effects;
}

Effect effect_of(std::string_view key) {
  const std::string general = without_name(key);
  const KeyEffect* found = nullptr;
  for (const KeyEffect& entry : effects) {
    const bool longer = found == nullptr || entry.key.size() > found->key.size();
    if (longer && fits(entry.key, general)) found = &entry;
  }
  return found != nullptr ? found->effect : Effect::next_session;
}

void take_over(Config& in_force, const Config& fresh) {
  for (const auto& entry : config_keys()) {
    if (effect_of(entry.path) == Effect::at_once) entry.set(in_force, entry.get(fresh));
  }
  in_force.usage.prices = fresh.usage.prices;
  for (auto& [name, profile] : in_force.profiles) {
    const auto now = fresh.profiles.find(name);
    if (now != fresh.profiles.end()) profile.description = now->second.description;
  }
}

}  // namespace gv::config
