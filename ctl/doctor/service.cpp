#include "ctl/doctor/service.hpp"

#include <algorithm>

#include "daemon/bus/names.hpp"

namespace gv::ctl {
namespace {

constexpr const char* bus = "session bus";
constexpr const char* daemon = "daemon";
constexpr const char* version = "version";
constexpr const char* unit = "unit";
constexpr const char* linger = "lingering";
constexpr const char* notifications = "notifications";
constexpr const char* portal = "portal";

Finding running(const BusFacts& facts) {
  const std::string name(gv::bus::bus_name);
  if (facts.owned) {
    Finding finding{daemon,
                    Verdict::good,
                    "runs",
                    "",
                    {{"running", true},
                     {"activatable", facts.activatable},
                     {"pid", facts.owner},
                     {"program", facts.program},
                     {"state", facts.state}},
                    Exit::no_daemon};
    if (facts.owner > 0) {
      finding.text += " as process " + std::to_string(facts.owner);
      if (!facts.program.empty()) finding.text += " (" + facts.program + ")";
    }
    if (!facts.silence.empty()) {
      finding.verdict = Verdict::bad;
      finding.text += ", but does not answer: " + facts.silence;
      finding.advice = "systemctl --user restart gemini-voiced";
    } else if (!facts.state.empty()) {
      finding.text += ", state: " + facts.state;
    }
    return finding;
  }
  Finding finding{daemon,
                  Verdict::good,
                  "does not run; the bus starts it when it is called",
                  "",
                  {{"running", false}, {"activatable", facts.activatable}},
                  Exit::no_daemon};
  if (facts.activatable) return finding;
  finding.verdict = Verdict::bad;
  if (facts.activation.empty()) {
    finding.text = "does not run, and the bus knows no way to start it: there is no " + name +
                   ".service in its folders";
    finding.advice = "to install it, or to start gemini-voiced in another terminal";
  } else {
    finding.text = "does not run, and the bus does not know of " + facts.activation;
    finding.advice = "systemctl --user reload dbus, or to log out and in again";
  }
  return finding;
}

Finding same_version(const BusFacts& facts, std::string_view own) {
  const std::string mine(own);
  if (!facts.owned || !facts.silence.empty()) {
    return skipped(version, "the daemon " +
                                std::string(facts.owned ? "does not answer" : "does not run") +
                                "; this program is " + mine);
  }
  const boost::json::object values{{"ctl", mine}, {"daemon", facts.version}};
  if (facts.version == mine) {
    return {version, Verdict::good, "the daemon and this program are both " + mine, "", values};
  }
  return {version, Verdict::doubtful, "the daemon is " + facts.version + ", this program " + mine,
          "systemctl --user restart gemini-voiced: it still runs what was installed before",
          values};
}

std::string value(const UnitFacts& facts, std::string_view name) {
  const auto found = facts.shown.find(name);
  return found == facts.shown.end() ? std::string() : found->second;
}

// LoadState, as systemctl(1) and org.freedesktop.systemd1(5) have it.
Finding not_loaded(const UnitFacts& facts, const boost::json::object& values) {
  const std::string state = value(facts, "LoadState");
  Finding finding{unit, Verdict::doubtful, "", "", values};
  if (state == "masked") {
    finding.text = "gemini-voiced.service is masked: systemd does not start it";
    finding.advice = "systemctl --user unmask gemini-voiced";
  } else if (state == "bad-setting" || state == "error") {
    finding.text = "systemd cannot use gemini-voiced.service (" + state + ")";
    finding.advice = "systemctl --user status gemini-voiced, which says what is wrong with it";
  } else {
    finding.text = "systemd knows no gemini-voiced.service (" + state + ")";
    finding.advice = "systemctl --user daemon-reload, where it has just been installed";
  }
  return finding;
}

Finding failed(const UnitFacts& facts, const boost::json::object& values) {
  Finding finding{unit,   Verdict::bad,   "has failed", "journalctl --user -u gemini-voiced -e",
                  values, Exit::no_daemon};
  const std::string result = value(facts, "Result");
  const std::string status = value(facts, "ExecMainStatus");
  if (!result.empty() && result != "success") finding.text += " (" + result;
  if (result == "exit-code" && !status.empty()) finding.text += " " + status;
  if (!result.empty() && result != "success") finding.text += ")";
  if (!facts.last_line.empty()) finding.text += ": " + facts.last_line;
  if (status == "6") finding.advice = "gemini-voicectl config check";
  return finding;
}

}  // namespace

Findings judge_bus(const BusFacts& facts, std::string_view own_version) {
  if (!facts.error.empty()) {
    Finding none{bus,
                 Verdict::bad,
                 "there is none: " + facts.error,
                 facts.addressed
                     ? "from a login session; DBUS_SESSION_BUS_ADDRESS names one that is not there"
                     : "from a login session, or with DBUS_SESSION_BUS_ADDRESS set (under ssh: "
                       "loginctl enable-linger)",
                 {},
                 Exit::no_daemon};
    return {none, skipped(daemon, "there is no session bus"),
            skipped(version, "there is no session bus")};
  }
  return {
      {bus, Verdict::good, "answers", "", {}}, running(facts), same_version(facts, own_version)};
}

Findings judge_desktop(const BusFacts& facts) {
  if (!facts.error.empty()) {
    return {skipped(notifications, "there is no session bus"),
            skipped(portal, "there is no session bus")};
  }
  Findings findings;
  findings.push_back(
      facts.notifications
          ? Finding{notifications, Verdict::good, "there is a server for them", "", {}}
          : Finding{notifications,
                    Verdict::good,
                    "there is no server for them: tools that ask are answered with "
                    "gemini-voicectl approve and deny",
                    "",
                    {}});
  findings.back().values["present"] = facts.notifications;
  findings.push_back(facts.portal
                         ? Finding{portal, Verdict::good, "xdg-desktop-portal is there", "", {}}
                         : Finding{portal,
                                   Verdict::good,
                                   "there is no xdg-desktop-portal: no screenshots, and no "
                                   "hotkeys by way of it",
                                   "",
                                   {}});
  findings.back().values["present"] = facts.portal;
  return findings;
}

std::map<std::string, std::string, std::less<>> read_properties(std::string_view text) {
  std::map<std::string, std::string, std::less<>> all;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto equals = line.find('=');
    if (equals == line.npos || equals == 0) continue;
    all.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return all;
}

Findings judge_unit(const UnitFacts& facts) {
  if (!facts.systemd) {
    return {skipped(unit, "systemd does not run this machine; start gemini-voiced by what does")};
  }
  if (!facts.error.empty()) {
    return {{unit,
             Verdict::doubtful,
             "systemd does not answer for this user: " + facts.error,
             "from a login session, or loginctl enable-linger",
             {}}};
  }
  const std::string active = value(facts, "ActiveState");
  const std::string enabled = value(facts, "UnitFileState");
  const boost::json::object values{
      {"load_state", value(facts, "LoadState")}, {"active", active}, {"enabled", enabled}};
  if (value(facts, "LoadState") != "loaded") return {not_loaded(facts, values)};
  Findings findings;
  if (active == "failed") {
    findings.push_back(failed(facts, values));
  } else {
    const bool on = enabled == "enabled";
    findings.push_back({unit, Verdict::good,
                        active + (on ? "; started at each login"
                                     : "; not enabled: it starts when it is first called"),
                        "", values});
  }
  findings.push_back({linger,
                      Verdict::good,
                      facts.linger ? "on: the daemon runs without a login, too"
                                   : "off: the daemon ends with the last login (loginctl "
                                     "enable-linger changes that)",
                      "",
                      {{"linger", facts.linger}}});
  return findings;
}

}  // namespace gv::ctl
