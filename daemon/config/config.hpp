// The configuration as plain values: every default of the contract is written here and only here.
// Pure; no YAML type leaks out of the loader (load.hpp). Immutable once a session has taken its
// copy.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/schema/schema.hpp"
#include "daemon/util/log.hpp"

namespace gv::config {

using std::chrono::milliseconds;

enum class TurnTaking { automatic, push_to_talk };
enum class Sensitivity { low, high };
enum class Buffering {
  queued,  // receive, queue, play
  direct,  // play as it comes; reading from the socket pauses while the device is full
};
enum class Echo { automatic, cancel, half_duplex, off };
using LogLevel = log::Level;

// Unset members leave the service's own default in force (live-api.md section 2.1.4).
struct Vad {
  std::optional<Sensitivity> start_sensitivity;
  std::optional<Sensitivity> end_sensitivity;
  std::optional<milliseconds> prefix_padding;
  std::optional<milliseconds> silence;
  bool operator==(const Vad&) const = default;
};

// A profile that teaches: what its instructions are completed with.
struct Learning {
  std::string target;  // the language that is learned, as people write it; empty: none is
  std::string native;  // the learner's own
  bool corrections = true;
  bool slow_speech = false;
  bool operator==(const Learning&) const = default;
};

struct Profile {
  std::string description;
  std::string model = "gemini-3.8-live";
  std::vector<std::string> fallback_models;
  std::string voice;         // prebuilt voice name; empty: the service chooses
  std::string language;      // BCP-47; empty: the service follows the speaker
  std::string instructions;  // system instruction; empty: none
  TurnTaking turn_taking = TurnTaking::automatic;
  bool interruptions = true;
  Vad vad;
  bool google_search = false;
  std::vector<std::string> tools;
  std::string greeting;                       // what the model does first, unasked; empty: it waits
  std::vector<std::string> escalation_words;  // said by the user, they call for a person
  std::string transcript_folder;              // each session's transcript goes there; empty: none
  bool off_the_record = false;                // nothing of it reaches the history
  Learning learning;
  bool operator==(const Profile&) const = default;
};

struct Api {
  std::string key_file;
  std::vector<std::string> key_command;
  bool keyring = false;
  std::string endpoint = "wss://generativelanguage.googleapis.com";
  std::string version = "v1beta";
  std::string ca_file;  // empty: the system's store
  bool operator==(const Api&) const = default;
};

struct Audio {
  std::vector<std::string> capture_devices{"default"};   // ALSA PCM names, tried in order
  std::vector<std::string> playback_devices{"default"};  // likewise
  milliseconds period{20};
  Buffering buffering = Buffering::queued;
  milliseconds prebuffer{60};
  Echo echo = Echo::automatic;
  bool high_pass = true;
  bool noise_suppression = false;
  bool gain_control = false;
  bool earcons = true;  // short sounds for start, stop, mute and error
  bool operator==(const Audio&) const = default;
};

struct Session {
  milliseconds idle_timeout{std::chrono::minutes(3)};  // zero: never
  std::optional<milliseconds> max_duration;
  bool operator==(const Session&) const = default;
};

enum class Approval { ask, allow, deny };
// When the model speaks about an answer that it did not wait for (live-api.md section 2.4).
enum class Scheduling { when_idle, silent, interrupt };

// A program that is run, never by a shell.
struct Child {
  std::vector<std::string> argv;
  std::string directory;                 // empty: the user's home
  std::vector<std::string> environment;  // NAME (as the daemon has it) or NAME=value, over the base
  bool operator==(const Child&) const = default;
};

// What the user allows a tool, and what the model may expect of it.
struct ToolPolicy {
  Approval approval = Approval::ask;
  bool remember = false;  // the user's "allow" holds until the session ends
  bool blocking = false;  // the model waits for the answer before it speaks on
  Scheduling scheduling = Scheduling::when_idle;
  milliseconds time_limit{30'000};
  bool operator==(const ToolPolicy&) const = default;
};

// tools.commands.NAME: a command line, with {parameter} in the place of what the model gives
// (placeholders.hpp).
struct CommandTool {
  std::string description;
  schema::Schema parameters;
  Child child;
  std::string input;  // its standard input, with placeholders as in argv; empty: nothing to read
  std::size_t output_limit = 16'384;  // bytes of its output that the model gets
  ToolPolicy policy;
  bool operator==(const CommandTool&) const = default;
};

// tools.mcp_servers.NAME: by argv (stdio) or by url (streamable HTTP).
struct McpServer {
  Child child;
  std::string url;                 // https://, or http:// to this machine
  std::string token_file;          // a bearer token for url; closed to others
  std::vector<std::string> tools;  // what of its tools the model may call; {"*"}: all
  ToolPolicy policy;
  bool operator==(const McpServer&) const = default;
};

struct Tools {
  std::map<std::string, CommandTool> commands;
  std::map<std::string, McpServer> mcp_servers;
  milliseconds approval_timeout{60'000};  // a question that nobody answers is denied
  bool operator==(const Tools&) const = default;
};

struct History {
  bool enabled = false;
  std::chrono::hours keep{30 * 24};
  bool operator==(const History&) const = default;
};

// Desktop notifications of what happens.
enum class Notifications { off, errors, all };

// The events of hooks, in the order of hook_names.
enum class HookEvent {
  session_started,
  session_ended,
  state_changed,
  muted,
  unmuted,
  error,
  escalation
};
inline constexpr std::array<std::string_view, 7> hook_names{
    "session_started", "session_ended", "state_changed", "muted", "unmuted", "error", "escalation"};

struct Hooks {
  std::array<std::vector<std::string>, hook_names.size()> argv;  // empty: none
  milliseconds time_limit{10'000};
  bool operator==(const Hooks&) const = default;
};

// US dollars per million tokens.
struct Prices {
  std::vector<std::string> models;  // names, or beginnings of names that end in *
  double text_in = 0;
  double audio_in = 0;
  double image_in = 0;  // and video
  double text_out = 0;
  double audio_out = 0;
  bool operator==(const Prices&) const = default;
};
std::map<std::string, Prices> default_prices();

struct Usage {
  std::optional<double> daily_budget;  // US dollars
  std::map<std::string, Prices> prices = default_prices();
  bool operator==(const Usage&) const = default;
};

// Hotkeys by the desktop's portal (org.freedesktop.portal.GlobalShortcuts).
struct Shortcuts {
  bool portal = false;
  // Proposals for the desktop, in the form "LOGO+g"; empty: the user chooses there.
  std::string toggle;
  std::string talk;
  std::string mute;
  bool operator==(const Shortcuts&) const = default;
};

// The four profiles that ship.
std::map<std::string, Profile> default_profiles();

struct Config {
  Api api;
  std::string default_profile = "assistant";
  std::map<std::string, Profile> profiles = default_profiles();
  Audio audio;
  Session session;
  Tools tools;
  History history;
  Notifications notifications = Notifications::errors;
  Hooks hooks;
  Usage usage;
  Shortcuts shortcuts;
  LogLevel log_level = LogLevel::info;
  bool operator==(const Config&) const = default;
};

}  // namespace gv::config
