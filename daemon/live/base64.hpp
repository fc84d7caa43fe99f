// Base64 as the service uses it: standard alphabet, padded (live-api.md section 1.5). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gv::live {

// Appends the encoding of `bytes` to `out`.
void append_base64(std::string& out, std::span<const std::uint8_t> bytes);

constexpr std::size_t max_decoded_size(std::size_t base64_size) {
  return base64_size / 4 * 3;
}

// Decodes into `out`, which must have max_decoded_size(text.size()) bytes. Returns the number of
// bytes, or nothing where `text` is not padded standard base64.
std::optional<std::size_t> decode_base64(std::string_view text, std::span<std::uint8_t> out);

}  // namespace gv::live
