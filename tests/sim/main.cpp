// gemini-live-sim: a strict stand-in for the Gemini Live API on loopback. See README.md here.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include "tests/sim/options.hpp"
#include "tests/sim/server.hpp"

namespace gv::sim {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

// Whole or not at all: a test waits for the file to appear.
void write_port(const std::filesystem::path& path, std::uint16_t port) {
  std::filesystem::path temporary = path;
  temporary += ".new";
  {
    std::ofstream file(temporary);
    file << port << '\n';
    file.close();
    if (!file) throw std::runtime_error("cannot write " + temporary.string());
  }
  std::filesystem::rename(temporary, path);
}

int serve(const Options& options) {
  asio::io_context io{1};
  Samples answer_file;
  if (options.answer.kind == AnswerMode::Kind::file) {
    answer_file = from_bytes(read_file(options.answer.file));
  }
  Script script;
  if (!options.script.empty()) script = Script(parse_script(read_file(options.script)));
  EventLog log(options.log, options.record_uplink, options.record_downlink);
  Handles handles;
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&io](asio::error_code, int) { io.stop(); });

  const std::unique_ptr<Server> server =
      Server::create(io, {options, answer_file, script, log, handles});
  const bool ipv6 = options.host.find(':') != std::string::npos;
  std::cout << "gemini-live-sim: listening on " << (options.tls_cert.empty() ? "ws" : "wss")
            << "://" << (ipv6 ? "[" : "") << options.host << (ipv6 ? "]" : "") << ":"
            << server->port() << std::endl;
  if (!options.port_file.empty()) write_port(options.port_file, server->port());
  io.run();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace gv::sim

int main(int argc, char** argv) {
  try {
    const gv::sim::Options options = gv::sim::parse_options({argv + 1, argv + argc});
    if (options.help) {
      std::cout << gv::sim::usage();
      return EXIT_SUCCESS;
    }
    return gv::sim::serve(options);
  } catch (const std::exception& error) {
    std::cerr << "gemini-live-sim: " << error.what() << '\n';
    return 2;
  }
}
