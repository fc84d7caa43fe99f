#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/live/base64.hpp"

using gv::live::append_base64;
using gv::live::decode_base64;
using gv::live::max_decoded_size;

namespace {

std::string encode(std::string_view text) {
  std::string out = ">";
  append_base64(out, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  return out;
}

std::optional<std::string> decode(std::string_view text) {
  std::vector<std::uint8_t> out(max_decoded_size(text.size()));
  const auto size = decode_base64(text, out);
  if (!size) return std::nullopt;
  return std::string(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(*size));
}

}  // namespace

TEST_CASE("RFC 4648 section 10, both ways") {
  const std::vector<std::pair<std::string, std::string>> vectors{{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) {
    CHECK(encode(plain) == ">" + coded);
    CHECK(decode(coded) == plain);
  }
}

TEST_CASE("what is not padded standard base64 is refused") {
  for (const auto* text : {"Zg=", "Z", "Zg", "Zg==Zg==", "=Zg=", "Z===", "Zm 9v", "Zm9v\n", "Zm-v",
                           " Zm9", "Zm9*", "===="}) {
    CAPTURE(text);
    CHECK_FALSE(decode(text).has_value());
  }
}

TEST_CASE("a buffer that is too small is not written to") {
  std::array<std::uint8_t, 2> small{};
  CHECK_FALSE(decode_base64("Zm9v", small).has_value());
}
