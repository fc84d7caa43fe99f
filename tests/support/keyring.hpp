// A real gnome-keyring-daemon on the session bus that $DBUS_SESSION_BUS_ADDRESS names.
#pragma once

#include <csignal>
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gv::test {

class Keyring {
 public:
  // Its keyrings are below `home`, an empty folder at first. Without unlocking what is there is
  // locked, and nobody here could show its question for the password.
  Keyring(const std::string& home, const std::string& bus, bool unlocked) {
    int password[2];
    REQUIRE(::pipe2(password, O_CLOEXEC) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::setenv("HOME", home.c_str(), 1);
      ::setenv("XDG_DATA_HOME", (home + "/data").c_str(), 1);
      ::setenv("XDG_RUNTIME_DIR", home.c_str(), 1);
      ::setenv("DBUS_SESSION_BUS_ADDRESS", bus.c_str(), 1);
      ::unsetenv("DISPLAY");
      ::unsetenv("WAYLAND_DISPLAY");
      ::dup2(password[0], 0);
      const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
      ::dup2(nowhere, 1);
      ::dup2(nowhere, 2);
      ::execlp("gnome-keyring-daemon", "gnome-keyring-daemon", "--foreground",
               "--components=secrets", unlocked ? "--unlock" : nullptr, nullptr);
      ::_exit(127);
    }
    ::close(password[0]);
    const std::string word = "pass word";
    REQUIRE(::write(password[1], word.data(), word.size()) == static_cast<ssize_t>(word.size()));
    ::close(password[1]);
    const std::string wait =
        "gdbus wait --address '" + bus + "' --timeout 60 org.freedesktop.secrets >/dev/null 2>&1";
    REQUIRE(std::system(wait.c_str()) == 0);
  }
  ~Keyring() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  Keyring(const Keyring&) = delete;
  Keyring& operator=(const Keyring&) = delete;

 private:
  pid_t pid_ = -1;
};

}  // namespace gv::test
