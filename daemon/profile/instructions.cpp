#include "daemon/profile/instructions.hpp"

#include "daemon/util/text.hpp"

namespace gv::profile {
namespace {

constexpr std::size_t longest_language = 100;

}  // namespace

std::string complete_instructions(const config::Profile& profile) {
  const auto& learning = profile.learning;
  std::string lines;
  if (const auto target = printable(learning.target, longest_language); !target.empty()) {
    lines += "The user learns " + target + ": practise that, without asking which language.\n";
  }
  if (const auto native = printable(learning.native, longest_language); !native.empty()) {
    lines += "The user's own language is " + native +
             ": explain and translate in it where they are lost, and only there.\n";
  }
  if (!learning.corrections) {
    lines += "Do not correct mistakes, whatever stands above, unless the user asks you to.\n";
  }
  if (learning.slow_speech) {
    lines +=
        "Speak slowly, whatever the user's pace: short sentences, each word clearly apart from "
        "the next, and a pause after every sentence.\n";
  }
  std::string text = profile.instructions;
  if (!lines.empty() && !text.empty() && !text.ends_with('\n')) text += '\n';
  return text + lines;
}

}  // namespace gv::profile
