// The turns of a conversation that are not over yet: whose words, how far heard, at what cost.
// A turn is what the user said and what the model answered to it. Pure; owned by the machine.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/live/messages.hpp"
#include "daemon/session/action.hpp"

namespace gv::session {

struct Turn {
  std::uint64_t id = 0;
  std::string user_text;  // both grow by Turns::append() only
  std::string model_text;
  bool has_input = false;    // the user said or wrote something
  bool got_audio = false;    // the answer began
  bool audible = false;      // answer audio is queued or playing
  bool ended = false;        // the answer is whole: nothing more of it comes
  bool server_done = false;  // turnComplete, or the session is over
  bool interrupted = false;
  bool escalated = false;  // one of the words that call for a person has been told of
  unsigned heard_ms = 0;
  std::int64_t input_ns = 0;        // when the last input of the user was known
  std::int64_t words_ns = 0;        // when the first was
  std::int64_t typed_ns = 0;        // when the user last wrote
  std::int64_t heard_since_ns = 0;  // its first sample left the device, and its last; 0: unknown
  std::int64_t heard_until_ns = 0;
  // In ms since the session's start, set when it is complete; both 0: unknown.
  struct Place {
    std::uint64_t begin_ms = 0;
    std::uint64_t end_ms = 0;
  };
  Place said;
  Place heard;
  std::uint64_t latency_ms = 0;  // from there to the first sample at the device; 0: unknown
  live::Usage usage;             // billed for it so far
  std::vector<WebSource> sources;
};

class Turns {
 public:
  // A service that never completes anything must not fill the memory: the oldest turn is ended, and
  // what exceeds the length of a turn's text (bytes, on each side) is not kept.
  static constexpr std::size_t max_open = 32;
  static constexpr std::size_t max_text = 64UL * 1024;
  static constexpr std::size_t max_sources = 32;

  // The turn that new input or output belongs to: opened where the last one is over or interrupted.
  Turn& current();
  // The turn that the service is working on; nullptr: none.
  Turn* running();
  // The oldest turn that the service has not completed; nullptr: none.
  Turn* unfinished();
  bool all_finished() const;
  // A turnComplete came: the turn it is about; nullptr: none.
  Turn* to_complete();
  std::deque<Turn>& all() { return open_; }
  const std::deque<Turn>& all() const { return open_; }
  Turn* last() { return open_.empty() ? nullptr : &open_.back(); }
  Turn* find(std::uint64_t id);
  static void append(std::string& text, std::string_view fragment);
  // One that is there already is not added again.
  static void add_source(Turn& turn, std::string_view address, std::string_view title);

  bool any_audible() const;
  // An answer that has not been cut yet is arriving or heard.
  bool answering() const;
  // The service has not finished an answer that it began.
  bool arriving() const;
  // As answering(), or it is being made.
  bool cuttable() const;
  void cut();
  bool awaiting_answer() const;
  bool empty() const { return open_.empty(); }
  std::uint64_t last_id() const { return last_id_; }

  // The service forgot its unfinished work: every turn gets its end; one whose answer was not whole
  // was interrupted. Except the turn `kept`, whose input the service gets again; 0: none.
  void abandon(std::uint64_t kept = 0);
  // Playback is about to be cut: what is being heard is interrupted.
  void cut_audible();
  // Playback is gone: nothing is audible any more.
  void silence();

  // Completes turns that are done and heard: appends their signals.
  void complete(Actions& actions);

 private:
  Turn& open();

  std::deque<Turn> open_;
  std::uint64_t last_id_ = 0;
};

}  // namespace gv::session
