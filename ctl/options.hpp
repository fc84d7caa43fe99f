// The command line as values. Pure: printing and running are the verbs' business.
#pragma once

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gv::ctl {

struct Options {
  bool json = false;
  bool no_start = false;
  std::chrono::milliseconds timeout{std::chrono::seconds(30)};
  bool timeout_given = false;
  bool help = false;
  bool version = false;
};

// What follows a verb.
struct Arguments {
  std::map<std::string, std::string, std::less<>> options;  // by long name; "" for a flag
  std::vector<std::string> words;

  bool has(std::string_view option) const { return options.contains(option); }
  std::string value(std::string_view option) const {
    const auto found = options.find(option);
    return found == options.end() ? std::string() : found->second;
  }
};

struct OptionSpec {
  std::string_view name;        // "--profile"
  std::string_view short_name;  // "-n", or empty
  bool takes_value;
};

// What a verb takes, for the parser.
struct Grammar {
  std::vector<OptionSpec> options;
  std::size_t min_words = 0;
  std::size_t max_words = 0;
  bool free_text = false;  // after the first word everything is text, dashes or not
};

// Those that stand before the verb, or after it.
std::span<const OptionSpec> global_options();

// Reads the options before the verb; returns how many words it took. Throws Problem (usage).
std::size_t parse_global(std::span<const std::string> words, Options& options);

// Reads what follows the verb; global options may stand there too. Throws Problem (usage).
Arguments parse_arguments(std::string_view verb, const Grammar& grammar,
                          std::span<const std::string> words, Options& options);

}  // namespace gv::ctl
