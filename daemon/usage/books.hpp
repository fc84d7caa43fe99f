// The books on disk: usage.db in the state folder (SQLite, 0600): tokens of each day, by profile,
// model and modality. Written by a thread of their own, each turn's tokens as they come, so that a
// crash loses what the disk had not taken yet, and the main loop never waits.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "daemon/usage/entry.hpp"

namespace gv::usage {

// Of the state folder; empty: there is no place for them.
std::string books_file(const std::string& state_folder);

// Everything since a day, oldest first; nothing where there are no books. Throws store::StoreError.
// May wait for the disk.
Entries read_books(const std::string& file, const std::string& since_day);

class Books {
 public:
  // file: empty: what is written is forgotten.
  explicit Books(std::string file);
  // Writes what is left; once: where that fails it says so.
  ~Books();
  Books(const Books&) = delete;
  Books& operator=(const Books&) = delete;

  // Of one day. Waits for the disk: before the main loop runs. What is damaged is put aside, with a
  // word in the log.
  Known known(const std::string& day);

  // Nothing waits to be written, or the last attempt to has failed. Main thread; at once.
  bool idle() const;

  // Return at once.
  void write(const Entry& entry);
  void remember(const Warning& warning);

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // day, profile, model
  struct Pages {
    std::map<Key, session::TokenUse> entries;
    std::optional<Warning> warning;  // the last one
    bool empty() const { return entries.empty() && !warning; }
    void add(const Pages& more);
    void keep_newest_day();
  };

  void run();
  bool save(const Pages& pages);
  void put(const Pages& pages) const;

  const std::string file_;
  Pages known_;        // of the newest days, as far as this process has read or written them
  bool anew_ = false;  // the file was put aside, and has none of it yet
  bool trouble_told_ = false;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Pages waiting_;
  bool saving_ = false;
  bool failed_ = false;  // the last attempt
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace gv::usage
