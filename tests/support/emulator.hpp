// An emulator of another processor (scripts/check --arch arm64) cannot do all that a kernel does.
#pragma once

#include <array>

#include <spawn.h>
#include <sys/wait.h>

namespace gv::test {

// Whether a program that cannot be started is told apart from one that ended. qemu-user makes
// vfork() a fork(): posix_spawn() says that all went well, and the child ends with 127.
inline bool spawning_says_why() {
  std::array<char, 9> name{"/missing"};
  const std::array<char*, 2> arguments{name.data(), nullptr};
  pid_t child = -1;
  if (::posix_spawn(&child, name.data(), nullptr, nullptr, arguments.data(), nullptr) != 0)
    return true;
  ::waitpid(child, nullptr, 0);
  return false;
}

}  // namespace gv::test
