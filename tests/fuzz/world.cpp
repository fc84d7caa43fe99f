#include "tests/fuzz/world.hpp"

#include <algorithm>
#include <utility>

#include "tests/fuzz/executor.hpp"

namespace gv::fuzz {

namespace {

constexpr std::int64_t minute_ns = 60'000'000'000;
// The waits of daemon/session/backoff.cpp, shortened by all of their jitter: 0, 0.4, 0.8, 1.6, 3.2,
// 6.4, 12.8, 24 s and no other end within a minute; and the attempt before them.
constexpr std::size_t connects_in_a_row = 9;
// A minute touches so many connections that were good for 30 s: what comes after them is new.
constexpr std::size_t good_connections = 3;

}  // namespace

void World::feed(const Input& input) {
  waiting_.push_back(input);
  if (std::exchange(stepping_, true)) return;
  while (!waiting_.empty()) {
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    if (std::holds_alternative<input::GoingToSleep>(next)) asleep_ = machine_.running();
    if (std::holds_alternative<input::Woke>(next)) asleep_ = false;
    if (std::holds_alternative<input::Start>(next) || std::holds_alternative<input::Woke>(next) ||
        std::holds_alternative<input::NetworkChanged>(next)) {
      fresh_start();
    }
    // A connection that answers the user was of use.
    const auto* voice = std::get_if<input::Voice>(&next);
    if (std::holds_alternative<input::SendText>(next) ||
        std::holds_alternative<input::Talk>(next) || (voice != nullptr && voice->speaking)) {
      fresh_start();
    }
    const auto* message = std::get_if<input::Message>(&next);
    const auto events = message != nullptr ? message->events->size() : 1;
    const auto turns = open_turns_.size();
    const auto calls = 2 * session::ToolCalls::max_open;
    const auto& actions = machine_.step(next, now_ns_);
    // Three an event at most, three for every turn that ends, four for every call.
    require(actions.size() <= 64 + 8 * events + 4 * turns + 4 * calls,
            "a step has a bounded number of actions");
    for (const auto& action : actions)
      std::visit(Executor{*this}, action);
    // Within a step each event may open one before the oldest gets its end.
    require(open_turns_.size() <= session::Turns::max_open, "turns are bounded");
    require(published_ == machine_.status(), "every change is published");
    require(machine_.running() == (machine_.status().state != session::State::idle),
            "idle is what does not run");
    require(!talking_ || timers_.contains(Timer::talk), "no activity is open for ever");
    require(ended_ == started_ || ended_ + 1 == started_,
            "every session before this one has ended");
    if (machine_.running()) {
      require_progress();
    } else {
      asleep_ = false;
      require(!std::exchange(cut_short_, false), "a session ends no activity by hanging up");
      require_rest();
    }
  }
  stepping_ = false;
}

void World::require_rest() const {
  require(timers_.empty(), "no timer is left behind");
  require(wire_ == Wire::closed, "no connection is left behind");
  require(!key_sought_, "nobody looks for a key that nobody wants");
  require(!capture.wanted && !playback.wanted, "no device is left behind");
  require(planned_.empty() && running_.empty(), "no tool is left behind");
  require(asked_.empty(), "no question is left behind");
  require(called_.empty(), "every call ends");
}

void World::require_progress() const {
  const auto due = [this](Timer timer) { return timers_.contains(timer); };
  require(due(Timer::idle) || limits_.idle_timeout.count() == 0, "a silent session ends");
  require(due(Timer::max_duration) || !limits_.max_duration, "a session ends at its limit");
  if (asleep_) {
    require(wire_ == Wire::closed && !capture.wanted && !playback.wanted, "asleep, all is closed");
    return;
  }
  if (wire_ == Wire::closed) {
    require(key_sought_ || due(Timer::retry), "without a connection, another attempt is due");
  } else if (!setup_complete_) {
    require(due(Timer::setup), "who connects does not wait for ever");
  } else {
    require(due(Timer::rotation) || due(Timer::rotation_deadline),
            "no connection is kept until the service ends it");
  }
  require(asked_.empty() || due(Timer::approval), "no question is asked for ever");
  require(playback.wanted || due(Timer::reopen), "a session has a speaker, or will have");
  require(capture.wanted || due(Timer::reopen) || machine_.status().muted,
          "a session has a microphone, or will have");
}

void World::fresh_start() {
  fresh_starts_.push_back(now_ns_);
}

void World::connects() {
  connects_.push_back(now_ns_);
  for (auto* times : {&connects_, &fresh_starts_})
    std::erase_if(*times, [this](auto at) { return at <= now_ns_ - minute_ns; });
  require(connects_.size() <= connects_in_a_row * (good_connections + fresh_starts_.size()),
          "no service is met again and again without a pause");
}

void World::network_stands_still(bool still) {
  hearing_.stand_still(still);
  pump();
}

void World::pump() {
  for (const auto& sent : hearing_.pump(now_ns_))
    feed(sent);
}

void World::start(input::Start start) {
  if (machine_.running()) return;  // the driver refuses it
  hearing_.begin(start.profile.turn_taking == config::TurnTaking::push_to_talk);
  by_key_ = start.profile.turn_taking == config::TurnTaking::push_to_talk;
  ++started_;
  limits_ = start.limits;
  key_sought_ = !start.key_ready;
  feed(std::move(start));
}

void World::find_key(bool found) {
  if (!std::exchange(key_sought_, false)) return;
  if (found) return feed(input::KeyFound{});
  feed(input::KeyMissing{{Error::no_api_key, "No."}});
}

void World::transport_opens() {
  if (wire_ != Wire::opening) return;
  wire_ = Wire::open;
  feed(input::TransportOpened{});
}

void World::transport_closes(live::CloseInfo info) {
  if (wire_ == Wire::closed) return;
  info.stage = wire_ == Wire::open ? live::CloseInfo::Stage::open : info.stage;
  wire_ = Wire::closed;
  feed(input::TransportClosed{std::move(info)});
}

void World::message(const live::Events& events) {
  if (wire_ != Wire::open) return;
  for (const auto& event : events) {
    if (std::holds_alternative<live::SetupComplete>(event)) setup_complete_ = setup_sent_;
  }
  feed(input::Message{&events, now_ns_});
}

void World::work_off(Pcm& pcm, bool succeeds) {
  if (pcm.requests.empty()) return;
  const auto request = pcm.requests.front();
  pcm.requests.pop_front();
  Input said;
  switch (request) {
    case Pcm::Request::open:
      ++pcm.opened;
      pcm.open = succeeds;
      if (!succeeds) return fail(pcm);
      said = pcm.capture ? Input(input::CaptureOpened{}) : Input(input::PlaybackOpened{});
      break;
    case Pcm::Request::close:
      if (!std::exchange(pcm.open, false) && !std::exchange(pcm.lost, false)) return;
      pcm.lost = false;
      if (!pcm.capture) cut_sound();
      said = pcm.capture ? Input(input::CaptureClosed{}) : Input(input::PlaybackClosed{});
      break;
  }
  pcm.events.push_back({std::move(said), pcm.opened});
}

void World::fail(Pcm& pcm) {
  pcm.open = false;
  const Failure failure{Error::device_unavailable, "It is gone."};
  pcm.events.push_back(
      {pcm.capture ? Input(input::CaptureFailed{failure}) : Input(input::PlaybackFailed{failure}),
       pcm.opened});
  if (!pcm.capture) sounds_.clear();  // with the device
}

// The engine keeps looking for a device, until a close.
void World::lose(Pcm& pcm) {
  if (!std::exchange(pcm.open, false)) return;
  pcm.lost = true;
  const Failure failure{Error::device_unavailable, "It is gone."};
  pcm.events.push_back(
      {pcm.capture ? Input(input::CaptureLost{failure}) : Input(input::PlaybackLost{failure}),
       pcm.opened});
}

void World::regain(Pcm& pcm) {
  if (!std::exchange(pcm.lost, false)) return;
  pcm.open = true;
  pcm.events.push_back(
      {pcm.capture ? Input(input::CaptureOpened{}) : Input(input::PlaybackOpened{}), pcm.opened});
}

void World::deliver(Pcm& pcm) {
  if (pcm.events.empty()) return;
  const auto event = std::move(pcm.events.front());
  pcm.events.pop_front();
  const bool failed = std::holds_alternative<input::CaptureFailed>(event.input) ||
                      std::holds_alternative<input::PlaybackFailed>(event.input);
  if (failed && event.request == pcm.asked) pcm.wanted = false;
  feed(event.input);
}

// The device takes the first sample of an answer, or has played its last one.
void World::play_on() {
  if (!playback.open || sounds_.empty()) return;
  auto& sound = sounds_.front();
  if (!std::exchange(sound.started, true)) {
    playback.events.push_back({input::PlayStarted{sound.turn, now_ns_}, playback.opened});
  } else if (sound.ended || sounds_.size() > 1) {
    playback.events.push_back({input::Played{sound.turn, 1000}, playback.opened});
    sounds_.pop_front();
  }
}

// By a flush or a close: every turn that had audio is reported.
void World::cut_sound() {
  for (const auto& sound : sounds_)
    playback.events.push_back({input::Played{sound.turn, 10}, playback.opened});
  sounds_.clear();
}

void World::plan_tool(const tools::Plan& plan) {
  if (planned_.empty()) return;
  const auto call = *planned_.begin();
  planned_.erase(call);
  feed(input::ToolPlanned{call, plan});
}

void World::answer_user(bool allow) {
  if (!asked_.empty()) feed(input::ToolAnswered{*asked_.begin(), allow});
}

void World::finish_tool(bool with_picture) {
  if (running_.empty()) return;
  const auto call = *running_.begin();
  running_.erase(call);
  tools::Result result{false, R"({"output":"done"})", {}};
  if (with_picture) result.pictures.push_back({"image/jpeg", "picture"});
  feed(input::ToolFinished{call, std::move(result)});
}

void World::pass(std::int64_t ms) {
  const auto until = now_ns_ + ms * 1'000'000;
  for (;;) {
    const auto next =
        std::ranges::min_element(timers_, {}, [](const auto& timer) { return timer.second; });
    if (next == timers_.end() || next->second > until) break;
    const auto timer = next->first;
    listen(next->second);
    // What was heard until then may have changed it.
    const auto due = timers_.find(timer);
    if (due == timers_.end() || due->second > now_ns_) continue;
    timers_.erase(due);
    feed(input::TimerFired{timer});
  }
  listen(until);
}

// Time passes, and the microphone hears it.
void World::listen(std::int64_t until_ns) {
  constexpr std::int64_t step_ns = 100'000'000;
  // More than the rings hold teaches nothing.
  constexpr std::int64_t most_ns = 40'000'000'000;
  now_ns_ = std::max(now_ns_, until_ns - most_ns);
  while (now_ns_ + step_ns <= until_ns) {
    now_ns_ += step_ns;
    if (capture.open) hearing_.hear(now_ns_);
    pump();
  }
  now_ns_ = std::max(now_ns_, until_ns);
  pump();
}

void World::pass_until_timer() {
  if (timers_.empty()) return;
  const auto next =
      std::ranges::min_element(timers_, {}, [](const auto& timer) { return timer.second; });
  pass(std::max<std::int64_t>(0, (next->second - now_ns_) / 1'000'000));
}

void World::wind_up() {
  feed(input::Stop{});
  require(!machine_.running(), "stop ends the session");
  for (auto* pcm : {&capture, &playback}) {
    while (!pcm->requests.empty())
      work_off(*pcm, true);
    while (!pcm->events.empty())
      deliver(*pcm);
  }
  const auto& status = machine_.status();
  require(ended_ == started_, "every session ends");
  require(status.session_id.empty() && !status.capture_open && !status.playback_open,
          "idle is idle when the devices have answered");
  require(open_turns_.empty(), "every turn ends");
  require_rest();
}

}  // namespace gv::fuzz
