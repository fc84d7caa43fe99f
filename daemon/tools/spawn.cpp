#include "daemon/tools/spawn.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <new>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gv::tools {
namespace {

std::string words(int error) {
  return std::generic_category().message(error);
}

class Actions {
 public:
  Actions() {
    if (::posix_spawn_file_actions_init(&actions_) != 0) throw std::bad_alloc();
  }
  ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;

  void fill(const std::string& directory, const Ends& ends) {
    if (ends.input < 0) {
      need(::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
    } else {
      need(::posix_spawn_file_actions_adddup2(&actions_, ends.input, STDIN_FILENO));
    }
    need(::posix_spawn_file_actions_adddup2(&actions_, ends.output, STDOUT_FILENO));
    need(::posix_spawn_file_actions_adddup2(&actions_, ends.errors, STDERR_FILENO));
    need(::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1));
    if (directory.empty()) return;
    need(::posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str()));
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  static void need(int error) {
    if (error != 0) throw std::runtime_error(words(error));
  }
  posix_spawn_file_actions_t actions_{};
};

class Attributes {
 public:
  Attributes() {
    if (::posix_spawnattr_init(&attributes_) != 0) throw std::bad_alloc();
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    // We ignore SIGPIPE, and a program would inherit that.
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

std::string_view path_of(const std::vector<std::string>& environment) {
  constexpr std::string_view name = "PATH=";
  for (const std::string& variable : environment) {
    if (variable.starts_with(name)) return std::string_view(variable).substr(name.size());
  }
  return {};
}

bool is_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

// As execvp does, but in the program's own PATH, and never in the folder that happens to be the
// current one.
std::string find_program(const ChildSpec& spec) {
  const std::string& name = spec.argv.front();
  if (name.empty()) throw std::runtime_error("the name of the program is empty");
  if (name.front() == '/') return name;
  if (name.find('/') != name.npos) {
    return spec.directory.empty() ? name : spec.directory + "/" + name;
  }
  const std::string_view path = path_of(spec.environment);
  std::string forbidden;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string_view folder = path.substr(begin, end - begin);
    begin = end + 1;
    if (folder.empty() || folder.front() != '/') continue;
    std::string candidate = std::string(folder) + "/" + name;
    if (!is_file(candidate)) continue;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    forbidden = std::move(candidate);
  }
  if (!forbidden.empty()) return forbidden;  // the system says what is wrong with it
  throw std::runtime_error("the program " + name + " was not found in PATH (" +
                           (path.empty() ? "which is empty" : std::string(path)) +
                           "); is it installed?");
}

void check_directory(const std::string& directory) {
  if (directory.empty()) return;
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) {
    throw std::runtime_error("its folder " + directory + " cannot be used: " + words(errno));
  }
  if (!S_ISDIR(status.st_mode)) throw std::runtime_error("its folder " + directory + " is none");
  if (::access(directory.c_str(), X_OK) != 0) {
    throw std::runtime_error("its folder " + directory + " cannot be used: " + words(errno));
  }
}

std::string why_not(const std::string& program, int error) {
  switch (error) {
    case ENOENT:
      return is_file(program) ? program + " names an interpreter that is not there"
                              : program + " does not exist";
    case EACCES:
      return program + " may not be run: " + words(error);
    case ENOEXEC:
      return program +
             " is nothing that the system can run; a script needs a first line such as "
             "#!/bin/sh";
    case E2BIG:
      return "its arguments and environment are larger than the system takes";
    default:
      return program + " cannot be started: " + words(error);
  }
}

}  // namespace

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (const std::string& word : words)
    result.push_back(const_cast<char*>(word.c_str()));  // posix_spawn changes nothing
  result.push_back(nullptr);
  return result;
}

pid_t spawn(const ChildSpec& spec, const Ends& ends) {
  if (spec.argv.empty()) throw std::runtime_error("no program is named");
  check_directory(spec.directory);
  const std::string program = find_program(spec);
  Actions actions;
  actions.fill(spec.directory, ends);
  const Attributes attributes;
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, program.c_str(), actions.get(), attributes.get(),
                                  pointers(spec.argv).data(), pointers(spec.environment).data());
  if (error != 0) throw std::runtime_error(why_not(program, error));
  return pid;
}

}  // namespace gv::tools
