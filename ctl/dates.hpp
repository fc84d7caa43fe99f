// Moments as people type them. Pure but for the time zone.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gv::ctl {

// "2026-07-14", "2026-07-14 10:15" or with a T, local; "today", "yesterday"; "90min", "12h", "7d",
// "2w": so long ago. Microseconds since the epoch, as is now_us; nullopt: it is none of these.
std::optional<std::int64_t> moment(std::string_view text, std::int64_t now_us);

}  // namespace gv::ctl
