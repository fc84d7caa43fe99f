// The driver's commands, as the bus gives them.
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>
#include <random>
#include <system_error>
#include <utility>

#include <unistd.h>

#include "daemon/audio/alsa_devices.hpp"
#include "daemon/echo/canceller.hpp"
#include "daemon/profile/instructions.hpp"
#include "daemon/session/driver.hpp"
#include "daemon/tools/save_word.hpp"
#include "daemon/util/clock.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/log.hpp"

namespace gv::session {
namespace {

// Typed text waits in the socket library, which has no limit of its own.
constexpr std::size_t max_unsent_text = 1024UL * 1024;  // bytes

std::string new_session_id() {
  std::random_device random;
  char text[20];
  std::snprintf(text, sizeof text, "%08x%08x", random(), random());
  return text;
}

std::int64_t now_s_since_epoch() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

std::string Driver::start(const StartOptions& options) {
  return start(options, std::nullopt);
}

// turn_taking: instead of the profile's.
std::string Driver::start(const StartOptions& options,
                          std::optional<config::TurnTaking> turn_taking) {
  waiting_toggle_.reset();
  if (shutting_down_) {
    throw FailureError(Error::busy, "gemini-voiced is shutting down. Try: again in a moment.");
  }
  const auto name = options.profile.empty() ? config_.default_profile : options.profile;
  if (machine_.running()) {
    if (options.off_the_record && !machine_.status().off_the_record) {
      throw FailureError(Error::busy,
                         "A session that is on the record is running. Try: stop it "
                         "first.");
    }
    if (machine_.status().profile == name) return machine_.status().session_id;
    throw FailureError(Error::busy, "A session with profile '" + machine_.status().profile +
                                        "' is running. Try: stop it first.");
  }
  const auto profile = config_.profiles.find(name);
  if (profile == config_.profiles.end()) {
    throw FailureError(Error::invalid_argument,
                       "There is no profile '" + name + "'. Try: gemini-voicectl profiles.");
  }
  bool key_ready = false;
  try {
    if (const auto& file = config_.api.ca_file; !file.empty() && access(file.c_str(), R_OK) != 0) {
      throw FailureError(Error::config_invalid, "api.ca_file '" + file + "' cannot be read: " +
                                                    std::generic_category().message(errno) +
                                                    ". Try: gemini-voicectl config show.");
    }
    if (parts_.purse != nullptr) parts_.purse->begin(profile->second);
    auto found = parts_.keys.find(config_.api, [this](auto later) { key_found(std::move(later)); });
    key_ready = found.has_value();
    if (found) use_key(std::move(*found));
  } catch (const FailureError& e) {
    feed(input::Refused{e.failure()});
    throw;
  }
  session_config_ = config_;
  statistics_ = {};
  first_sound_cue_.reset();  // of a session whose microphone never delivered
  engine_before_ = parts_.engine.counters();
  input::Start start;
  start.session_id = new_session_id();
  start.key_ready = key_ready;
  start.profile_name = name;
  start.profile = profile->second;
  if (turn_taking) start.profile.turn_taking = *turn_taking;
  start.profile.instructions = profile::complete_instructions(start.profile);
  by_key_ = start.profile.turn_taking == config::TurnTaking::push_to_talk;
  microphone_.begin(by_key_);
  start.off_the_record = options.off_the_record || start.profile.off_the_record;
  // It writes what was said to the disk.
  if (start.off_the_record) std::erase(start.profile.tools, tools::save_word_name);
  start.limits = config_.session;
  parts_.tools.begin(config_.tools, start.profile);
  start.functions = parts_.tools.functions();
  start.tools_ready = parts_.tools.ready();
  start.approval_timeout = config_.tools.approval_timeout;
  start.kept = parts_.handles.find(name, config_.api.endpoint, now_s_since_epoch());
  start.seed = std::random_device()();
  echo_.begin(config_.audio.echo, echo::cancellation_built_in());
  start.echo_mode = echo_.mode();
  log::info("audio", "echo: " + std::string(contract_name(start.echo_mode)) + ": " + echo_.why());
  feed(std::move(start));
  return machine_.status().session_id;
}

void Driver::use_key(config::ApiKey found) {
  log::info("session", "the API key comes from " + found.source);
  key_ = std::move(found.key);
}

void Driver::key_found(std::variant<config::ApiKey, Failure> found) {
  if (auto* failure = std::get_if<Failure>(&found)) {
    return feed(input::KeyMissing{std::move(*failure)});
  }
  use_key(std::move(std::get<config::ApiKey>(found)));
  feed(input::KeyFound{});
}

void Driver::stop(bool forget) {
  waiting_toggle_.reset();
  if (forget && !machine_.running()) parts_.handles.forget_all();
  feed(input::Stop{forget});
}

void Driver::shut_down() {
  shutting_down_ = true;
  stop(false);
}

bool Driver::toggle(const StartOptions& options) {
  switch (toggle_key_.press(now_ns())) {
    case ToggleKey::Press::counts:
      switch_over(options);
      return machine_.running();
    case ToggleKey::Press::waits:
      waiting_toggle_ = options;
      toggle_timer_.expires_after(std::chrono::nanoseconds(ToggleKey::wait_ns));
      toggle_timer_.async_wait([this](const asio::error_code& ec) {
        if (!ec) guarded("a hotkey", [this] { toggle_that_waited(); });
      });
      return !machine_.running();
    case ToggleKey::Press::repeats:
      waiting_toggle_.reset();
      return machine_.running();
  }
  return machine_.running();
}

void Driver::toggle_that_waited() {
  const auto options = std::exchange(waiting_toggle_, std::nullopt);
  if (!options) return;
  try {
    switch_over(*options);
  } catch (const FailureError& e) {
    log::info("session", std::string("the hotkey did nothing: ") + e.what());
  }
}

void Driver::switch_over(const StartOptions& options) {
  if (machine_.running()) {
    stop(false);
  } else {
    start(options);
  }
}

void Driver::mute(bool muted) {
  feed(input::Mute{muted});
}

void Driver::talk(bool pressed) {
  // Who starts by the talk key will release it, too: such a session goes by the key.
  if (pressed && !machine_.running() && machine_.new_press(now_ns())) {
    try {
      start({}, config::TurnTaking::push_to_talk);
    } catch (const FailureError&) {
      feed(input::Talk{true});  // a held key repeats itself, and should fail once
      throw;
    }
  }
  feed(input::Talk{pressed});
}

void Driver::interrupt() {
  feed(input::Interrupt{});
}

std::uint64_t Driver::send_text(const std::string& text) {
  if (!machine_.running()) {
    throw FailureError(Error::not_running, "No session is running. Try: gemini-voicectl start.");
  }
  if (!machine_.takes_text()) {
    throw FailureError(Error::busy,
                       "Enough text waits already: the session is still connecting, or the talk "
                       "key is down. Try: again when it listens.");
  }
  if (parts_.transport.buffered() > max_unsent_text) {
    throw FailureError(Error::busy,
                       "The service does not take what was sent to it, and enough waits for it. "
                       "Try: again in a moment.");
  }
  feed(input::SendText{text});
  return machine_.last_turn();
}

std::vector<TranscriptEntry> Driver::transcript(std::uint32_t newest) const {
  return transcript_.newest(newest);
}

Values Driver::statistics() const {
  auto engine = parts_.engine.counters();
  engine.capture_xruns -= engine_before_.capture_xruns;
  engine.playback_xruns -= engine_before_.playback_xruns;
  engine.capture_lost -= engine_before_.capture_lost;
  engine.playback_lost -= engine_before_.playback_lost;
  engine.capture_dropped -= engine_before_.capture_dropped;
  engine.ducks -= engine_before_.ducks;
  engine.holds -= engine_before_.holds;
  engine.restores -= engine_before_.restores;
  Values values = statistics_.values(machine_.counters(), engine, parts_.engine.levels());
  if (parts_.purse != nullptr) values.merge(parts_.purse->values());
  return values;
}

std::vector<Device> Driver::devices() const {
  std::vector<Device> devices;
  for (auto& device : audio::list_devices()) {
    devices.push_back({device.direction == audio::Direction::capture ? "capture" : "playback",
                       std::move(device.name), std::move(device.description)});
  }
  return devices;
}

std::vector<std::pair<std::string, std::string>> Driver::profiles() const {
  std::vector<std::pair<std::string, std::string>> profiles;
  for (const auto& [name, profile] : config_.profiles) {
    profiles.emplace_back(name, profile.description);
  }
  return profiles;
}

}  // namespace gv::session
