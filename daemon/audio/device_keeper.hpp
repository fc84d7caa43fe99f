// Keeps one direction at a device of its list from the request to open to the request to close:
// the first opening, a lost device, the first choice that has come back; and knows when the last
// device was let go of. Audio thread only; what blocks is done by the Opener. The streams' data is
// none of its business.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/audio/backoff.hpp"
#include "daemon/audio/open_count.hpp"
#include "daemon/audio/opener.hpp"

namespace gv::audio {

class DeviceKeeper {
 public:
  DeviceKeeper(Direction direction, const std::shared_ptr<Bell>& bell)
      : direction_(direction), bell_(bell), opener_(bell) {}

  // Closed, or being closed with nothing to be opened afterwards.
  bool closed() const { return phase_ == Phase::closed || (phase_ == Phase::closing && !reopen_); }
  bool in_use() const { return phase_ == Phase::open; }  // a device
  // Waits for a close() that is under way.
  void open(std::int64_t now, std::vector<std::string> devices, unsigned period_ms);
  // Answered by News::closed. The caller has given away or released the device in use.
  void close(std::int64_t now);
  // The device in use was lost and has to be closed; nothing where that is under way already. Its
  // successor comes from tend().
  void lost(std::int64_t now, std::optional<AlsaPcm> old);

  struct News {
    std::optional<AlsaPcm> pcm;      // to be used from now on, instead of the one in use
    std::optional<Failure> failure;  // of the first opening; closed now
    int closed = 0;                  // so many close() are done
  };
  // Does what is due. To be called after every wake-up.
  News tend(std::int64_t now);
  std::int64_t deadline() const;  // when it is to be called without an event

  // For a moment, for what is being closed; not for what hangs.
  void finish();

 private:
  enum class Phase { closed, opening, open, lost, closing };

  void begin(std::int64_t now);
  void shut();
  News digest(std::int64_t now, OpenResult result);
  void follow_closing(std::int64_t now, News& news);
  void set_aside(std::shared_ptr<OpenCount>& count);
  void give_up_device(std::int64_t now, News& news);
  bool may_begin() const;
  std::int64_t patience_end() const;
  std::int64_t opening_end() const;
  std::string name() const;
  OpenTask task();

  Direction direction_;
  std::shared_ptr<Bell> bell_;
  Opener opener_;
  // Every opening has its own, so that a device that hangs can be told from its successor.
  std::shared_ptr<OpenCount> count_;                 // of the device in use
  std::shared_ptr<OpenCount> trying_;                // of what the opener is at
  std::vector<std::shared_ptr<OpenCount>> strays_;   // replaced, not closed yet: one close waits
  std::vector<std::shared_ptr<OpenCount>> hanging_;  // and nothing waits for these any more
  Phase phase_ = Phase::closed;
  std::vector<std::string> devices_;
  unsigned period_ms_ = 0;
  std::size_t first_ = 0;   // of the list, for the next attempt
  bool looked_ = false;     // what the opener is at is the look for the first choice
  std::string reasons_;     // why not those before
  std::size_t index_ = 0;   // in use
  bool successor_ = false;  // the device in use is not the first that was opened
  Backoff backoff_;
  Retake retake_;
  std::int64_t opened_ns_ = 0;  // or the opening asked for
  std::int64_t next_ns_ = 0;    // attempt, or look for the first choice

  std::int64_t closing_ns_ = 0;
  int closes_ = 0;             // to be answered
  bool reopen_ = false;        // as soon as it is closed
  bool closing_told_ = false;  // that it takes long
  bool overdue_ = false;       // told that a server that hangs has not let go of it
};

}  // namespace gv::audio
