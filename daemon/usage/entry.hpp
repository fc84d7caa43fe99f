// What stands in the books. Pure values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/session/control.hpp"

namespace gv::usage {

// Tokens of a day (a local date, "2026-11-28"), by profile and model.
struct Entry {
  std::string day;
  session::TokenUse use;
};
using Entries = std::vector<Entry>;

// That most of a budget was spent, and that this was told.
struct Warning {
  std::string day;
  double budget = 0;  // US dollars
};

// What the books have of one day.
struct Known {
  Entries entries;
  std::optional<double> warned;  // of which budget
};

}  // namespace gv::usage
