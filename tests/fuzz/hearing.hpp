// What the service of the fuzzed world hears: a microphone whose samples tell when they were
// captured, the real feed behind it, and a network that may stand still. Checks that nothing of
// the time between two presses goes out, and that what is begun is ended. Used by world.cpp.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string_view>
#include <utility>

#include "daemon/session/action.hpp"
#include "daemon/session/microphone_feed.hpp"

namespace gv::fuzz {

class Hearing {
 public:
  using Require = std::function<void(bool, std::string_view)>;
  explicit Hearing(Require require) : require_(std::move(require)) {}

  void begin(bool by_key);
  // A chunk of the microphone's sound, 100 ms up to then.
  void hear(std::int64_t until_ns);
  void forget();  // the microphone is closed
  void stand_still(bool still) { stuck_ = still; }
  bool stands_still() const { return stuck_; }

  void send(const session::action::SendMicrophone& send);
  void end(std::int64_t until_ns);
  void keep(const session::action::KeepSound& keep) { feed_.key(keep.key_down, keep.at_ns); }
  void cut();
  void disconnected();
  // The service believes that the user still speaks.
  bool activity_open() const { return open_; }
  // What can be sent now is; what comes of it.
  std::deque<session::input::TalkSent> pump(std::int64_t now_ns);

 private:
  struct Asked {
    std::int64_t since_ns = 0;
    std::int64_t until_ns = 0;
    bool by_key = false;
  };
  void check_sound(std::span<const std::int16_t> samples) const;

  Require require_;
  session::MicrophoneFeed feed_;
  std::deque<Asked> asked_;
  bool stuck_ = false;
  bool open_ = false;
};

}  // namespace gv::fuzz
