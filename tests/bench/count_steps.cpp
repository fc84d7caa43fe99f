// hot_paths: the names of those that are counted. hot_paths NAME N: does that path's step N times,
// in a function that valgrind counts the instructions of (instructions.py).
#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/bench/hot_paths.hpp"

// C: valgrind is told its name.
extern "C" [[gnu::noinline]] void count_steps(const gv::bench::Steps& steps, std::size_t times) {
  steps(times);
  asm volatile("");  // no tail call: it is left where its steps end
}

int main(int argc, char** argv) {
  const std::string name = argc == 3 ? argv[1] : "";
  for (const gv::bench::HotPath& path : gv::bench::hot_paths()) {
    if (name.empty() && path.counted) std::cout << path.name << '\n';
    if (path.name != name) continue;
    const gv::bench::Steps steps = path.begin();
    steps(1);  // takes memory, and the linker finds what it calls
    count_steps(steps, std::strtoul(argv[2], nullptr, 10));
    return EXIT_SUCCESS;
  }
  return name.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}
