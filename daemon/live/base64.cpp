#include "daemon/live/base64.hpp"

#include <openssl/evp.h>

namespace gv::live {

void append_base64(std::string& out, std::span<const std::uint8_t> bytes) {
  const auto start = out.size();
  const auto encoded = (bytes.size() + 2) / 3 * 4;
  out.resize(start + encoded + 1);  // EVP_EncodeBlock writes a terminating NUL
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + start), bytes.data(),
                  static_cast<int>(bytes.size()));
  out.resize(start + encoded);
}

std::optional<std::size_t> decode_base64(std::string_view text, std::span<std::uint8_t> out) {
  if (text.size() % 4 != 0 || out.size() < max_decoded_size(text.size())) return std::nullopt;
  if (text.empty()) return 0;
  // EVP_DecodeBlock takes padding anywhere, and trims blanks and "-" at both ends; inside it
  // refuses them.
  const auto padding_at = text.find('=');
  std::size_t padding = 0;
  if (padding_at != std::string_view::npos) {
    padding = text.size() - padding_at;
    if (padding > 2 || text.back() != '=') return std::nullopt;
  }
  constexpr std::string_view trimmed = " \t\r\n\v\f-";
  if (trimmed.find(text.front()) != trimmed.npos || trimmed.find(text.back()) != trimmed.npos) {
    return std::nullopt;
  }
  const int decoded =
      EVP_DecodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (decoded < 0) return std::nullopt;
  return static_cast<std::size_t>(decoded) - padding;
}

}  // namespace gv::live
