// doctor: what works and what does not, with the next step. Neither the daemon nor a session is
// started for it.
#include <algorithm>
#include <string>

#include <unistd.h>

#include "ctl/doctor/audio.hpp"
#include "ctl/doctor/find_key.hpp"
#include "ctl/doctor/gather_bundle.hpp"
#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/verbs.hpp"
#include "daemon/config/paths.hpp"
#include "daemon/util/log.hpp"

namespace gv::ctl {

Settings load_settings() {
  Settings settings;
  settings.file = config::find_config_file(std::nullopt, config::process_environment());
  if (settings.file) settings.loaded = config::load_file(*settings.file);
  return settings;
}

namespace {

// Tells each finding as soon as it is there, and keeps it.
class Report {
 public:
  explicit Report(const Options& options) : json_(options.json) {}

  void add(const Findings& findings) {
    for (const Finding& finding : findings)
      add(finding);
  }
  void add(const Finding& finding) {
    if (json_) {
      print(to_json(finding));
    } else {
      print_raw(render(finding, output_has_colour()));
    }
    findings_.push_back(finding);
  }

  const Findings& findings() const { return findings_; }

  int finish() const {
    const Exit exit = worst(findings_);
    if (!json_) print("\n" + summary());
    return static_cast<int>(exit);
  }

 private:
  std::string summary() const {
    const auto count = [this](Verdict verdict) {
      return std::ranges::count(findings_, verdict, &Finding::verdict);
    };
    const auto bad = count(Verdict::bad);
    const auto doubtful = count(Verdict::doubtful);
    if (bad == 0 && doubtful == 0) return "Nothing is wrong.";
    return std::to_string(bad) + " failed, " + std::to_string(doubtful) +
           (doubtful == 1 ? " warning." : " warnings.");
  }

  bool json_;
  Findings findings_;
};

constexpr const char* mistakes = "the configuration has mistakes";

void check_service(const Call& call, const Settings& settings, const FoundKey& key,
                   Report& report) {
  if (!settings.ok()) {
    report.add(skip_network(mistakes));
  } else if (call.arguments.has("--offline")) {
    report.add(skip_network("of --offline"));
  } else {
    const NetworkFacts network = gather_network(settings.config().api, key.key);
    report.add(judge_network(network, key.facts.why_not(), settings.config()));
  }
}

// Why the devices must be left alone; empty: they need not.
std::string devices_busy(const Settings& settings, const BusFacts& bus) {
  if (!settings.ok()) return mistakes;
  const bool talks = bus.owned && !bus.state.empty() && bus.state != "idle";
  return talks ? "a conversation is going on" : "";
}

// After the configuration, from the inside out: what is ours, the way to the service, sound, the
// desktop.
BusFacts check_the_rest(const Call& call, const Settings& settings, const UnitFacts& unit,
                        const FoundKey& key, Report& report) {
  report.add(settings.ok() ? judge_key(key.facts) : skipped("key", mistakes));
  check_service(call, settings, key, report);
  BusFacts bus = gather_bus();
  report.add(judge_sound(gather_sound(settings.config().audio, devices_busy(settings, bus)),
                         settings.config().audio));
  report.add(judge_bus(bus, GV_VERSION));
  report.add(judge_unit(unit));
  report.add(judge_desktop(bus));
  if (settings.ok()) {
    report.add(judge_programs(gather_programs(settings.config())));
  } else {
    report.add(skipped("tools", mistakes));
  }
  return bus;
}

Settings need_settings() {
  Settings settings = load_settings();
  if (settings.ok()) return settings;
  throw Problem(Exit::config_invalid, "doctor", *settings.file + " has mistakes",
                "gemini-voicectl config check");
}

// A program that is asked for it may ask the user in turn, where nobody looks: for minutes.
FoundKey look_for_key(const Settings& settings, const UnitFacts& unit, const Options& options) {
  if (!settings.ok()) return {};
  const std::string asked = asked_for_key(settings.config().api);
  if (!asked.empty() && !options.json)
    complain("gemini-voicectl: doctor: asking " + asked + " for the key …");
  return find_key(settings.config(), unit);
}

std::vector<std::string> secrets(const FoundKey& key) {
  return {std::string(key.key.reveal())};
}

}  // namespace

int doctor(const Call& call) {
  const bool bundle = call.arguments.has("--bundle");
  const std::string file = call.arguments.value("--bundle");
  Report report(call.options);
  if (call.arguments.has("--audio") && !bundle) {
    report.add(audio_findings(need_settings().config().audio, call.options));
    return static_cast<int>(worst(report.findings()));
  }
  if (bundle && ::access(file.c_str(), F_OK) == 0) {
    throw Problem(Exit::refused, "doctor --bundle", file + " is there already", "another FILE");
  }
  log::set_level(log::Level::error);  // what the engine has to tell is in the findings
  const Settings settings = load_settings();
  report.add(judge_settings(settings));
  const UnitFacts unit = gather_unit();
  const FoundKey key = look_for_key(settings, unit, call.options);
  const BusFacts bus = check_the_rest(call, settings, unit, key, report);
  if (bundle) {
    if (call.arguments.has("--audio") && settings.ok()) {
      report.add(audio_findings(settings.config().audio, call.options));
    }
    BundleFacts facts = gather_bundle(call.options, unit, bus.owned && bus.silence.empty());
    facts.findings = report.findings();
    facts.settings = &settings;
    write_bundle(file, bundle_text(facts, Redactor(gather_identity(), secrets(key))));
    if (!call.options.json) {
      print("\nWritten to " + file + ", for a bug report. Please read it before you attach it.");
    }
  }
  return report.finish();
}

}  // namespace gv::ctl
