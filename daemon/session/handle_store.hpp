// Keeps the handles of paused conversations, one per profile, over the end of a session and of the
// process: $XDG_STATE_HOME/gemini-voiced/handles.json (0600, its folder 0700). Main thread; a write
// is some hundred bytes without fsync. A file that cannot be read or written costs the continuation
// and a line in the log, never the session.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "daemon/session/resumption.hpp"

namespace gv::session {

class HandleStore {
 public:
  // The service forgets a conversation two hours after its last connection (live-api.md section 5).
  static constexpr std::int64_t validity_s = std::int64_t{2} * 60 * 60;

  // folder: made when needed; empty: nothing outlives the process.
  explicit HandleStore(std::string folder);

  // endpoint: which service it came from. now_s: since the epoch. Empty: there is none, or it is
  // too old.
  Handle find(const std::string& profile, const std::string& endpoint, std::int64_t now_s) const;
  // An empty handle: the profile's conversation cannot be gone on with. In memory until save().
  void keep(const std::string& profile, const std::string& endpoint, const Handle& handle,
            std::int64_t now_s);
  // Of every profile, in the file too.
  void forget_all();
  // Writes what keep() changed.
  void save();

 private:
  struct Entry {
    std::string endpoint;
    Handle handle;
    std::int64_t saved_s = 0;
    bool valid(std::int64_t now_s) const;
  };

  void load();
  std::string path() const { return folder_ + "/handles.json"; }

  std::string folder_;
  std::map<std::string, Entry> entries_;  // by profile
  bool unsaved_ = false;
};

}  // namespace gv::session
