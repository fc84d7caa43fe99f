// The sound devices of a test: a speaker that the daemon plays on and the test hears, and a
// microphone that the test speaks into and the daemon hears.
#pragma once

#include <memory>
#include <string>

#include "tests/e2e/support/process.hpp"

namespace gv::e2e {

class Bed {
 public:
  virtual ~Bed() = default;

  // ALSA names. The daemon's two:
  virtual std::string playback_device() const = 0;
  virtual std::string capture_device() const = 0;
  // The test's ends of them:
  virtual std::string listening_device() const = 0;
  virtual std::string speaking_device() const = 0;
  virtual unsigned speaking_rate() const = 0;

  // What the daemon's environment needs.
  virtual Environment environment() const = 0;

  // Whether anyone but the test has the device open, by the kernel's or the server's own word.
  virtual bool playback_in_use() const = 0;
  virtual bool capture_in_use() const = 0;

  // Kernel devices: samples pass unchanged, latencies are exact and may be asserted tightly.
  virtual bool exact() const = 0;

  // How much later than on kernel devices what is said may be reacted to, as the test hears it.
  virtual double added_ms() const { return 0; }

  // What happens to a sound server; a kernel knows none of it. The test's own PCMs do not survive
  // it: none may be open meanwhile.
  virtual void freeze_server() {}  // it answers nobody any more
  virtual void thaw_server() {}
  virtual void kill_server() {}
  virtual void start_server() {}  // returns when it is there again
};

// Whether make_bed() gives the loopback cards. For tests that only they can have, and for those of
// many minutes, which a sound server takes long to play even in virtual time:
// doctest::skip(!on_kernel()).
bool on_kernel();

// Whether no time passes but what is slept (tests/kernel/run.sh): minutes cost seconds, and nothing
// is ever late.
bool virtual_time();

// GV_BED in the environment: "pulse", and where it is not set, is PulseAudio; "pipewire" is
// PipeWire; "kernel" is the loopback cards (tests/kernel/run.sh). speaker_rate: of a server's
// speaker; a loopback card takes the rate of whoever opens it first.
std::unique_ptr<Bed> make_bed(unsigned speaker_rate);

}  // namespace gv::e2e
