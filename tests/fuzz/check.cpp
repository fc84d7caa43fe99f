#include "tests/fuzz/check.hpp"

#include <cstdio>
#include <cstdlib>

#include "daemon/util/text.hpp"

namespace gv::fuzz {

void check(bool holds, std::string_view invariant, std::string_view detail) {
  if (holds) return;
  const auto shown = printable(detail, 2000);
  std::fprintf(stderr, "broken: %.*s%s%s\n", static_cast<int>(invariant.size()), invariant.data(),
               shown.empty() ? "" : ": ", shown.c_str());
  std::abort();
}

bool is_printable_line(std::string_view text) {
  return printable(text, text.size()) == text;
}

}  // namespace gv::fuzz
