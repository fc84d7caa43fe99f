#include "ctl/doctor/settings.hpp"

#include <algorithm>
#include <array>

#include <fnmatch.h>

namespace gv::ctl {
namespace {

std::string count_of(std::size_t count, const char* one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

std::string_view trimmed(std::string_view line) {
  const auto first = line.find_first_not_of(" \t\r");
  return first == line.npos ? std::string_view() : line.substr(first);
}

}  // namespace

Findings judge_settings(const Settings& settings) {
  constexpr const char* about = "configuration";
  if (!settings.file) {
    return {{about, Verdict::good, "there is no file: the built-in defaults hold", "", {}}};
  }
  const std::string& file = *settings.file;
  Findings findings;
  std::size_t errors = 0;
  for (const config::Diagnostic& diagnostic : settings.loaded.diagnostics) {
    const bool error = diagnostic.severity == config::Severity::error;
    errors += error ? 1 : 0;
    findings.push_back({about,
                        error ? Verdict::bad : Verdict::doubtful,
                        config::format(diagnostic),
                        error ? "to mend that line, then gemini-voicectl config check" : "",
                        {{"file", diagnostic.file},
                         {"line", diagnostic.line},
                         {"column", diagnostic.column},
                         {"key", diagnostic.key}},
                        Exit::config_invalid});
  }
  if (errors == 0) {
    const std::size_t warnings = findings.size();
    findings.insert(
        findings.begin(),
        {about,
         Verdict::good,
         file + ": valid" + (warnings == 0 ? "" : ", with " + count_of(warnings, "warning")),
         "",
         {{"file", file}}});
  }
  return findings;
}

std::string KeyFacts::why_not() const {
  if (credential_in_unit) return "only the daemon can see the key";
  return found ? "" : "there is no key";
}

Finding judge_key(const KeyFacts& facts) {
  constexpr const char* about = "key";
  const Finding finding{about, Verdict::good, "", "", {{"source", facts.source}}, Exit::key};
  if (facts.credential_in_unit) {
    Finding unseen = finding;
    unseen.values["source"] = "the systemd credential gemini-api-key";
    unseen.text =
        "the unit has the systemd credential gemini-api-key, which comes before every other "
        "source; only the daemon can see it";
    unseen.advice = "gemini-voicectl start, which says whether the service takes it";
    unseen.verdict = Verdict::skipped;
    return unseen;
  }
  if (!facts.found) {
    Finding missing = finding;
    missing.verdict = Verdict::bad;
    const auto advice = facts.failure.find(". Try: ");
    missing.text = facts.failure.substr(0, advice);
    if (advice != std::string::npos) missing.advice = facts.failure.substr(advice + 7);
    return missing;
  }
  Finding good = finding;
  good.text = "from " + facts.source;
  if (!facts.source.starts_with('$')) return good;
  good.text += " of this terminal";
  if (facts.variable_in_manager == false) {
    good.verdict = Verdict::doubtful;
    good.text += "; systemd, which runs the daemon, does not have that variable";
    good.advice = "a file of mode 600, named in api.key_file";
  }
  return good;
}

bool gives_credential(std::string_view unit) {
  constexpr std::array directives{"LoadCredential=", "LoadCredentialEncrypted=", "SetCredential=",
                                  "SetCredentialEncrypted=", "ImportCredential="};
  constexpr const char* name = "gemini-api-key";
  while (!unit.empty()) {
    const auto end = std::min(unit.find('\n'), unit.size());
    const std::string_view line = trimmed(unit.substr(0, end));
    unit.remove_prefix(std::min(end + 1, unit.size()));
    for (const std::string_view directive : directives) {
      if (!line.starts_with(directive)) continue;
      const std::string_view value = trimmed(line.substr(directive.size()));
      const std::string id(value.substr(0, value.find_first_of(": \t\r")));
      if (directive != "ImportCredential=") {
        if (id == name) return true;
        continue;
      }
      // GLOB or GLOB:NAME; behind a * the name is only the beginning of the new one.
      if (value.substr(id.size()).starts_with(':')) {
        std::string_view renamed = value.substr(id.size() + 1);
        renamed = renamed.substr(0, renamed.find_first_of(" \t\r"));
        if (id.ends_with('*') ? std::string_view(name).starts_with(renamed) : name == renamed)
          return true;
      } else if (::fnmatch(id.c_str(), name, 0) == 0) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace gv::ctl
