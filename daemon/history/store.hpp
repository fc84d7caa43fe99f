// The history on disk: $XDG_STATE_HOME/gemini-voiced/history.db. Written by the daemon's recorder,
// on its thread, and by `gemini-voicectl history delete`; read by the other history verbs. One
// thread at a time; throws store::StoreError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/history/entry.hpp"
#include "daemon/store/database.hpp"

namespace gv::history {

// state_folder: of config::state_folder().
std::string history_file(const std::string& state_folder);

class Store {
 public:
  Store(const std::string& file, store::Access access,
        std::chrono::milliseconds patience = std::chrono::seconds(5));

  // Everything until then happens together, or not at all.
  store::Transaction together() const { return store::Transaction(database_); }

  // The session is there with its first entry.
  void add(const Session& session, const Entry& entry) const;
  void end(const std::string& session, std::int64_t ended_us, const std::string& reason) const;

  // Newest first.
  struct Listed {
    Session session;
    std::int64_t entries = 0;
    std::string first;  // words of the conversation
  };
  struct Which {
    std::optional<std::string> profile;
    std::optional<std::int64_t> since_us;  // begun
    std::optional<std::int64_t> most;
  };
  std::vector<Listed> list(const Which& which) const;
  // The sessions whose id begins so, newest first; at most `most`.
  std::vector<Session> find(const std::string& beginning, std::int64_t most) const;
  std::optional<Session> last() const;
  std::vector<Entry> entries(const std::string& session) const;

  struct Found {
    Session session;
    Entry entry;
    std::string excerpt;
  };
  std::vector<Found> search(const std::string& words, const Which& which) const;

  struct Removed {
    std::int64_t sessions = 0;
    std::int64_t entries = 0;
  };
  // Gone from the file, the index too. Entries that are older; sessions that have none any more.
  Removed remove_before(std::int64_t time_us) const;
  Removed remove_session(const std::string& id) const;
  Removed remove_all() const;

 private:
  template <class... Values>
  Removed remove(const std::string& where, const Values&... values) const;

  store::Database database_;
};

}  // namespace gv::history
