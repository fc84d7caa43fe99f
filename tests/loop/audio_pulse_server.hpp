// A private PulseAudio in a folder of its own, gone with the object. Sets the environment of this
// process so that libasound's `pulse` finds it.
#pragma once

#include <filesystem>
#include <string>

#include <sys/types.h>

namespace gv::test {

// The devices of the server without an alias.
inline const std::string speaker = "pulse:speaker";
inline const std::string microphone = "pulse:mic";
inline const std::string monitor = "pulse:speaker.monitor";
inline const std::string room = "pulse:room";
inline constexpr unsigned monitor_rate = 48000;

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
  // For the server without an alias.
  void suspend_source(const std::string& source, bool suspended) const;
  void suspend_sink(const std::string& sink, bool suspended) const;
  bool is_recorded() const;  // by anybody

 private:
  void set_environment() const;

  std::filesystem::path folder_;
  std::string alias_;
  pid_t process_ = -1;
};

}  // namespace gv::test
