#include <chrono>

#include "ctl/client.hpp"
#include "ctl/output.hpp"
#include "ctl/picture_file.hpp"
#include "ctl/verbs.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

using Voice = org::geminivoice::Voice1_proxy;

// The desktop asks for up to 60 s, and the picture has to be made ready then.
constexpr std::chrono::seconds screenshot_timeout{90};

}  // namespace

int send_image(const Call& call) {
  const PictureFile picture = open_picture("send-image", call.arguments.words[0]);
  Client client("send-image", call.options);
  client.need_daemon();
  client.call([&picture](Voice& voice) {
    voice.SendImage(sdbus::UnixFd{picture.file.get()}, picture.mime_type, {});
  });
  if (call.options.json) print(json::object{{"done", true}});
  return 0;
}

int screenshot(const Call& call) {
  Options options = call.options;
  if (!options.timeout_given) options.timeout = screenshot_timeout;
  Client client("screenshot", options);
  client.need_daemon();
  client.call([](Voice& voice) { voice.SendScreenshot({}); });
  if (call.options.json) print(json::object{{"done", true}});
  return 0;
}

}  // namespace gv::ctl
