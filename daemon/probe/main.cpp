// gemini-voice-probe: tries the way to the service a step at a time and says what it found, for
// gemini-voicectl doctor. A program of its own, because the command line has no network, and
// because who waits for a name server can only be ended.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <iterator>
#include <string>

#include <curl/curl.h>

#include "daemon/probe/errand.hpp"
#include "daemon/probe/reach.hpp"
#include "daemon/probe/rest.hpp"
#include "daemon/probe/upgrade.hpp"
#include "daemon/util/log.hpp"

namespace gv::probe {
namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t longest_errand = 64UL * 1024;

// Runs it and tells what came of it, at once. Whether it went well.
bool step(const char* name, const std::function<json::object()>& run) {
  const auto began = Clock::now();
  json::object told = run();
  told["step"] = name;
  told["ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began).count();
  std::cout << json::serialize(told) << std::endl;  // flushed: who reads it may not wait for more
  return told.at("ok").as_bool();
}

// False: there is no use in going on.
bool reach(asio::io_context& io, const Errand& errand) {
  Addresses addresses;
  asio::ip::tcp::socket socket(io);
  if (!step("resolve", [&] { return resolve(io, errand, addresses); })) return false;
  if (!step("connect", [&] { return connect(addresses, socket); })) return false;
  if (!errand.endpoint.tls) return true;
  return step("tls", [&] {
    json::object told;
    try {
      told = shake_hands(std::move(socket), errand);
    } catch (const std::exception& e) {
      told = {{"ok", false}, {"error", e.what()}, {"ca_file", true}};  // which cannot be read
    }
    const json::value* about_time = told.if_contains("about_time");
    if (about_time != nullptr && about_time->as_bool()) {
      for (auto& member : ask_the_time(errand))
        told.insert(member);
    }
    return told;
  });
}

void run() {
  // Reads no further than what is sound.
  std::string text(longest_errand + 1, '\0');
  std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::cin.gcount()));
  if (text.size() > longest_errand) throw std::runtime_error("standard input is too long");
  const Errand errand = read_errand(text);
  asio::io_context io{1};
  if (!reach(io, errand)) return;
  if (!errand.key.empty()) step("listing", [&] { return list_models(errand); });
  step("upgrade", [&] { return upgrade(io, errand); });
}

}  // namespace
}  // namespace gv::probe

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  gv::log::set_level(gv::log::Level::error);
  try {
    ::curl_global_init(CURL_GLOBAL_DEFAULT);
    gv::probe::run();
    ::curl_global_cleanup();
    return EXIT_SUCCESS;
  } catch (const std::exception& e) {
    gv::log::error("probe", e.what());
    return EXIT_FAILURE;
  }
}
