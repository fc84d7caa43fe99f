#include "ctl/finding.hpp"

#include <algorithm>
#include <utility>

#include "ctl/render.hpp"

namespace gv::ctl {
namespace {

struct Look {
  const char* word;
  const char* colour;
};

Look look(Verdict verdict) {
  switch (verdict) {
    case Verdict::good:
      return {"ok", "\033[32m"};
    case Verdict::doubtful:
      return {"warning", "\033[33m"};
    case Verdict::bad:
      return {"failed", "\033[31m"};
    case Verdict::skipped:
      return {"skipped", "\033[2m"};
  }
  return {};
}

}  // namespace

std::string render(const Finding& finding, bool colour) {
  constexpr std::size_t verdict_width = 9;
  constexpr std::size_t about_width = 14;
  const Look shown = look(finding.verdict);
  std::string word = pad(shown.word, verdict_width);
  if (colour) word = shown.colour + word + "\033[0m";
  std::string lines = word + pad(finding.about, about_width) + finding.text + '\n';
  if (!finding.advice.empty()) {
    lines += std::string(verdict_width + about_width, ' ') + "Try: " + finding.advice + '\n';
  }
  return lines;
}

boost::json::object to_json(const Finding& finding) {
  boost::json::object object{{"check", finding.about},
                             {"verdict", look(finding.verdict).word},
                             {"reason", finding.text},
                             {"next", finding.advice}};
  for (const auto& member : finding.values)
    object.insert(member);
  return object;
}

Finding skipped(std::string about, const std::string& because) {
  return {std::move(about), Verdict::skipped, "not checked, because " + because, "", {}};
}

Exit worst(const Findings& findings) {
  for (const Exit exit :
       {Exit::config_invalid, Exit::key, Exit::device, Exit::no_daemon, Exit::failed}) {
    const bool there = std::ranges::any_of(findings, [exit](const Finding& finding) {
      return finding.verdict == Verdict::bad && finding.exit == exit;
    });
    if (there) return exit;
  }
  return Exit::done;
}

}  // namespace gv::ctl
