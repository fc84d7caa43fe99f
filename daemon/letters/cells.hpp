// A picture of black and white as cells of a terminal, each of which shows two by two of its points
// (the quadrants of Unicode's Block Elements, which fonts for terminals have). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gv::letters {

// A picture in grey.
struct Picture {
  std::vector<std::uint8_t> levels;  // row by row
  std::size_t width = 0;
  std::size_t height = 0;
};

// Smaller: each point the mean of so many across and down. levels: rows of `stride` bytes each.
Picture shrunk(std::span<const std::uint8_t> levels, std::size_t stride, std::size_t across,
               std::size_t down);

// From `threshold` on a point is set. A point is half as wide as it is high. Cells that are empty
// at the end of a row are left out.
std::vector<std::string> cells_of(const Picture& picture, std::uint8_t threshold);

}  // namespace gv::letters
