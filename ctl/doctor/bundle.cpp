#include "ctl/doctor/bundle.hpp"

#include <cctype>

#include <re2/re2.h>

#include "ctl/doctor/programs.hpp"
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

// A mistake in the configuration quotes what was written there, which may hold quotes, too.
std::string without_quoted(std::string_view line) {
  const auto first = line.find('"');
  const auto last = line.rfind('"');
  if (first == last) return std::string(line);
  return std::string(line.substr(0, first + 1)) + "[hidden]" + std::string(line.substr(last));
}

// The daemon's log has the same mistakes ("config: FILE:LINE:COLUMN: …"), and so have refusals of a
// reload.
std::string without_mistakes(std::string_view log) {
  static const RE2 mistake(R"(\bconfig: |:\d+:\d+: )");
  std::string result;
  while (!log.empty()) {
    const std::string line(log.substr(0, log.find('\n')));
    result += RE2::PartialMatch(line, mistake) ? without_quoted(line) : line;
    log.remove_prefix(line.size());
    if (log.empty()) break;
    result += '\n';
    log.remove_prefix(1);
  }
  return result;
}

std::string findings(const Findings& all) {
  std::string text;
  for (Finding finding : all) {
    const bool configured = finding.about == "configuration";
    finding.text = configured ? without_quoted(finding.text) : without_mistakes(finding.text);
    text += render(finding, false);
  }
  return text;
}

// Where it does not begin within another name.
void replace_path(std::string& text, const std::string& path, const std::string& by) {
  if (path.size() < 2) return;
  const auto in_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  };
  for (auto at = text.find(path); at != text.npos; at = text.find(path, at)) {
    const auto end = at + path.size();
    const bool begins = at == 0 || (!in_name(text[at - 1]) && text[at - 1] != '.');
    if (begins && (end == text.size() || !in_name(text[end]))) {
      text.replace(at, path.size(), by);
      at += by.size();
    } else {
      at = end;
    }
  }
}

// What redacted() leaves out of the configuration does not come back by findings and log.
void hide_places(std::string& text, const config::Config& config, const Redactor& redact) {
  for (const NamedProgram& one : named_programs(config)) {
    const std::string program = redact(one.program);
    if (const auto slash = program.rfind('/'); slash != program.npos)
      replace_path(text, program, program.substr(slash + 1));
  }
  const auto hide = [&text, &redact](const std::string& place) {
    replace_path(text, redact(place), "[hidden]");
  };
  hide(config.api.key_file);
  for (const auto& [name, server] : config.tools.mcp_servers) {
    hide(server.url);
    hide(server.token_file);
  }
  for (const auto& [name, profile] : config.profiles)
    hide(profile.transcript_folder);
}

}  // namespace

std::string bundle_text(const BundleFacts& facts, const Redactor& redact) {
  std::string text = headline("Versions");
  for (const auto& [what, version] : facts.versions)
    text += "* " + what + ": " + (version.empty() ? "not found" : version) + "\n";
  text += section("Findings", {findings(facts.findings), ""});
  text += section("Configuration", configuration(*facts.settings));
  text += section("Unit", unit(facts));
  text += section("Sound devices", facts.devices);
  text += section("Statistics", facts.statistics);
  text += section("Log", {without_mistakes(facts.log.text), facts.log.missing});
  text = redact(std::move(text));
  hide_places(text, facts.settings->config(), redact);
  return std::string(preface) + text;
}

}  // namespace gv::ctl
