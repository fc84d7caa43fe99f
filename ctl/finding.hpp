// What doctor found out about one thing. Pure.
#pragma once

#include <string>
#include <vector>

#include <boost/json.hpp>

#include "ctl/problem.hpp"

namespace gv::ctl {

enum class Verdict {
  good,
  doubtful,
  bad,
  skipped,  // nothing was looked at; the text says why
};

struct Finding {
  std::string about;  // "microphone"
  Verdict verdict = Verdict::good;
  std::string text;            // what it is, with its numbers
  std::string advice;          // what to do next; empty: nothing
  boost::json::object values;  // the numbers, for --json
  Exit exit = Exit::failed;    // of a program that ends with this as its worst, where it is bad
};
using Findings = std::vector<Finding>;

std::string render(const Finding& finding, bool colour);
boost::json::object to_json(const Finding& finding);

// "not checked, because …"
Finding skipped(std::string about, const std::string& because);

// What doctor ends with: Exit::done where nothing is bad. What must be mended first counts first:
// the configuration, the key, the devices, the bus and the daemon, then everything else.
Exit worst(const Findings& findings);

}  // namespace gv::ctl
