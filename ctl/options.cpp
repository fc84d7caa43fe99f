#include "ctl/options.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "ctl/problem.hpp"

namespace gv::ctl {
namespace {

constexpr double longest_timeout_s = 24 * 3600;

constexpr std::string_view json = "--json";
constexpr std::string_view timeout = "--timeout";
constexpr std::string_view no_start = "--no-start";
constexpr std::string_view help = "--help";
constexpr std::string_view version = "--version";

[[noreturn]] void wrong_usage(std::string_view what, const std::string& why,
                              std::string_view verb = {}) {
  throw Problem(
      Exit::usage, std::string(what), why,
      verb.empty() ? "gemini-voicectl --help" : "gemini-voicectl " + std::string(verb) + " --help");
}

std::chrono::milliseconds parse_timeout(const std::string& text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || !(seconds > 0) ||
      seconds > longest_timeout_s) {
    wrong_usage("--timeout", "'" + text + "' is not a number of seconds between 0 and 86400");
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
}

// The value of the option at words[i], which is either "--name=value" or followed by it.
std::string take_value(std::span<const std::string> words, std::size_t& i, std::string_view name) {
  const std::string& word = words[i];
  if (const auto equals = word.find('='); word.starts_with("--") && equals != std::string::npos) {
    return word.substr(equals + 1);
  }
  if (i + 1 >= words.size()) wrong_usage(name, "needs a value");
  return words[++i];
}

std::string_view option_name(std::string_view word) {
  return word.starts_with("--") ? word.substr(0, word.find('=')) : word;
}

// Whether words[i] is a global option; takes its value along.
bool take_global(std::span<const std::string> words, std::size_t& i, Options& options) {
  const std::string_view name = option_name(words[i]);
  const OptionSpec* known = nullptr;
  for (const OptionSpec& spec : global_options()) {
    if (name == spec.name || (!spec.short_name.empty() && name == spec.short_name)) known = &spec;
  }
  if (known == nullptr || (!known->takes_value && name != words[i])) return false;
  if (known->name == timeout) {
    options.timeout = parse_timeout(take_value(words, i, name));
    options.timeout_given = true;
    return true;
  }
  options.json = options.json || known->name == json;
  options.no_start = options.no_start || known->name == no_start;
  options.help = options.help || known->name == help;
  options.version = options.version || known->name == version;
  return true;
}

}  // namespace

std::span<const OptionSpec> global_options() {
  static constexpr std::array<OptionSpec, 5> all{{{json, "", false},
                                                  {timeout, "", true},
                                                  {no_start, "", false},
                                                  {help, "-h", false},
                                                  {version, "", false}}};
  return all;
}

std::size_t parse_global(std::span<const std::string> words, Options& options) {
  std::size_t i = 0;
  for (; i < words.size() && words[i].starts_with('-'); ++i) {
    if (!take_global(words, i, options)) wrong_usage(words[i], "unknown option");
  }
  return i;
}

Arguments parse_arguments(std::string_view verb, const Grammar& grammar,
                          std::span<const std::string> words, Options& options) {
  Arguments arguments;
  bool only_words = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (only_words || word == "-" || !word.starts_with('-')) {
      arguments.words.push_back(word);
      only_words = only_words || grammar.free_text;
      continue;
    }
    if (word == "--") {
      only_words = true;
      continue;
    }
    const std::string_view name = option_name(word);
    const OptionSpec* known = nullptr;
    for (const OptionSpec& spec : grammar.options) {
      if (name == spec.name || (!spec.short_name.empty() && name == spec.short_name)) known = &spec;
    }
    if (known != nullptr && (known->takes_value || name == word)) {
      arguments.options[std::string(known->name)] =
          known->takes_value ? take_value(words, i, known->name) : "";
    } else if (!take_global(words, i, options)) {
      wrong_usage(verb, "unknown option '" + word + "'", verb);
    }
  }
  if (options.help) return arguments;  // whatever else was wrong, help is what is wanted
  if (arguments.words.size() < grammar.min_words) wrong_usage(verb, "something is missing", verb);
  if (arguments.words.size() > grammar.max_words) {
    wrong_usage(verb, "unexpected '" + arguments.words[grammar.max_words] + "'", verb);
  }
  return arguments;
}

}  // namespace gv::ctl
