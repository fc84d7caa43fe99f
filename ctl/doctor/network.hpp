// The way to the service, and what the key may do there: gemini-voice-probe's word, judged. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "ctl/finding.hpp"
#include "daemon/config/config.hpp"

namespace gv::ctl {

struct NetworkFacts {
  std::string host;
  bool tls = true;
  bool own_authority = false;  // api.ca_file is set
  bool proxy = false;          // the environment names one, which the daemon does not use
  std::int64_t now = 0;        // seconds since the epoch, by our clock
  std::string not_run;         // why the probe could not be run; empty: it was
  bool timed_out = false;      // it was ended at the end of our patience
  std::map<std::string, boost::json::object, std::less<>> steps;  // by "step"
};

// The lines that gemini-voice-probe printed. What is none of its own is passed over.
void read_steps(std::string_view output, NetworkFacts& facts);

// no_key: why no key could be shown to the service; empty: it was shown.
Findings judge_network(const NetworkFacts& facts, const std::string& no_key,
                       const config::Config& config);

// The same findings, not checked.
Findings skip_network(const std::string& because);

}  // namespace gv::ctl
