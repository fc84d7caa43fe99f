// What the daemon does again and again while somebody converses, each ready to be done many times:
// for the clock (micro.cpp) and for the count of instructions (count_steps.cpp).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace gv::bench {

using Steps = std::function<void(std::size_t)>;  // does so many

struct HotPath {
  std::string name;
  std::string what;  // a step is
  // Sets it up, and goes on until a step is like the next one.
  std::function<Steps()> begin;
  std::string limit_name;
  std::function<Steps()> begin_limit;  // what can hardly be less than a step
  bool counted = true;  // false: most of it is a library's, which picks its code by the processor
};

std::vector<HotPath> hot_paths();

}  // namespace gv::bench
