// The desktop's keyring, by way of gemini-voice-secret: how it is asked, and what its answers mean.
#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "daemon/config/secret.hpp"
#include "daemon/tools/runner.hpp"
#include "daemon/util/error.hpp"

namespace gv::keys {

// A locked keyring asks the user for its password; so long it may.
inline constexpr std::chrono::minutes keyring_time_limit{2};

// ours: the environment (NAME=value), of which the program gets what it needs.
tools::RunSpec keyring_lookup(const std::vector<std::string>& ours);
// input_fd: a file that holds the key.
tools::RunSpec keyring_store(const std::vector<std::string>& ours, int input_fd);

// Wipes the output. Failures (no_api_key) say what to do next.
std::variant<config::ApiKey, Failure> judge_lookup(tools::RunOutcome& outcome);

// Why the key was not stored; none: it was.
struct NotStored {
  bool no_service = false;  // there is no keyring to store it in
  std::string why;
};
std::variant<std::monostate, NotStored> judge_store(const tools::RunOutcome& outcome);

}  // namespace gv::keys
