#include "ctl/doctor/find_key.hpp"

#include <algorithm>

#include "ctl/set_key.hpp"
#include "daemon/config/paths.hpp"

namespace gv::ctl {

std::string credential_file(const UnitFacts& unit) {
  const std::vector<UnitFile> files = read_unit_files(unit);
  const auto found =
      std::ranges::find_if(files, [](const UnitFile& file) { return gives_credential(file.text); });
  return found == files.end() ? "" : found->path;
}

FoundKey find_key(const config::Config& config, const UnitFacts& unit) {
  FoundKey result;
  KeyFacts& facts = result.facts;
  facts.credential_in_unit = !credential_file(unit).empty();
  auto found = find_key(config.api);
  if (auto* failure = std::get_if<Failure>(&found)) {
    facts.failure = std::move(failure->message);
    return result;
  }
  auto& key = std::get<config::ApiKey>(found);
  facts.found = true;
  result.key = std::move(key.key);
  facts.source = std::move(key.source);
  if (facts.source.starts_with('$') && unit.systemd && unit.error.empty()) {
    facts.variable_in_manager = manager_has(facts.source.substr(1));
  }
  return result;
}

std::string asked_for_key(const config::Api& api) {
  if (config::find_ready_key(api, config::process_environment())) return {};
  if (!api.key_command.empty()) return api.key_command.front() + " (api.key_command)";
  return api.keyring ? "the keyring" : "";
}

}  // namespace gv::ctl
