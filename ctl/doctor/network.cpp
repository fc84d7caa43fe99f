#include "ctl/doctor/network.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>
#include <vector>

namespace gv::ctl {

namespace json = boost::json;

namespace {

constexpr const char* lookup = "name lookup";
constexpr const char* connection = "connection";
constexpr const char* certificate = "TLS";
constexpr const char* clock = "clock";
constexpr const char* accepted = "key accepted";
constexpr const char* models = "models";
constexpr const char* websocket = "WebSocket";

// More than that, and the certificates of the day may not hold yet, or no longer.
constexpr std::int64_t clock_tolerance_s = 120;
constexpr std::int64_t day_s = 86'400;

const json::object* step(const NetworkFacts& facts, std::string_view name) {
  const auto found = facts.steps.find(name);
  return found == facts.steps.end() ? nullptr : &found->second;
}

bool flag(const json::object& told, std::string_view name) {
  const json::value* value = told.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::string words(const json::object& told, std::string_view name) {
  const json::value* value = told.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t number(const json::object& told, std::string_view name) {
  const json::value* value = told.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

bool went_well(const NetworkFacts& facts, std::string_view name) {
  const json::object* told = step(facts, name);
  return told != nullptr && flag(*told, "ok");
}

json::object took(const json::object& told) {
  return {{"ms", number(told, "ms")}};
}

Finding no_answer(const char* about, const std::string& what) {
  return {about, Verdict::bad, what + " took too long: we gave up on it", "again later", {}};
}

Finding name_lookup(const NetworkFacts& facts) {
  const json::object* told = step(facts, "resolve");
  if (told == nullptr) return no_answer(lookup, "looking up " + facts.host);
  if (!flag(*told, "ok")) {
    return {lookup, Verdict::bad, facts.host + ": " + words(*told, "error"),
            "to look at the network, and at api.endpoint (getent hosts " + facts.host + ")",
            took(*told)};
  }
  const json::value* addresses = told->if_contains("addresses");
  const std::size_t count =
      addresses != nullptr && addresses->is_array() ? addresses->get_array().size() : 0;
  Finding finding{
      lookup, Verdict::good,
      facts.host + " has " + std::to_string(count) + (count == 1 ? " address" : " addresses"), "",
      took(*told)};
  if (addresses != nullptr) finding.values["addresses"] = *addresses;
  return finding;
}

Finding connected(const NetworkFacts& facts) {
  const json::object* told = step(facts, "connect");
  if (told == nullptr) return no_answer(connection, "connecting to " + facts.host);
  if (flag(*told, "ok")) {
    return {connection, Verdict::good, "to " + words(*told, "address"), "", took(*told)};
  }
  std::string advice = "to look at the network, a firewall, and api.endpoint";
  if (facts.proxy) {
    advice +=
        "; the environment names a proxy, which gemini-voiced does not use: it needs a way "
        "around it";
  }
  return {connection, Verdict::bad, facts.host + ": " + words(*told, "error"), advice, took(*told)};
}

Finding secured(const NetworkFacts& facts) {
  if (!facts.tls) {
    return {certificate,
            Verdict::good,
            "not used: the endpoint is plain ws:// on this machine",
            "",
            {}};
  }
  const json::object* told = step(facts, "tls");
  if (told == nullptr) return no_answer(certificate, "the handshake with " + facts.host);
  if (flag(*told, "ok")) {
    return {certificate, Verdict::good,
            words(*told, "protocol") + "; the certificate is good, and for " + facts.host, "",
            took(*told)};
  }
  std::string advice =
      "to find out who answers there: a proxy that opens TLS needs its certificate in api.ca_file";
  if (flag(*told, "ca_file")) {
    advice = "a readable PEM file in api.ca_file, or without that key the system's store";
  } else if (facts.own_authority) {
    advice = "without api.ca_file, which stands in for the system's store, or with the right one";
  } else if (flag(*told, "about_time")) {
    advice = "to look at the clock of this machine (date, timedatectl) first";
  }
  return {certificate, Verdict::bad, facts.host + ": " + words(*told, "error"), advice,
          took(*told)};
}

std::string span_of(std::int64_t seconds) {
  if (seconds >= 2 * day_s) return std::to_string(seconds / day_s) + " days";
  if (seconds >= 7200) return std::to_string(seconds / 3600) + " hours";
  if (seconds >= 120) return std::to_string(seconds / 60) + " minutes";
  return std::to_string(seconds) + " s";
}

Finding time(const NetworkFacts& facts) {
  std::int64_t there = 0;
  for (const char* name : {"listing", "tls"}) {
    const json::object* told = step(facts, name);
    if (told != nullptr && there == 0) there = number(*told, "server_time");
  }
  if (there == 0) return skipped(clock, "the service did not say what time it is");
  const std::int64_t off = facts.now - there;
  const json::object values{{"off_s", off}};
  const std::int64_t size = std::abs(off);
  if (size <= clock_tolerance_s) {
    return {clock, Verdict::good, "agrees with the service's", "", values};
  }
  return {clock, went_well(facts, "tls") ? Verdict::doubtful : Verdict::bad,
          "the clock of this machine is " + span_of(size) + (off > 0 ? " ahead" : " behind") +
              " of the service's: certificates are taken for expired, or not yet valid",
          "timedatectl set-ntp true (or date, as root)", values};
}

Finding key_accepted(const NetworkFacts& facts, const std::string& no_key) {
  if (!no_key.empty()) return skipped(accepted, no_key);
  const json::object* told = step(facts, "listing");
  if (told == nullptr) return no_answer(accepted, "listing the models");
  json::object values = took(*told);
  values["status"] = number(*told, "status");
  if (flag(*told, "ok")) {
    return {accepted, Verdict::good, "the service lists its models for it", "", values};
  }
  const bool refused = flag(*told, "refused");
  const bool quota = number(*told, "status") == 429;
  if (quota) {
    return {accepted, Verdict::doubtful, words(*told, "error"),
            "again in a minute, or to look at the plan of the key's project", values};
  }
  return {accepted,
          Verdict::bad,
          words(*told, "error"),
          refused ? "another key: https://aistudio.google.com/apikey" : "again later",
          values,
          refused ? Exit::key : Exit::failed};
}

struct Wanted {
  std::string profile;
  std::vector<std::string> models;  // the profile's own, then its fallbacks
};

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

// Profiles that want the same are one.
std::vector<Wanted> wanted_models(const config::Config& config) {
  std::vector<Wanted> all;
  for (const auto& [name, profile] : config.profiles) {
    std::vector<std::string> names{profile.model};
    names.insert(names.end(), profile.fallback_models.begin(), profile.fallback_models.end());
    const auto same = std::ranges::find(all, names, &Wanted::models);
    if (same == all.end()) {
      all.push_back({name, names});
    } else {
      same->profile += ", " + name;
    }
  }
  return all;
}

Finding model(const Wanted& wanted, const std::set<std::string, std::less<>>& there) {
  std::vector<std::string> found;
  std::vector<std::string> missing;
  for (const std::string& name : wanted.models)
    (there.contains(name) ? found : missing).push_back(name);
  Finding finding{models,
                  Verdict::good,
                  listed(found) + ": there for " + wanted.profile,
                  "",
                  {{"profiles", wanted.profile},
                   {"found", json::value_from(found)},
                   {"missing", json::value_from(missing)}}};
  if (missing.empty()) return finding;
  finding.text = wanted.profile + ": the service does not list " + listed(missing) +
                 " for this key" + (found.empty() ? "" : "; " + listed(found) + " is there");
  finding.verdict = found.empty() ? Verdict::bad : Verdict::doubtful;
  std::vector<std::string> others;
  for (const std::string& name : there) {
    if (others.size() < 5) others.push_back(name);
  }
  finding.advice = "another model in the profile" +
                   (others.empty() ? std::string() : ", such as: " + listed(others));
  return finding;
}

Findings judge_models(const NetworkFacts& facts, const std::string& no_key,
                      const config::Config& config) {
  if (!no_key.empty()) return {skipped(models, no_key)};
  const json::object* told = step(facts, "listing");
  if (told == nullptr || !flag(*told, "ok")) {
    return {skipped(models, "the service did not list them")};
  }
  std::set<std::string, std::less<>> there;
  if (const json::value* names = told->if_contains("models"); names && names->is_array()) {
    for (const json::value& name : names->get_array()) {
      if (name.is_string()) there.emplace(name.get_string());
    }
  }
  Findings findings;
  for (const Wanted& wanted : wanted_models(config))
    findings.push_back(model(wanted, there));
  return findings;
}

Finding upgraded(const NetworkFacts& facts) {
  const json::object* told = step(facts, "upgrade");
  if (told == nullptr) return no_answer(websocket, "opening the WebSocket");
  if (flag(*told, "ok")) {
    return {websocket, Verdict::good, "opens on the live endpoint", "", took(*told)};
  }
  json::object values = took(*told);
  values["status"] = number(*told, "status");
  const bool refused = flag(*told, "refused");
  return {websocket,
          Verdict::bad,
          words(*told, "error"),
          refused ? "another key: https://aistudio.google.com/apikey"
                  : "from another network: what stands in between may let no WebSocket through",
          values,
          refused ? Exit::key : Exit::failed};
}

void skip_rest(Findings& findings, std::initializer_list<const char*> rest,
               const std::string& because) {
  for (const char* about : rest)
    findings.push_back(skipped(about, because));
}

}  // namespace

void read_steps(std::string_view output, NetworkFacts& facts) {
  while (!output.empty()) {
    const auto end = std::min(output.find('\n'), output.size());
    std::error_code error;
    const json::value value = json::parse(output.substr(0, end), error);
    output.remove_prefix(std::min(end + 1, output.size()));
    if (error || !value.is_object()) continue;
    const std::string name = words(value.get_object(), "step");
    if (!name.empty()) facts.steps[name] = value.get_object();
  }
}

Findings skip_network(const std::string& because) {
  Findings findings;
  skip_rest(findings, {lookup, connection, certificate, clock, accepted, models, websocket},
            because);
  return findings;
}

Findings judge_network(const NetworkFacts& facts, const std::string& no_key,
                       const config::Config& config) {
  if (!facts.not_run.empty()) return skip_network(facts.not_run);
  Findings findings{name_lookup(facts)};
  if (!went_well(facts, "resolve")) {
    skip_rest(findings, {connection, certificate, clock, accepted, models, websocket},
              "the name of the service is not found");
    return findings;
  }
  findings.push_back(connected(facts));
  if (!went_well(facts, "connect")) {
    skip_rest(findings, {certificate, clock, accepted, models, websocket},
              "the service cannot be reached");
    return findings;
  }
  findings.push_back(secured(facts));
  if (facts.tls && !went_well(facts, "tls")) {
    findings.push_back(time(facts));
    skip_rest(findings, {accepted, models, websocket}, "nothing is said to who cannot be trusted");
    return findings;
  }
  findings.push_back(time(facts));
  findings.push_back(key_accepted(facts, no_key));
  for (Finding& finding : judge_models(facts, no_key, config))
    findings.push_back(std::move(finding));
  findings.push_back(upgraded(facts));
  return findings;
}

}  // namespace gv::ctl
