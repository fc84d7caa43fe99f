// gemini-voice-mcp-bridge: speaks MCP over stdio to the daemon and over streamable HTTP to a
// server, so that the daemon has one transport, and no HTTP.
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <curl/curl.h>

#include "daemon/tools/bridge/bridge.hpp"
#include "daemon/util/log.hpp"

namespace {

constexpr int wrong_usage = 2;

int run(const std::vector<std::string>& arguments) {
  const bool has_token = arguments.size() == 3 && arguments[1] == "--token-file";
  if (arguments.size() != 1 && !has_token) {
    gv::log::error("mcp-bridge", "usage: gemini-voice-mcp-bridge URL [--token-file FILE]");
    return wrong_usage;
  }
  auto target = gv::bridge::check_url(arguments[0]);
  if (has_token) target.token = gv::bridge::read_token(arguments[2]);
  return gv::bridge::Bridge(std::move(target)).run();
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    ::curl_global_init(CURL_GLOBAL_DEFAULT);
    const int status = run({argv + 1, argv + argc});
    ::curl_global_cleanup();
    return status;
  } catch (const std::exception& e) {
    gv::log::error("mcp-bridge", e.what());
    return EXIT_FAILURE;
  }
}
