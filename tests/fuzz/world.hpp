// The world around the session's machine, as far as the machine can tell: a service, two devices
// and a clock that answer its actions in any order and after any delay that the real ones could.
// What it checks are the rules between the machine and its driver. Used by machine.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "daemon/session/machine.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/fuzz/hearing.hpp"

namespace gv::fuzz {

using session::Input;
using session::Timer;

// Requests are worked off in order; what the engine says about them arrives later, in order too.
struct Pcm {
  enum class Request { open, close };
  struct Event {
    Input input;
    std::uint64_t request = 0;  // the open request that it is about
  };
  explicit Pcm(bool microphone) : capture(microphone) {}
  bool capture;
  std::deque<Request> requests;
  std::deque<Event> events;
  bool open = false;
  bool lost = false;         // it was open; the engine looks for another
  std::uint64_t opened = 0;  // open requests worked off
  std::uint64_t asked = 0;   // open requests made
  bool wanted = false;       // by the machine: opened, and neither closed nor reported as failed
};

class World {
 public:
  explicit World(std::string_view input)
      : input_(input),
        hearing_([this](bool holds, std::string_view invariant) { require(holds, invariant); }) {}

  // One step of the machine; afterwards its actions are in force and its invariants hold.
  void feed(const Input& input);
  void start(session::input::Start start);
  // The key that a session waits for: nothing happens where none does.
  void find_key(bool found);

  // The transport: each does nothing where it could not happen.
  void transport_opens();
  void transport_closes(live::CloseInfo info);
  void message(const live::Events& events);
  // The network takes nothing more, or does again.
  void network_stands_still(bool still);

  // The devices.
  void work_off(Pcm& pcm, bool succeeds);
  void lose(Pcm& pcm);
  void regain(Pcm& pcm);
  void deliver(Pcm& pcm);
  void play_on();

  // The tools: the oldest call is planned, answered by the user, or done.
  void plan_tool(const tools::Plan& plan);
  void answer_user(bool allow);
  void finish_tool(bool with_picture);

  // Time.
  void pass(std::int64_t ms);
  void pass_until_timer();

  // The end of every input: nothing may be left.
  void wind_up();

  const session::Machine& machine() const { return machine_; }
  Pcm capture{true};
  Pcm playback{false};

 private:
  friend struct Executor;

  enum class Wire { closed, opening, open };
  struct Sound {  // a turn's answer in the playback queue
    std::uint64_t turn = 0;
    bool started = false;
    bool ended = false;
  };

  void require(bool holds, std::string_view invariant) const { check(holds, invariant, input_); }
  void fail(Pcm& pcm);
  // What a step leaves behind: in rest everything is closed, else something will happen by itself.
  void require_rest() const;
  void require_progress() const;
  // An event after which the machine may connect as if nothing had failed before.
  void fresh_start();
  void connects();
  // The microphone's sound up to now goes where it is asked for.
  void pump();
  void listen(std::int64_t until_ns);
  void cut_sound();

  std::string_view input_;
  session::Machine machine_;
  std::int64_t now_ns_ = 1'000'000'000;
  session::Status published_;
  std::deque<Input> waiting_;  // of the driver's own
  bool stepping_ = false;
  bool key_sought_ = false;

  Wire wire_ = Wire::closed;
  bool setup_sent_ = false;
  bool setup_complete_ = false;
  bool asleep_ = false;
  bool by_key_ = false;     // the session goes by the talk key
  bool talking_ = false;    // the last activity has no end yet
  bool cut_short_ = false;  // the connection was closed within an activity
  Hearing hearing_;
  config::Session limits_;                 // of the session
  std::deque<std::int64_t> connects_;      // of the last minute: when
  std::deque<std::int64_t> fresh_starts_;  // likewise

  std::deque<Sound> sounds_;
  std::map<Timer, std::int64_t> timers_;  // when they are due

  std::set<std::uint64_t> planned_;  // calls whose plan is awaited
  std::set<std::uint64_t> running_;  // calls whose result is awaited
  std::set<std::string> asked_;      // calls that the user is asked about
  std::set<std::string> called_;     // calls that have begun and not ended

  std::uint64_t started_ = 0;
  std::uint64_t ended_ = 0;
  std::set<std::uint64_t> open_turns_;
  std::uint64_t last_done_ = 0;
};

}  // namespace gv::fuzz
