#include "ctl/dates.hpp"

#include <charconv>
#include <ctime>
#include <string>

namespace gv::ctl {
namespace {

constexpr std::int64_t second_us = 1'000'000;

std::int64_t midnight(std::int64_t now_us, int days_ago) {
  const std::time_t now = now_us / second_us;
  std::tm day{};
  ::localtime_r(&now, &day);
  day.tm_hour = day.tm_min = day.tm_sec = 0;
  day.tm_mday -= days_ago;
  day.tm_isdst = -1;
  return std::int64_t{std::mktime(&day)} * second_us;
}

std::optional<std::int64_t> ago(std::string_view text, std::int64_t now_us) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0 || count > 1'000'000) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  constexpr std::int64_t minute_us = 60 * second_us;
  if (unit == "min") return now_us - count * minute_us;
  if (unit == "h") return now_us - count * 60 * minute_us;
  if (unit == "d") return now_us - count * 24 * 60 * minute_us;
  if (unit == "w") return now_us - count * 7 * 24 * 60 * minute_us;
  return std::nullopt;
}

std::optional<std::int64_t> date(const std::string& text) {
  for (const char* format : {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"}) {
    std::tm parts{};
    parts.tm_isdst = -1;
    const char* end = ::strptime(text.c_str(), format, &parts);
    if (end == nullptr || *end != '\0') continue;
    const std::tm typed = parts;
    const std::time_t time = std::mktime(&parts);
    // The 31st of June is the 1st of July to it.
    if (time == -1 || parts.tm_mday != typed.tm_mday || parts.tm_mon != typed.tm_mon) continue;
    return std::int64_t{time} * second_us;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> moment(std::string_view text, std::int64_t now_us) {
  if (text == "today") return midnight(now_us, 0);
  if (text == "yesterday") return midnight(now_us, 1);
  if (const auto found = ago(text, now_us)) return found;
  return date(std::string(text));
}

}  // namespace gv::ctl
