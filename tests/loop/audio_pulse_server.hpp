// A private PulseAudio in a folder of its own, gone with the object. Sets the environment of this
// process so that libasound's `pulse` finds it.
#pragma once

#include <filesystem>
#include <string>

#include <sys/types.h>

namespace gv::test {

class PulseServer {
 public:
  // Throws std::runtime_error where the server does not come up. With an alias it is a second one:
  // its devices are the PCMs ALIAS_speaker, ALIAS_monitor (of the speaker), ALIAS_room, ALIAS_mic.
  explicit PulseServer(const std::string& alias = "");
  ~PulseServer();
  PulseServer(const PulseServer&) = delete;
  PulseServer& operator=(const PulseServer&) = delete;
  void kill();
  void start();   // again, at the same address
  void freeze();  // it is there and does nothing
  void unfreeze();
  void suspend_source(const std::string& source, bool suspended) const;

 private:
  void set_environment() const;

  std::filesystem::path folder_;
  std::string alias_;
  pid_t process_ = -1;
};

}  // namespace gv::test
