#include "daemon/session/answer_feed.hpp"

#include <cstring>
#include <span>
#include <utility>

#include "daemon/live/base64.hpp"

namespace gv::session {
namespace {

constexpr std::size_t block_bytes = audio::PlayoutBlock::capacity * sizeof(std::int16_t);
constexpr std::size_t piece_chars = block_bytes / 3 * 4;
static_assert(block_bytes % 3 == 0, "a block takes a whole number of base64 groups");

}  // namespace

AnswerFeed::Fed AnswerFeed::feed(std::uint64_t turn, std::string_view base64,
                                 std::int64_t received_ns) {
  if (std::exchange(turn_, turn) != turn) carry_.reset();
  Fed fed;
  while (!base64.empty()) {
    const auto piece = base64.substr(0, piece_chars);
    base64.remove_prefix(piece.size());
    auto* block = queue_.acquire();
    if (block == nullptr) {
      fed.dropped += live::max_decoded_size(piece.size()) / sizeof(std::int16_t);
      carry_.reset();
      continue;
    }
    const std::span bytes(reinterpret_cast<std::uint8_t*>(block->samples.data()), block_bytes);
    const auto decoded = live::decode_base64(piece, bytes);
    if (!decoded) {
      queue_.release(block);
      fed.sound = false;
      return fed;
    }
    auto size = *decoded;
    std::optional<std::uint8_t> next_carry;
    if (carry_) {
      // Shift by the odd byte; what falls off the end is the next odd one, if any.
      if ((size + 1) % 2 != 0) {
        next_carry = bytes[size - 1];
        --size;
      }
      std::memmove(bytes.data() + 1, bytes.data(), size);
      bytes[0] = *carry_;
      ++size;
    } else if (size % 2 != 0) {
      next_carry = bytes[--size];
    }
    carry_ = next_carry;
    if (size == 0) {
      queue_.release(block);
      continue;
    }
    block->frames = static_cast<unsigned>(size / sizeof(std::int16_t));
    block->turn = turn;
    block->received_ns = received_ns;
    fed.frames += block->frames;
    queue_.commit(block);
  }
  return fed;
}

}  // namespace gv::session
