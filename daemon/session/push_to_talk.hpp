// The talk key: what presses and releases mean (README.md, "Push to talk"). A hold talks while it
// lasts; a tap latches talking on, and the next press and release end it. Pure; owned by the
// machine. All times are CLOCK_MONOTONIC, ns.
#pragma once

#include <cstdint>
#include <optional>

namespace gv::session {

class TalkKey {
 public:
  enum class Change { none, began, ended };

  // X11 and GNOME make of a held key a release and a press every 30 to 50 ms (users.md (b) 11): a
  // release counts when no press has followed for so long. What is said until then still goes out.
  static constexpr std::int64_t debounce_ns = 80'000'000;
  // Press and release are said by a process each, and of a short tap the second may be the faster
  // one: a release that nothing was pressed for belongs to a press that comes so soon.
  static constexpr std::int64_t overtaking_ns = 50'000'000;
  // Shorter is a tap: nobody says a word in it.
  static constexpr std::int64_t tap_ns = 300'000'000;
  // But where a voice began in it, and it was so long, it is a word and the end of a hold.
  static constexpr std::int64_t word_ns = 150'000'000;
  // A key that is held repeats itself after 250 to 660 ms: presses without a release between them
  // that come sooner than this are one hold.
  static constexpr std::int64_t repeat_delay_ns = 750'000'000;
  // A tap that nobody follows with a word was a mistake.
  static constexpr std::int64_t unspoken_tap_ns = 5'000'000'000;
  // No word and no sign of the key for so long: its release was lost.
  static constexpr std::int64_t lost_release_ns = 60'000'000'000;
  // Not even who speaks on talks longer in one go: it is a radio, and the key fell off.
  static constexpr std::int64_t longest_ns = 300'000'000'000;

  Change press(std::int64_t now_ns);
  Change release(std::int64_t now_ns);
  // Of the microphone's sound: speech began or ended.
  void voice(bool speaking, std::int64_t now_ns);
  // The same of what may be a quiet voice: a tap was no mistake, but a lost release is found all
  // the same.
  void faint_voice(bool speaking);
  // The service has understood something of it.
  void understood(std::int64_t now_ns);
  // deadline_ns() has come.
  Change tick(std::int64_t now_ns);
  // The session, its microphone or the user's mute ends it: where the key is still held, its
  // repetitions begin nothing.
  Change spend(std::int64_t now_ns);

  bool talking() const;
  // A press now would be a new one, not the repetition of one that was spent.
  bool fresh(std::int64_t now_ns) const;
  // Where talking has ended, when.
  std::int64_t until_ns() const { return until_ns_; }
  // Somebody was heard since it began, if only faintly.
  bool heard() const { return heard_; }
  std::optional<std::int64_t> deadline_ns() const;

 private:
  enum class State {
    up,
    held,
    releasing,  // released, unless it is pressed again at once
    latched,    // tapped
    spent,      // held perhaps, but it does nothing until it is pressed anew
  };
  Change begin(std::int64_t now_ns);
  State pressed(std::int64_t now_ns);
  Change end(std::int64_t until_ns, State next);

  State state_ = State::up;
  bool released_ = false;  // where it is spent
  bool speaking_ = false;
  bool murmuring_ = false;
  bool heard_ = false;
  bool spoke_ = false;       // a voice began while the key was down
  bool word_ = false;        // the press that was just released held one
  bool unlatching_ = false;  // pressed again after a tap: its release ends it
  std::int64_t since_ns_ = 0;
  std::int64_t until_ns_ = 0;
  std::int64_t last_edge_ns_ = 0;
  std::optional<std::int64_t> stray_release_ns_;  // nothing was pressed for it
  std::int64_t quiet_since_ns_ = 0;
};

}  // namespace gv::session
