#include "daemon/config/diagnostics.hpp"

#include <algorithm>

namespace gv::config {

std::string format(const Diagnostic& diagnostic) {
  std::string line = diagnostic.file;
  if (diagnostic.line > 0) {
    line += ":" + std::to_string(diagnostic.line) + ":" + std::to_string(diagnostic.column);
  }
  line += ": ";
  if (!diagnostic.key.empty()) line += diagnostic.key + ": ";
  if (diagnostic.severity == Severity::warning) line += "warning: ";
  return line + diagnostic.message;
}

std::string format(const std::vector<Diagnostic>& diagnostics) {
  std::string lines;
  for (const Diagnostic& diagnostic : diagnostics)
    lines += format(diagnostic) + '\n';
  return lines;
}

bool has_errors(const std::vector<Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& diagnostic) {
    return diagnostic.severity == Severity::error;
  });
}

}  // namespace gv::config
