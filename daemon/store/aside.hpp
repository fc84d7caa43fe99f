// Files that were damaged or not ours, and made way for a new one: they hold what the old one held,
// and go when that would have gone. May wait for the disk: not for the main loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gv::store {

// Out of the way of a new one, with its journal, and kept: PATH.corrupt-TIME, which is returned.
// Nobody may have it open. Throws StoreError(refused).
std::string put_aside(const std::string& path);

// Those of this file, journals too, that were last written to before that time (microseconds since
// 1970; nullopt: all of them).
std::vector<std::string> files_aside(const std::string& path,
                                     std::optional<std::int64_t> before_us = {});
// Throws StoreError(refused) if one of them stays; the others are gone.
void remove_aside(const std::vector<std::string>& files);

}  // namespace gv::store
