// The list of words on disk: $XDG_STATE_HOME/gemini-voiced/words.json (0600, its folder 0700),
// whole or as it was before. The daemon and the command line may change it at the same time: who
// changes it holds a lock. Small files, without fsync: a save takes milliseconds.
#pragma once

#include <functional>
#include <string>

#include "daemon/words/list.hpp"

namespace gv::words {

// Every error is a std::runtime_error with a sentence that says what is wrong with which file.
class Store {
 public:
  // folder: made when needed; empty: there is none, and every call is an error.
  explicit Store(std::string folder);

  std::string path() const { return folder_ + "/words.json"; }
  bool usable() const { return !folder_.empty(); }

  // No file is an empty list. A damaged one is an error.
  List read() const;
  // change: returns whether there is something to write. Waits for whoever changes the file.
  void change(const std::function<bool(List&)>& change);
  // For the main loop: waits for nobody (an error), and puts a damaged file aside, with a line in
  // the log, to begin a new one. word.saved_s is now.
  List::Kept keep(Word word);

 private:
  std::string put_aside() const;
  void write(const List& list) const;

  std::string folder_;
};

}  // namespace gv::words
