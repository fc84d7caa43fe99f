// What the model answers to one question, out of all that happens. Pure.
//
// Where the model has called tools, the answer is what it says about their results: in the same
// turn where it waited for them, in a later one where it did not ("I'll look it up" first). What it
// says last counts.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include <boost/json.hpp>

namespace gv::ctl {

class Answer {
 public:
  // turn: that of the question, as SendText told.
  explicit Answer(std::uint64_t turn) : turn_(turn) {}

  void take(const boost::json::object& event);  // of Client

  enum class State {
    waiting,
    complete,  // text() is it
    perhaps,   // text() is it, unless the model soon says more about a tool's result
    none,      // the turn is over, and there is no text
  };
  State state() const;
  const std::string& text() const { return text_; }
  std::uint64_t turn() const { return said_in_.value_or(turn_); }

 private:
  void spoken(std::uint64_t turn);

  std::uint64_t turn_;
  std::string text_;                          // said last
  std::optional<std::uint64_t> speaking_in_;  // the turn of the newest words
  std::optional<std::uint64_t> said_in_;      // that of text_
  std::optional<std::uint64_t> over_;         // the newest one that is over
  std::set<std::string, std::less<>> open_;   // calls of tools
  // A tool has finished, and no words began after it. Those of a turn in which the model spoke
  // before it may be about the result or not.
  bool owed_ = false;
};

}  // namespace gv::ctl
