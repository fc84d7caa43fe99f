// The local reflex to somebody who speaks while an answer is heard: softer at once, silent when it
// is speech for certain, and back again where it was a cough, a click or the clatter of keys, or
// where the service does not take it for an interruption. The service's word stays the one that
// ends the turn (users.md (f) 7). Pure: it is given the microphone and says what to do. Audio
// thread; owned by Reflex.
//
// Speech is what is louder than the room and has a pitch: noise (coughs, keys, paper, breath, and
// whispering as well) makes the answer softer for a moment, and never silent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace gv::audio {

class BargeIn {
 public:
  static constexpr unsigned frame = 160;  // 10 ms at 16 kHz

  enum class Command { none, duck, hold, restore };

  // The next 10 ms of the cleaned microphone. speech: where an answer is in the microphone as well,
  // whether somebody speaks into it, by who knows the answer; a no is believed, what it begins to
  // say is a suspicion at once, and a yes does not make noise a voice. audible: whether an answer
  // can be heard now, or would be if it were not held. end_ns: when its last sample crossed the
  // device.
  Command feed(std::span<const std::int16_t, frame> samples, std::optional<bool> speech,
               bool audible, std::int64_t end_ns);
  // Whether it has asked for what it has not taken back.
  bool acting() const { return state_ != State::idle; }
  // The answer cannot be held: nothing more is asked for before a rest.
  void refused();
  // When what led to the last duck or hold began.
  std::int64_t speech_ns() const { return onset_ns_; }
  // Another microphone, or another conversation.
  void reset() { *this = {}; }

 private:
  enum class State { idle, ducked, held };
  struct Sound {
    bool loud;
    bool voiced;
  };

  Sound listen(std::span<const std::int16_t, frame> samples, std::optional<bool> speech);
  void follow_room(double level, bool loud, bool voiced);
  void remember(std::span<const std::int16_t, frame> samples);
  bool has_pitch() const;
  void count(Sound sound, std::int64_t end_ns);
  void suspect(std::int64_t end_ns);
  Command judge(bool audible, std::int64_t end_ns);

  // At 4 kHz, for the pitch: 40 ms.
  static constexpr std::size_t window = 160;
  std::array<float, window> past_{};
  double floor_ = -60;  // the room, dBFS
  bool speech_denied_ = false;
  bool suspected_ = false;  // ducked for what knows the answer, and the cleaned sound may lack
  unsigned noisy_ = 0;      // frames that were loud without a voice, in a row
  State state_ = State::idle;
  // The sound that goes on now; all in frames.
  unsigned run_ = 0;       // since it began
  unsigned loud_ = 0;      // of these
  unsigned voiced_ = 0;    // of these
  unsigned quiet_ = 0;     // since the last loud one
  bool noise_ = false;     // it was judged already: no voice
  bool let_pass_ = false;  // it was held, and the service let it pass: not again before a rest
  std::int64_t run_began_ns_ = 0;
  std::int64_t onset_ns_ = 0;
  std::int64_t acted_ns_ = 0;  // when it was ducked or held
  std::int64_t last_voice_ns_ = 0;
};

}  // namespace gv::audio
