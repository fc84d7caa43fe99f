// What the loader has to say about a configuration file. Pure; any thread.
#pragma once

#include <string>
#include <vector>

namespace gv::config {

enum class Severity { error, warning };

struct Diagnostic {
  std::string file;
  int line = 0;     // from 1; 0: the whole file
  int column = 0;   // from 1, in bytes
  std::string key;  // dotted, e.g. "audio.period"; empty: the whole file
  std::string message;
  Severity severity = Severity::error;
  bool operator==(const Diagnostic&) const = default;
};

// "file:line:column: key: what is wrong"; a warning says so after the key.
std::string format(const Diagnostic& diagnostic);

// One line each.
std::string format(const std::vector<Diagnostic>& diagnostics);

bool has_errors(const std::vector<Diagnostic>& diagnostics);

}  // namespace gv::config
