// A picture of black and white as cells of a terminal, each of which shows two by two of its points
// (the quadrants of Unicode's Block Elements, which fonts for terminals have). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gv::letters {

// levels: rows of `stride` bytes each, of which `width` count; from `threshold` on a point is set.
// A point is half as wide as it is high. Cells that are empty at the end of a row are left out.
std::vector<std::string> cells_of(std::span<const std::uint8_t> levels, std::size_t width,
                                  std::size_t height, std::size_t stride, std::uint8_t threshold);

}  // namespace gv::letters
