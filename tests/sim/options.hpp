// The command line of gemini-live-sim. Parsed once, before anything runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gv::sim {

struct AnswerMode {
  enum class Kind { parrot, tone, none, file } kind = Kind::parrot;
  double tone_hz = 440;
  double tone_seconds = 1;
  std::filesystem::path file;  // raw S16LE mono, 24 kHz
};

// Microphone audio while a BLOCKING tool call is unanswered.
enum class BlockedAudio { ignore, cancel, close };

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::filesystem::path tls_cert;
  std::filesystem::path tls_key;
  std::filesystem::path port_file;
  std::filesystem::path log;
  std::filesystem::path record_uplink;
  std::filesystem::path record_downlink;
  std::filesystem::path script;
  AnswerMode answer;
  std::string transcript;  // of every answer; empty: the mode's own
  double speed = 4;        // times real time
  std::chrono::milliseconds think{400};
  std::chrono::milliseconds setup_delay{150};
  std::optional<std::string> key;  // unset: any that does not start with "bad"
  std::vector<std::string> models;
  bool listing_quota = false;     // who lists the models has none left
  double vad_threshold_db = -42;  // of full scale
  std::optional<int> silence_ms;  // of the detector, where the setup does not say
  BlockedAudio blocked_audio = BlockedAudio::ignore;
  bool legacy = false;
  bool help = false;
};

std::string usage();
// Throws std::runtime_error with a sentence for the user.
Options parse_options(const std::vector<std::string>& arguments);

}  // namespace gv::sim
