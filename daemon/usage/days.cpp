#include "daemon/usage/days.hpp"

#include <array>
#include <chrono>
#include <ctime>

namespace gv::usage {
namespace {

std::string day_of(const std::tm& date) {
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d", &date);
  return {text.data(), size};
}

std::tm local(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm date{};
  ::localtime_r(&time, &date);
  return date;
}

}  // namespace

std::int64_t now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string local_day(std::int64_t seconds) {
  return day_of(local(seconds));
}

std::string day_before(std::int64_t seconds, int days) {
  std::tm date = local(seconds);
  date.tm_mday -= days;
  date.tm_hour = 12;  // no change of the clocks is then
  date.tm_isdst = -1;
  std::mktime(&date);
  return day_of(date);
}

}  // namespace gv::usage
