#include "tests/bench/process_cost.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>

#include "tests/e2e/support/process.hpp"

using namespace gv::e2e;

namespace gv::bench {
namespace {

// The number after `name` in a file of /proc; 0 where it is not there.
std::int64_t field(const path& file, const std::string& name) {
  std::ifstream lines(file);
  for (std::string word; lines >> word;) {
    std::int64_t value = 0;
    if (word == name && lines >> value) return value;
  }
  return 0;
}

}  // namespace

Used used_by(const std::vector<pid_t>& processes) {
  Used sum;
  for (const pid_t process : processes) {
    clockid_t clock = 0;
    timespec time{};
    if (const int error = ::clock_getcpuclockid(process, &clock); error != 0)
      throw std::system_error(error, std::system_category(), "the processor time of a program");
    if (::clock_gettime(clock, &time) != 0)
      throw std::system_error(errno, std::system_category(), "the processor time of a program");
    sum.cpu_ns += time.tv_sec * 1'000'000'000 + time.tv_nsec;
    const path tasks = "/proc/" + std::to_string(process) + "/task";
    for (const auto& task : std::filesystem::directory_iterator(tasks))
      sum.wake_ups += field(task.path() / "status", "voluntary_ctxt_switches:");
  }
  return sum;
}

Memory memory_of(const std::vector<pid_t>& processes) {
  Memory sum;
  for (const pid_t process : processes) {
    const path file = "/proc/" + std::to_string(process) + "/smaps_rollup";
    sum.resident_mib += static_cast<double>(field(file, "Rss:")) / 1024;
    sum.proportional_mib += static_cast<double>(field(file, "Pss:")) / 1024;
  }
  return sum;
}

double system_calls_per_second(const std::vector<pid_t>& processes, int seconds) {
  std::vector<std::string> command{"strace", "-c", "-f", "-U", "calls,name"};
  for (const pid_t process : processes) {
    command.emplace_back("-p");
    command.push_back(std::to_string(process));
  }
  Process strace(command);
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  strace.signal(SIGINT);
  strace.wait();
  // The last line: how many there were, and "total".
  std::istringstream lines(strace.errors());
  double calls = -1;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with(" total")) calls = std::stod(line);
  }
  return calls < 0 ? calls : calls / seconds;
}

}  // namespace gv::bench
