// gemini-voicectl: drives gemini-voiced over the session bus.
#include <exception>
#include <string>
#include <vector>

#include <signal.h>

#include "ctl/client.hpp"
#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/verbs.hpp"

namespace gv::ctl {
namespace {

int run(const std::vector<std::string>& words) {
  Options options;
  const std::span<const std::string> all(words);
  const std::size_t used = parse_global(all, options);
  const std::string name = used < all.size() ? all[used] : "status";
  const auto rest = all.subspan(std::min(used + 1, all.size()));
  if (options.version) {
    print("gemini-voicectl " GV_VERSION);
    return 0;
  }
  if (options.help && rest.empty() && used == all.size()) {
    print_help();
    return 0;
  }
  const Verb* verb = find_verb(name);
  if (verb == nullptr) {
    throw Problem(Exit::usage, name, "unknown verb", "gemini-voicectl --help");
  }
  if (verb->run == nullptr) {
    for (const std::string& word : rest)
      options.help = options.help || word == "-h" || word == "--help";
    if (!options.help) {
      throw Problem(Exit::failed, name, "not available in this version", "gemini-voicectl --help");
    }
  }
  const Arguments arguments =
      verb->run == nullptr ? Arguments{} : parse_arguments(name, verb->grammar, rest, options);
  if (options.help) {
    print_help(*verb);
    return 0;
  }
  return verb->run({verb->name, options, arguments});
}

}  // namespace
}  // namespace gv::ctl

int main(int argc, char** argv) {
  using namespace gv::ctl;
  ::signal(SIGPIPE, SIG_IGN);  // a reader that left is noticed when writing
  try {
    return run({argv + 1, argv + argc});
  } catch (const Problem& problem) {
    complain(problem.what());
    return static_cast<int>(problem.exit());
  } catch (const OutputClosed&) {
    return 0;
  } catch (const Interrupted&) {
    return 128 + SIGINT;  // as a shell tells it: what was waited for did not come
  } catch (const std::exception& e) {
    complain(std::string("gemini-voicectl: unexpected: ") + e.what() +
             ". Try: again, and report it");
    return 1;
  }
}
