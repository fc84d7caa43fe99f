#include <string>

#include "ctl/client.hpp"
#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/render.hpp"
#include "ctl/verbs.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

using Voice = org::geminivoice::Voice1_proxy;

void show_requests(Client& client, bool as_json) {
  const auto requests = client.call([](Voice& voice) { return voice.ListToolRequests(); });
  for (const auto& entry : requests) {
    const json::object request{
        {"call_id", entry.get<0>()}, {"name", entry.get<1>()}, {"what", entry.get<2>()}};
    if (as_json) {
      print(request);
    } else {
      print(render_request(request));
    }
  }
  if (requests.empty() && !as_json) print("no tool asks");
}

// Only by its id: what asks may have changed since somebody looked.
int answer(const Call& call, bool allow) {
  Client client(std::string(call.verb), call.options);
  if (!client.daemon_runs()) {
    throw Problem(Exit::no_daemon, client.verb(), "gemini-voiced is not running, so no tool asks",
                  "gemini-voicectl start");
  }
  if (call.arguments.words.empty()) {
    show_requests(client, call.options.json);
    return 0;
  }
  const std::string& id = call.arguments.words[0];
  client.call([&id, allow](Voice& voice) { voice.AnswerToolRequest(id, allow); });
  if (call.options.json) print(json::object{{"done", true}});
  return 0;
}

}  // namespace

int approve(const Call& call) {
  return answer(call, true);
}

int deny(const Call& call) {
  return answer(call, false);
}

}  // namespace gv::ctl
