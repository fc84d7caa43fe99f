// Preloaded into a program: the machine has slept for as many seconds as the file $GV_SLEPT_FILE
// says. What sleep is to a program is CLOCK_BOOTTIME running ahead of CLOCK_MONOTONIC.
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include <sys/syscall.h>
#include <unistd.h>

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long result = ::syscall(SYS_clock_gettime, clock, time);
  const char* name = clock == CLOCK_BOOTTIME ? std::getenv("GV_SLEPT_FILE") : nullptr;
  std::FILE* file = name != nullptr ? std::fopen(name, "re") : nullptr;
  if (file != nullptr) {
    long seconds = 0;
    if (std::fscanf(file, "%ld", &seconds) == 1) time->tv_sec += seconds;
    std::fclose(file);
  }
  return static_cast<int>(result);
}
