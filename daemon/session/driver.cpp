#include "daemon/session/driver.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <random>
#include <system_error>
#include <utility>

#include <asio/post.hpp>
#include <unistd.h>

#include "daemon/audio/alsa_devices.hpp"
#include "daemon/config/keys.hpp"
#include "daemon/live/encode.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/log.hpp"

namespace gv::session {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds lag_probe_interval{100};
constexpr milliseconds sleep_poll_interval{20};
// Above this much unsent audio (about one second of base64) the newest is dropped: the socket
// library itself has no limit.
constexpr std::size_t max_unsent_bytes = 48UL * 1024;
// `direct` reads the next message when this little is left to be taken by the device.
constexpr std::uint64_t direct_low_water = audio::playback_rate / 10;  // frames
// `queued` stops reading before the queue is full, and goes on when there is room again.
constexpr std::uint64_t queued_reserve = std::uint64_t{10} * audio::playback_rate;
constexpr std::uint64_t queued_low_water = std::uint64_t{90} * audio::playback_rate;

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

EchoMode echo_in_force(config::Echo wanted) {
  switch (wanted) {
    case config::Echo::half_duplex:
      return EchoMode::half_duplex;
    case config::Echo::automatic:
    case config::Echo::cancel:
    case config::Echo::off:
      break;
  }
  return EchoMode::off;
}

std::string describe(std::string_view what, const audio::StreamInfo& info) {
  return std::string(what) + " '" + info.device + "' is open: " + std::to_string(info.rate) +
         " Hz, " + std::to_string(info.channels) + " channel(s), period " +
         std::to_string(info.period_frames) + ", buffer " + std::to_string(info.buffer_frames) +
         " frames";
}

}  // namespace

Driver::Driver(Parts parts, config::Config config)
    : parts_(std::move(parts)),
      config_(std::move(config)),
      feed_(parts_.engine.playout()),
      engine_events_(parts_.io, parts_.engine.event_fd()),
      lag_timer_(parts_.io),
      sleep_poll_(parts_.io) {
  show_default_profile();
  watch_engine();
}

Driver::~Driver() {
  engine_events_.release();  // the descriptor is the engine's
}

// Control

std::string Driver::start(const StartOptions& options) {
  if (shutting_down_) {
    throw FailureError(Error::busy, "gemini-voiced is shutting down. Try: again in a moment.");
  }
  const auto name = options.profile.empty() ? config_.default_profile : options.profile;
  if (machine_.running()) {
    if (machine_.status().profile == name) return machine_.status().session_id;
    throw FailureError(Error::busy, "A session with profile '" + machine_.status().profile +
                                        "' is running. Try: stop it first.");
  }
  const auto profile = config_.profiles.find(name);
  if (profile == config_.profiles.end()) {
    throw FailureError(Error::invalid_argument,
                       "There is no profile '" + name + "'. Try: gemini-voicectl profiles.");
  }
  try {
    if (const auto& file = config_.api.ca_file; !file.empty() && access(file.c_str(), R_OK) != 0) {
      throw FailureError(Error::config_invalid, "api.ca_file '" + file + "' cannot be read: " +
                                                    std::generic_category().message(errno) +
                                                    ". Try: gemini-voicectl config show.");
    }
    key_ = parts_.find_key(config_.api);
  } catch (const FailureError& e) {
    feed(input::Refused{e.failure()});
    throw;
  }
  session_config_ = config_;
  statistics_ = {};
  engine_before_ = parts_.engine.counters();
  input::Start start;
  start.session_id = new_session_id();
  start.profile_name = name;
  start.profile = profile->second;
  // Without Talk nobody could mark the user's turns: the configuration says that it has no effect.
  start.profile.turn_taking = config::TurnTaking::automatic;
  start.limits = config_.session;
  start.kept = parts_.handles.find(name, config_.api.endpoint, now_s_since_epoch());
  start.seed = std::random_device()();
  start.echo_mode = echo_in_force(config_.audio.echo);
  feed(std::move(start));
  probe_loop_lag();
  return machine_.status().session_id;
}

void Driver::stop(bool forget) {
  if (forget && !machine_.running()) parts_.handles.forget_all();
  feed(input::Stop{forget});
}

void Driver::shut_down() {
  shutting_down_ = true;
  stop(false);
}

bool Driver::toggle(const StartOptions& options) {
  if (machine_.running()) {
    stop(false);
  } else {
    start(options);
  }
  return machine_.running();
}

void Driver::mute(bool muted) {
  feed(input::Mute{muted});
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
                       "The session is still connecting, and enough text waits for it. "
                       "Try: again when it listens.");
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
  return statistics_.values(machine_.counters(), engine);
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

std::vector<std::string> Driver::reload() {
  config_ = parts_.load_config();
  show_default_profile();
  log::set_level(config_.log_level);
  std::vector<std::string> waiting;
  if (!machine_.running()) return waiting;
  for (auto& key : config::changed_keys(session_config_, config_)) {
    if (key != "log.level") waiting.push_back(std::move(key));
  }
  return waiting;
}

void Driver::show_default_profile() {
  const auto& name = config_.default_profile;
  feed(input::Configured{name, config_.profiles.at(name).model});
}

// The transport

void Driver::transport_opened() {
  feed(input::TransportOpened{});
}

void Driver::transport_message(std::string_view message, std::int64_t received_ns) {
  std::string redacted;
  if (!key_.empty() && message.find(key_.reveal()) != std::string_view::npos) {
    redacted = redact(std::string(message));
    message = redacted;
  }
  const auto& events = decoder_.decode(message);
  if (const auto& error = decoder_.error(); !error.empty()) {
    if (++statistics_.malformed_messages <= 10) {
      log::warning("session", "skipped in a message of the service: " + error);
    }
  }
  fed_audio_ = false;
  feed(input::Message{&events, received_ns});
  if (fed_audio_) throttle_reading();
}

void Driver::transport_closed(const live::CloseInfo& info) {
  auto shown = info;
  shown.reason = redact(std::move(shown.reason));
  shown.http_body = redact(std::move(shown.http_body));
  feed(input::TransportClosed{std::move(shown)});
}

// The service's words are shown; the key is not, even where the service quotes it.
std::string Driver::redact(std::string text) const {
  const std::string_view key = key_.reveal();
  if (key.size() < 8) return text;
  for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at)) {
    text.replace(at, key.size(), "[key]");
  }
  return text;
}

// Reading waits for the device: that is what `direct` is, and what keeps `queued` bounded.
void Driver::throttle_reading() {
  auto& queue = parts_.engine.playout();
  const bool direct = session_config_.audio.buffering == config::Buffering::direct;
  if (!direct && queue.room() > queued_reserve) return;
  if (queue.arm_room(direct ? direct_low_water : queued_low_water)) parts_.transport.pause(true);
}

void Driver::playout_room() {
  parts_.transport.pause(false);
}

// The world around

void Driver::going_to_sleep(std::function<void()> done) {
  asleep_ = std::move(done);
  feed(input::GoingToSleep{});
  report_sleep();
}

void Driver::woke(std::chrono::milliseconds slept) {
  asleep_ = nullptr;
  feed(input::Woke{slept});
}

void Driver::report_sleep() {
  if (!asleep_) return;
  const auto& status = machine_.status();
  if (!status.capture_open && !status.playback_open && parts_.transport.closing() == 0) {
    return std::exchange(asleep_, nullptr)();
  }
  sleep_poll_.expires_after(sleep_poll_interval);
  sleep_poll_.async_wait([this](const asio::error_code& ec) {
    if (!ec) report_sleep();
  });
}

void Driver::address_lost(const std::string& address) {
  if (parts_.transport.local_address() == address) feed(input::NetworkChanged{true});
}

void Driver::address_gained() {
  feed(input::NetworkChanged{false});
}

// The audio engine

void Driver::watch_engine() {
  engine_events_.async_wait(asio::posix::stream_descriptor::wait_read,
                            [this](const asio::error_code& ec) {
                              if (ec) return;
                              guarded("audio events", [this] { parts_.engine.dispatch(*this); });
                              watch_engine();
                            });
}

void Driver::capture_opened(const audio::StreamInfo& info) {
  log::info("audio", describe("microphone", info));
  feed(input::CaptureOpened{});
}

void Driver::capture_closed() {
  log::info("audio", "the microphone is closed");
  uplink_.clear();  // what was said before a mute is not sent after it
  heard_voice(voice_.reset());
  feed(input::CaptureClosed{});
}

void Driver::capture_failed(const Failure& failure) {
  feed(input::CaptureFailed{failure});
}

void Driver::capture_lost(const Failure& failure) {
  heard_voice(voice_.reset());
  feed(input::CaptureLost{failure});
}

void Driver::captured(const audio::CaptureChunk& chunk) {
  uplink_.keep(chunk.view(), chunk.captured_ns);
  heard_voice(voice_.feed(chunk.view()));
  if (!machine_.wants_audio()) return;
  if (parts_.transport.buffered() > max_unsent_bytes) {
    statistics_.frames_dropped += chunk.frames;
    return;
  }
  const bool congested = parts_.transport.buffered() > 0;
  send_audio(chunk.view());
  if (congested) return;  // nobody can tell when it will be written
  // The transport writes in the loop's next turn; this runs right after it.
  asio::post(parts_.io, [this, captured_ns = chunk.captured_ns] {
    statistics_.mic_to_wire.add(now_ns() - captured_ns);
  });
}

void Driver::send_audio(std::span<const std::int16_t> samples) {
  parts_.transport.send(live::encode_audio(samples));
  statistics_.frames_sent += samples.size();
}

void Driver::heard_voice(std::optional<bool> change) {
  if (change) feed(input::Voice{*change});
}

void Driver::playback_opened(const audio::StreamInfo& info) {
  log::info("audio", describe("speaker", info));
  feed(input::PlaybackOpened{});
}

void Driver::playback_closed() {
  log::info("audio", "the speaker is closed");
  feed(input::PlaybackClosed{});
}

void Driver::playback_failed(const Failure& failure) {
  flush_asked_ns_ = 0;
  feed(input::PlaybackFailed{failure});
}

void Driver::playback_lost(const Failure& failure) {
  flush_asked_ns_ = 0;
  feed(input::PlaybackLost{failure});
}

void Driver::play_started(std::uint64_t turn, std::int64_t received_ns, std::int64_t accepted_ns) {
  statistics_.wire_to_device.add(accepted_ns - received_ns);
  feed(input::PlayStarted{turn, accepted_ns});
}

void Driver::played(const audio::Played& played) {
  if (played.cut && played.silent_ns != 0 && flush_asked_ns_ != 0) {
    statistics_.interrupt_to_silence.add(played.silent_ns - flush_asked_ns_);
    flush_asked_ns_ = 0;
  }
  feed(input::Played{played.turn, played.heard_ms});
}

// The machine

void Driver::feed(Input input) {
  waiting_.push_back(std::move(input));
  if (stepping_) return;
  stepping_ = true;
  while (!waiting_.empty()) {
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    guarded("a session step", [this, &next] { step(next); });
  }
  stepping_ = false;
}

void Driver::step(const Input& input) {
  for (const auto& action : machine_.step(input, now_ns())) {
    // One that fails takes none of the others with it.
    guarded("an action",
            [this, &action] { std::visit([this](const auto& asked) { execute(asked); }, action); });
  }
}

// How late the loop comes to its timers, while a session runs.
void Driver::probe_loop_lag() {
  const auto due = std::chrono::steady_clock::now() + lag_probe_interval;
  lag_timer_.expires_at(due);
  lag_timer_.async_wait([this, due](const asio::error_code& ec) {
    if (ec || !machine_.running()) return;
    const auto lag = std::chrono::steady_clock::now() - due;
    statistics_.loop_lag_max_us =
        std::max(statistics_.loop_lag_max_us,
                 static_cast<std::uint64_t>(
                     std::chrono::duration_cast<std::chrono::microseconds>(lag).count()));
    probe_loop_lag();
  });
}

}  // namespace gv::session
