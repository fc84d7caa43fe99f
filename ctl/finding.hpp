// What doctor found out about one thing. Pure.
#pragma once

#include <string>
#include <vector>

#include <boost/json.hpp>

namespace gv::ctl {

enum class Verdict { good, doubtful, bad };

struct Finding {
  std::string about;  // "microphone"
  Verdict verdict = Verdict::good;
  std::string text;            // what it is, with its numbers
  std::string advice;          // what to do next; empty: nothing
  boost::json::object values;  // the numbers, for --json
};
using Findings = std::vector<Finding>;

std::string render(const Finding& finding, bool colour);
boost::json::object to_json(const Finding& finding);

}  // namespace gv::ctl
