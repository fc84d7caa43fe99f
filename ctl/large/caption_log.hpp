// What `watch --captions --large` shows, kept from the Client's events: the newest words of both
// sides, and how the daemon is. Bounded. Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include <boost/json.hpp>

namespace gv::ctl {

struct Caption {
  enum class Kind { user, model, note };
  Kind kind = Kind::note;
  std::string turn;
  std::string text;  // harmless for a terminal; of a note, lines
  bool interrupted = false;
  bool complete = false;
};

class CaptionLog {
 public:
  static constexpr std::size_t most_captions = 32;
  // Of a longer one the end is kept. It is cut in steps, so that its lines do not run all the time.
  static constexpr std::size_t longest_text = 4096;

  // True: there is something else to show.
  bool take(const boost::json::object& event);

  const std::deque<Caption>& captions() const { return captions_; }  // the newest last
  // One line for the bottom of the screen: whether it listens, and why not.
  std::string state_line() const;

 private:
  Caption& caption(Caption::Kind kind, const std::string& turn);
  void delta(const boost::json::object& event);
  void completed(const boost::json::object& event);
  void note(std::string text);
  void take_state(const boost::json::object& event);

  std::deque<Caption> captions_;
  bool daemon_ = true;
  std::string state_;
  std::string profile_;
  bool muted_ = false;
  bool capture_open_ = false;
};

}  // namespace gv::ctl
