#include "daemon/letters/cells.hpp"

#include <array>
#include <string_view>

namespace gv::letters {
namespace {

// By upper left (1), upper right (2), lower left (4), lower right (8).
constexpr std::array<std::string_view, 16> quadrants{" ", "▘", "▝", "▀", "▖", "▌", "▞", "▛",
                                                     "▗", "▚", "▐", "▜", "▄", "▙", "▟", "█"};

}  // namespace

std::vector<std::string> cells_of(std::span<const std::uint8_t> levels, std::size_t width,
                                  std::size_t height, std::size_t stride, std::uint8_t threshold) {
  const auto is_set = [&](std::size_t x, std::size_t y) {
    const std::size_t at = y * stride + x;
    return x < width && y < height && at < levels.size() && levels[at] >= threshold;
  };
  std::vector<std::string> rows;
  for (std::size_t y = 0; y < height; y += 2) {
    std::string row;
    std::size_t end = 0;
    for (std::size_t x = 0; x < width; x += 2) {
      const std::size_t cell = (is_set(x, y) ? 1U : 0U) + (is_set(x + 1, y) ? 2U : 0U) +
                               (is_set(x, y + 1) ? 4U : 0U) + (is_set(x + 1, y + 1) ? 8U : 0U);
      row += quadrants[cell];
      if (cell != 0) end = row.size();
    }
    row.resize(end);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace gv::letters
