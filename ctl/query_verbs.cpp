#include <charconv>
#include <cstdint>
#include <ctime>

#include "ctl/client.hpp"
#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/render.hpp"
#include "ctl/verbs.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

using Voice = org::geminivoice::Voice1_proxy;

int quiet_status(const Call& call) {
  try {
    Client client("status", call.options);
    client.need_daemon();
    return text_of(client.properties(), "state") == "idle" ? 1 : 0;
  } catch (const Problem& problem) {
    return static_cast<int>(problem.exit());  // by exit code alone
  }
}

std::uint32_t newest(const Call& call) {
  if (!call.arguments.has("--newest")) return 0;
  const std::string text = call.arguments.value("--newest");
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count == 0) {
    throw Problem(Exit::usage, "transcript", "-n: '" + text + "' is not a positive number",
                  "gemini-voicectl transcript --help");
  }
  return count;
}

}  // namespace

int status(const Call& call) {
  if (call.arguments.has("--quiet")) return quiet_status(call);
  Client client("status", call.options);
  client.need_daemon();
  const json::object now = client.properties();
  if (call.options.json) {
    print(now);
  } else {
    print_raw(render_status(now));
  }
  return 0;
}

int statistics(const Call& call) {
  Client client("statistics", call.options);
  client.need_daemon();
  const json::object values =
      to_json(client.call([](Voice& voice) { return voice.GetStatistics(); }));
  if (call.options.json) {
    print(values);
  } else {
    print_raw(render_table(values));
  }
  return 0;
}

int devices(const Call& call) {
  Client client("devices", call.options);
  client.need_daemon();
  for (const auto& device : client.call([](Voice& voice) { return voice.ListDevices(); })) {
    if (call.options.json) {
      print(json::object{{"direction", device.get<0>()},
                         {"name", device.get<1>()},
                         {"description", device.get<2>()}});
    } else {
      print(pad(device.get<0>(), 9) + pad(device.get<1>(), 28) + printable(device.get<2>()));
    }
  }
  return 0;
}

int profiles(const Call& call) {
  Client client("profiles", call.options);
  client.need_daemon();
  for (const auto& profile : client.call([](Voice& voice) { return voice.ListProfiles(); })) {
    if (call.options.json) {
      print(json::object{{"name", profile.get<0>()}, {"description", profile.get<1>()}});
    } else {
      print(pad(profile.get<0>(), 16) + printable(profile.get<1>()));
    }
  }
  return 0;
}

int transcript(const Call& call) {
  const std::uint32_t count = newest(call);
  Client client("transcript", call.options);
  client.need_daemon();
  const auto entries = client.call([count](Voice& voice) { return voice.GetTranscript(count); });
  for (const auto& entry : entries) {
    if (call.options.json) {
      print(json::object{{"turn", entry.get<0>()},
                         {"time_us", entry.get<1>()},
                         {"role", entry.get<2>()},
                         {"text", entry.get<3>()}});
    } else {
      print(clock_time(entry.get<1>()) + ' ' + speaker(entry.get<2>()) + ": " +
            printable(entry.get<3>()));
    }
  }
  return 0;
}

}  // namespace gv::ctl
