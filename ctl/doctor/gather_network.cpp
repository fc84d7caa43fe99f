#include <cstdlib>
#include <ctime>

#include <string.h>  // explicit_bzero

#include "ctl/doctor/gather.hpp"
#include "ctl/doctor/run.hpp"
#include "daemon/live/endpoint.hpp"
#include "daemon/util/libexec.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

// All of its steps together; each has less.
constexpr std::chrono::milliseconds probe_limit{9'500};

bool names_proxy() {
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return true;
  }
  return false;
}

}  // namespace

NetworkFacts gather_network(const config::Api& api, const config::Secret& key) {
  NetworkFacts facts;
  const live::Endpoint endpoint = live::make_endpoint(api.endpoint, api.version);
  facts.host = endpoint.host;
  facts.tls = endpoint.tls;
  facts.own_authority = !api.ca_file.empty();
  facts.proxy = names_proxy();
  std::string errand = json::serialize(
      json::object{{"endpoint", api.endpoint},
                   {"version", api.version},
                   {"ca_file", config::expand_home(api.ca_file, config::process_environment())},
                   {"key", key.reveal()}});
  const std::string program = libexec_program("gemini-voice-probe");
  const Ran ran = run_program({program}, probe_limit, errand);
  ::explicit_bzero(errand.data(), errand.size());
  facts.now = std::time(nullptr);
  facts.timed_out = ran.timed_out;
  read_steps(ran.output, facts);
  if (facts.steps.empty() && !ran.timed_out) {
    facts.not_run = "the program that asks, " + program + ", could not be run: " + ran.failure;
  }
  return facts;
}

}  // namespace gv::ctl
