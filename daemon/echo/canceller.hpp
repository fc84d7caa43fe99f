// The port of an echo canceller: it takes out of the microphone's sound what the speaker played.
// Which library is behind it is chosen when the project is built (option echo_cancellation).
//
// Frames are 10 ms of 16 kHz mono. Made on any thread, then used by one, which is the audio thread:
// process() neither allocates nor blocks nor throws; reset() and far_moved() may take some memory
// and a fraction of a millisecond.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace gv::echo {

constexpr unsigned rate = 16000;
constexpr std::size_t frame_samples = 160;
constexpr std::int64_t frame_ns = 10'000'000;

using Frame = std::span<std::int16_t, frame_samples>;
using ConstFrame = std::span<const std::int16_t, frame_samples>;

struct Settings {
  bool echo = true;       // false: only what follows
  bool high_pass = true;  // takes away what hums below the voice
  bool noise_suppression = false;
  bool gain_control = false;
  bool operator==(const Settings&) const = default;
};
inline constexpr Settings nothing{.echo = false, .high_pass = false};

// What a library leaves of an echo, and how that is told from words said into it.
struct Residue {
  // It passes for words now and then: those are believed for so many frames after the microphone
  // was louder than the echo can make it. None: how much was taken tells the two apart.
  std::optional<int> beyond_frames;
  // Until nothing is left of what the far end said last.
  int room_frames = 25;
};

class Canceller {
 public:
  virtual ~Canceller() = default;
  // near: as the microphone heard it; cleaned in place. far: what the speaker played, no later than
  // it can be heard in `near` (see reference_lead_ns in echo_filter.hpp).
  virtual void process(Frame near, ConstFrame far) = 0;
  // Somebody speaks into the microphone: rather leave some echo than take words away.
  virtual void favour_near(bool favour) = 0;
  // The library takes the frame cleaned last for a voice.
  virtual bool voice() const = 0;
  virtual Residue residue() const = 0;
  // Forgets the room: the devices are others.
  virtual void reset() = 0;
  // The library has found out by itself that the echo of `far` is heard so much later.
  virtual bool finds(std::int64_t later_ns) const = 0;
  // `far` is that of another time from now on, which finds() did not find; the room is the same.
  virtual void far_moved() = 0;
  // Calls that the library refused; the first one is logged.
  virtual unsigned refused() const = 0;
};

// nullptr where the library does not start, which is logged, and where none is built in.
std::unique_ptr<Canceller> make_canceller(const Settings& settings);
bool cancellation_built_in();

}  // namespace gv::echo
