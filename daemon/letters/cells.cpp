#include "daemon/letters/cells.hpp"

#include <array>
#include <string_view>

namespace gv::letters {
namespace {

// By upper left (1), upper right (2), lower left (4), lower right (8).
constexpr std::array<std::string_view, 16> quadrants{" ", "▘", "▝", "▀", "▖", "▌", "▞", "▛",
                                                     "▗", "▚", "▐", "▜", "▄", "▙", "▟", "█"};

}  // namespace

Picture shrunk(std::span<const std::uint8_t> levels, std::size_t stride, std::size_t across,
               std::size_t down) {
  Picture picture;
  picture.width = stride / across;
  picture.height = stride == 0 ? 0 : levels.size() / stride / down;
  picture.levels.reserve(picture.width * picture.height);
  for (std::size_t y = 0; y < picture.height; ++y) {
    for (std::size_t x = 0; x < picture.width; ++x) {
      std::size_t sum = 0;
      for (std::size_t row = y * down; row < (y + 1) * down; ++row) {
        for (const auto level : levels.subspan(row * stride + x * across, across))
          sum += level;
      }
      picture.levels.push_back(static_cast<std::uint8_t>(sum / (across * down)));
    }
  }
  return picture;
}

std::vector<std::string> cells_of(const Picture& picture, std::uint8_t threshold) {
  const auto is_set = [&picture, threshold](std::size_t x, std::size_t y) {
    return x < picture.width && y < picture.height &&
           picture.levels[y * picture.width + x] >= threshold;
  };
  std::vector<std::string> rows;
  for (std::size_t y = 0; y < picture.height; y += 2) {
    std::string row;
    std::size_t end = 0;
    for (std::size_t x = 0; x < picture.width; x += 2) {
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
