// The threads of a process by the names that they gave themselves, as ps -L shows them.
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <sys/types.h>

namespace gv::test {

// Throws where there is none.
inline pid_t thread_named(pid_t process, const std::string& name) {
  const std::filesystem::path tasks = "/proc/" + std::to_string(process) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::ifstream file(task.path() / "comm");  // it may have ended meanwhile
    std::string comm;
    if (std::getline(file, comm) && comm == name) return std::stoi(task.path().filename().string());
  }
  throw std::runtime_error("there is no thread '" + name + "'");
}

}  // namespace gv::test
