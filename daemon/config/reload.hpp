// Which keys a session that runs can take over when the configuration is read anew, and which wait
// for the next one. Pure; any thread.
#pragma once

#include <span>
#include <string_view>

#include "daemon/config/config.hpp"

namespace gv::config {

enum class Effect { at_once, next_session };

// The one table: keys as known_keys() names them; one that ends in a dot stands for all below it.
struct KeyEffect {
  std::string_view key;
  Effect effect;
};
std::span<const KeyEffect> key_effects();

// Of a key as changed_keys() names it.
Effect effect_of(std::string_view key);

// Makes in_force what `fresh` is, as far as it can be at once.
void take_over(Config& in_force, const Config& fresh);

}  // namespace gv::config
