// A bug report's attachment: one text that people can look through before they send it. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ctl/doctor/redact.hpp"
#include "ctl/doctor/settings.hpp"
#include "ctl/finding.hpp"

namespace gv::ctl {

// A text, or why there is none.
struct Part {
  std::string text;
  std::string missing;
};

struct BundleFacts {
  std::vector<std::pair<std::string, std::string>> versions;  // of what
  Findings findings;
  const Settings* settings = nullptr;
  std::vector<std::pair<std::string, std::string>> unit;  // its files: path and text
  Part statistics;
  Part log;
  Part devices;
};

// Markdown, redacted.
std::string bundle_text(const BundleFacts& facts, const Redactor& redact);

}  // namespace gv::ctl
