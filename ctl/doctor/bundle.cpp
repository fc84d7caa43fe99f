#include "ctl/doctor/bundle.hpp"

#include "daemon/config/dump.hpp"

namespace gv::ctl {
namespace {

constexpr std::string_view preface =
    "# gemini-voice: what doctor found\n\n"
    "For a bug report. Nothing has been sent anywhere: please read it before you attach it.\n"
    "Taken out: keys, tokens and what looks like one, addresses, names of you and of this\n"
    "machine, what you wrote for the model, arguments of tools. No word of a conversation was\n"
    "ever in it.\n";

std::string headline(std::string_view title) {
  return "\n## " + std::string(title) + "\n\n";
}

std::string fenced(std::string_view text) {
  std::string block = "~~~~~~\n" + std::string(text);
  if (!block.ends_with('\n')) block += '\n';
  return block + "~~~~~~\n";
}

std::string section(std::string_view title, const Part& part) {
  return headline(title) + (part.missing.empty() ? fenced(part.text) : part.missing + "\n");
}

Part configuration(const Settings& settings) {
  if (!settings.ok()) {
    return {"", "Left out, because it has mistakes; the findings have them."};
  }
  return {config::dump(redacted(settings.config())), ""};
}

Part unit(const BundleFacts& facts) {
  if (facts.unit.empty()) return {"", "systemd has no unit of that name, or does not run."};
  std::string text;
  for (const auto& [path, written] : facts.unit)
    text += "# " + path + "\n" + redacted_unit(written) + "\n";
  return {text, ""};
}

}  // namespace

std::string bundle_text(const BundleFacts& facts, const Redactor& redact) {
  std::string text = headline("Versions");
  for (const auto& [what, version] : facts.versions)
    text += "* " + what + ": " + (version.empty() ? "not found" : version) + "\n";
  std::string findings;
  for (const Finding& finding : facts.findings)
    findings += render(finding, false);
  text += section("Findings", {findings, ""});
  text += section("Configuration", configuration(*facts.settings));
  text += section("Unit", unit(facts));
  text += section("Sound devices", facts.devices);
  text += section("Statistics", facts.statistics);
  text += section("Log", facts.log);
  return std::string(preface) + redact(std::move(text));
}

}  // namespace gv::ctl
