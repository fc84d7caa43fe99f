// The configuration, and where the key would come from. Pure, but for load_settings().
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ctl/finding.hpp"
#include "daemon/config/load.hpp"

namespace gv::ctl {

struct Settings {
  std::optional<std::string> file;  // none: the built-in defaults hold
  config::Result loaded;

  bool ok() const { return loaded.ok(); }
  const config::Config& config() const { return loaded.config; }
};
Settings load_settings();

Findings judge_settings(const Settings& settings);

struct KeyFacts {
  bool found = false;   // there is one that we can see
  std::string source;   // of the key
  std::string failure;  // why there is none
  // A systemd credential of this name is part of the unit: it comes before all others, and only
  // the unit sees it.
  bool credential_in_unit = false;
  // Where the source is a variable, and systemd runs the daemon: whether that has it, too.
  std::optional<bool> variable_in_manager;

  // Why it cannot be shown to the service; empty: it can.
  std::string why_not() const;
};
Finding judge_key(const KeyFacts& facts);

// Whether the text of a unit or a drop-in gives it the credential that the daemon looks for.
bool gives_credential(std::string_view unit);

}  // namespace gv::ctl
