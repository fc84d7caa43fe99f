// Keeps one direction at a device of its list from the request to open to the request to close:
// the first opening, a lost device, the first choice that has come back. Audio thread only; what
// blocks is done by the Opener. The streams' data is none of its business.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/audio/backoff.hpp"
#include "daemon/audio/opener.hpp"

namespace gv::audio {

class DeviceKeeper {
 public:
  DeviceKeeper(Direction direction, std::shared_ptr<Bell> bell)
      : direction_(direction), opener_(std::move(bell)) {}

  bool closed() const { return phase_ == Phase::closed; }
  void open(std::int64_t now, std::vector<std::string> devices, unsigned period_ms);
  void close();
  // The device in use was lost and has to be closed. Its successor comes from tend().
  void lost(std::int64_t now, AlsaPcm old);

  struct News {
    std::optional<AlsaPcm> pcm;      // to be used from now on, instead of the one in use
    std::optional<Failure> failure;  // of the first opening; closed now
  };
  // Does what is due. To be called after every wake-up.
  News tend(std::int64_t now);
  std::int64_t deadline() const;  // when it is to be called without an event

  // For a moment, for what is being closed; not for what hangs.
  void finish() { opener_.wait(std::chrono::milliseconds(200)); }

 private:
  enum class Phase { closed, opening, open, lost };

  News digest(std::int64_t now, OpenResult result);
  OpenTask task() const;

  Direction direction_;
  Opener opener_;
  Phase phase_ = Phase::closed;
  std::vector<std::string> devices_;
  unsigned period_ms_ = 0;
  std::size_t first_ = 0;   // of the list, for the next attempt
  std::size_t index_ = 0;   // in use
  bool successor_ = false;  // the device in use is not the first that was opened
  Backoff backoff_;
  std::int64_t opened_ns_ = 0;  // or the opening asked for
  std::int64_t next_ns_ = 0;    // attempt, or look for the first choice
};

}  // namespace gv::audio
