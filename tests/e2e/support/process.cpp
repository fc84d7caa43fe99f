#include "tests/e2e/support/process.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/e2e/support/programs.hpp"

extern char** environ;

namespace gv::e2e {
namespace {

std::vector<std::string> merged_environment(const Environment& added) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!added.contains(text.substr(0, text.find('=')))) merged.push_back(text);
  }
  for (const auto& [name, value] : added) {
    if (!value.empty()) merged.push_back(std::string(name).append(1, '=').append(value));
  }
  return merged;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (std::string& text : strings)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// Between fork and exec: only what is async-signal-safe.
[[noreturn]] void become(char* const* argv, char* const* envp, const char* in, const char* out,
                         const char* err) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);
  const int in_fd = ::open(in, O_RDONLY);
  const int out_fd = ::open(out, O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int err_fd = ::open(err, O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(in_fd, 0);
  ::dup2(out_fd, 1);
  ::dup2(err_fd, 2);
  ::execvpe(argv[0], argv, envp);
  const std::string_view text = "could not be executed\n";
  [[maybe_unused]] const ssize_t written = ::write(2, text.data(), text.size());
  ::_exit(127);
}

// AddressSanitizer, LeakSanitizer, UndefinedBehaviorSanitizer, ThreadSanitizer.
bool is_sanitizer_report(const std::string& errors) {
  for (const char* sign : {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error: ",
                           "WARNING: ThreadSanitizer", "Sanitizer CHECK failed"}) {
    if (errors.find(sign) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

Process::Process(const std::vector<std::string>& command, const Environment& environment,
                 const path& input) {
  std::vector<std::string> arguments = command;
  std::vector<std::string> variables = merged_environment(environment);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(variables);
  const std::string out = (dir_ / "out").string();
  const std::string err = (dir_ / "err").string();
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) become(argv.data(), envp.data(), input.c_str(), out.c_str(), err.c_str());
}

Process::~Process() {
  ::kill(-pid_, SIGKILL);
  if (!status_) {
    ::kill(pid_, SIGKILL);  // it may not have made its group yet
    reap(0);
  }
  const std::string said = errors();
  if (is_sanitizer_report(said)) FAIL_CHECK("a sanitizer reported in a child:\n", said);
}

void Process::reap(int flags) {
  int status = 0;
  if (status_ || ::waitpid(pid_, &status, flags) != pid_) return;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool Process::running() {
  reap(WNOHANG);
  return !status_;
}

void Process::signal(int number) const {
  if (!status_) ::kill(pid_, number);
}

void Process::end_for_sanitizers() {
  if (!programs::sanitized()) return;
  signal(SIGTERM);
  if (!wait(milliseconds(30'000))) FAIL_CHECK("a child did not end, so nobody looked for leaks");
}

std::optional<int> Process::wait(milliseconds limit) {
  wait_until([this] { return !running(); }, limit);
  return status_;
}

Result run(const std::vector<std::string>& command, const Environment& environment,
           milliseconds limit) {
  Process process(command, environment);
  const int status = process.wait(limit).value_or(-1);
  return {status, process.output(), process.errors()};
}

}  // namespace gv::e2e
