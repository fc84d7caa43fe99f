#include "daemon/session/driver.hpp"

#include <chrono>
#include <utility>

#include "daemon/util/clock.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/log.hpp"
#include "daemon/util/text.hpp"

namespace gv::session {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds sleep_poll_interval{20};
// `direct` reads the next message when this little is left to be taken by the device.
constexpr std::uint64_t direct_low_water = audio::playback_rate / 10;  // frames
// `queued` stops reading before the queue is full, and goes on when there is room again.
constexpr std::uint64_t queued_reserve = std::uint64_t{10} * audio::playback_rate;
constexpr std::uint64_t queued_low_water = std::uint64_t{90} * audio::playback_rate;

}  // namespace

Driver::Driver(Parts parts, config::Config config)
    : parts_(std::move(parts)),
      config_(std::move(config)),
      feed_(parts_.engine.playout()),
      engine_events_(parts_.io, parts_.engine.event_fd()),
      microphone_timer_(parts_.io),
      sleep_poll_(parts_.io),
      handles_due_(parts_.io),
      toggle_timer_(parts_.io) {
  parts_.tools.set_observer(this);
  show_default_profile();
  watch_engine();
}

Driver::~Driver() {
  parts_.tools.set_observer(nullptr);
  engine_events_.release();  // the descriptor is the engine's
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
  hide_secret(text, key_.reveal(), "[key]");
  return text;
}

// Reading waits for the device: that is what `direct` is, and what keeps `queued` bounded.
void Driver::throttle_reading() {
  auto& queue = parts_.engine.playout();
  // The queue does not get shorter, and the service may say `interrupted`.
  if (held_ && queue.room() > queued_reserve / 2) return;
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

}  // namespace gv::session
