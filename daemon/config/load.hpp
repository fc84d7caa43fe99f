// The strict loader of the YAML configuration: every mistake in the file at once, each with its
// place. Any thread (Reload may call it again at any time); no state; throws only std::bad_alloc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.hpp"
#include "daemon/config/diagnostics.hpp"

namespace gv::config {

struct Result {
  Config config;  // to be used only where ok(): what was wrong has its default
  std::vector<Diagnostic> diagnostics;

  bool ok() const { return !has_errors(diagnostics); }
};

// file: as it shall appear in the diagnostics. No message holds anything that looks like an API
// key.
Result load(std::string_view text, const std::string& file);

// Never blocks on a FIFO or device: only regular files are read, up to 1 MiB.
Result load_file(const std::string& path);

}  // namespace gv::config
