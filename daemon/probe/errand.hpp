// What gemini-voice-probe is told and what it tells: a JSON object on standard input, then a JSON
// object a line for each step, as soon as it is known. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/live/endpoint.hpp"

namespace gv::probe {

// {"endpoint": "wss://HOST", "version": "v1beta", "ca_file": "", "key": ""}
struct Errand {
  live::Endpoint endpoint;
  std::string version;
  std::string ca_file;  // PEM; empty: the system's store
  std::string key;      // empty: none is known; then nothing is listed
};

// Throws std::exception: why it cannot be read, without any of the text, which holds the key.
Errand read_errand(std::string_view text);

// Where the models are listed: http[s]://HOST:PORT/VERSION/models?pageSize=1000
std::string listing_url(const Errand& errand);

// The models of an answer that converse (live-api.md section 6.1), without "models/". nullopt: it
// is no such answer.
std::optional<std::vector<std::string>> read_listing(std::string_view body);

}  // namespace gv::probe
