// A private PulseAudio in a folder of its own, gone with the object. Sets the environment of this
// process so that libasound's `pulse` finds it.
#pragma once

#include <filesystem>

#include <sys/types.h>

namespace gv::test {

class PulseServer {
 public:
  PulseServer();  // throws std::runtime_error where the server does not come up
  ~PulseServer();
  PulseServer(const PulseServer&) = delete;
  PulseServer& operator=(const PulseServer&) = delete;
  void kill();

 private:
  std::filesystem::path folder_;
  pid_t process_ = -1;
};

}  // namespace gv::test
