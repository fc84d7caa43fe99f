// Days as the books name them: local dates, "2026-11-28", which sort as text.
#pragma once

#include <cstdint>
#include <string>

namespace gv::usage {

// Seconds since the epoch, now.
std::int64_t now_s();
std::string local_day(std::int64_t seconds);
// So many days before that one, by the calendar: a day need not have 24 hours.
std::string day_before(std::int64_t seconds, int days);

}  // namespace gv::usage
