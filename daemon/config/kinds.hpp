// The kinds of value a key can have: how the text of the file becomes a value, and back. Pure, no
// YAML type; any thread. keys.cpp puts them together, load.cpp feeds them.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <boost/json.hpp>

namespace gv::config {

// What stands behind a key: one scalar or a list of scalars.
struct Input {
  bool list = false;
  std::vector<std::string> items;
  bool operator==(const Input&) const = default;
};

struct Problem {
  std::size_t item = 0;  // which of Input::items
  std::string message;
};
using Problems = std::vector<Problem>;

template <class V>
struct Kind {
  std::function<Problems(const Input&, V& value)> parse;  // on a problem, value stays as it was
  std::function<Input(const V&)> print;                   // what parse would read back
  boost::json::object schema;  // what parse takes, as JSON Schema says it: never less
};

// One of the words; "true" and "false" also as YAML's own.
boost::json::object schema_of(const std::vector<std::string>& words);

// Returns what is wrong with the text, or an empty string.
using Check = std::function<std::string(std::string_view)>;

using std::chrono::milliseconds;

Kind<bool> boolean();
Kind<std::string> text(Check check);
Kind<std::vector<std::string>> list(Check check);
Kind<std::vector<std::string>> one_or_list(Check check);  // a scalar is a list of one; never empty
Kind<milliseconds> duration(milliseconds least, milliseconds most);
Kind<std::chrono::hours> duration_in_hours(std::chrono::hours least, std::chrono::hours most);
Kind<std::size_t> whole_number(std::size_t least, std::size_t most);
Kind<double> number(double least, double most);  // decimal
// The parse half of `choice`, shared by all enums: the index of the chosen word.
std::variant<std::size_t, Problems> choose(const Input& input,
                                           const std::vector<std::string>& words);

template <class E>
Kind<E> choice(std::vector<std::pair<std::string, E>> choices) {
  std::vector<std::string> words;
  words.reserve(choices.size());
  for (const auto& [word, value] : choices)
    words.push_back(word);
  return {
      [choices, words](const Input& input, E& value) -> Problems {
        auto chosen = choose(input, words);
        if (auto* problems = std::get_if<Problems>(&chosen)) return std::move(*problems);
        value = choices[std::get<std::size_t>(chosen)].second;
        return {};
      },
      [choices](const E& value) -> Input {
        for (const auto& [word, candidate] : choices) {
          if (candidate == value) return {false, {word}};
        }
        return {};
      },
      schema_of(words),
  };
}

// `word` stands for "not set", so that a file can say so and undo what a shipped profile sets.
template <class V>
Kind<std::optional<V>> or_unset(std::string word, Kind<V> kind) {
  return {
      [word, kind](const Input& input, std::optional<V>& value) -> Problems {
        if (!input.list && input.items.size() == 1 && input.items[0] == word) {
          value.reset();
          return {};
        }
        V inner{};
        Problems problems = kind.parse(input, inner);
        if (problems.empty()) value = std::move(inner);
        for (Problem& problem : problems)
          problem.message += ", or " + word;
        return problems;
      },
      [word, kind](const std::optional<V>& value) -> Input {
        return value ? kind.print(*value) : Input{false, {word}};
      },
      {{"anyOf", {kind.schema, schema_of({word})}}},
  };
}

// The shortest exact form: "20ms", "3min", "30d".
std::string format_duration(milliseconds duration);

// Checks of single texts.
std::string check_any(std::string_view text);       // one line without control characters
std::string check_prose(std::string_view text);     // line breaks and tabs allowed
std::string check_device(std::string_view text);    // an ALSA PCM name
std::string check_path(std::string_view text);      // "/…" or "~/…", or empty
std::string check_endpoint(std::string_view text);  // ws(s)://host[:port], plain only to loopback
std::string check_url(std::string_view text);  // http(s)://…, plain only to loopback, or empty
std::string check_model(std::string_view text);
std::string check_voice(std::string_view text);          // or empty
std::string check_language(std::string_view text);       // BCP-47, or empty
std::string check_name(std::string_view text);           // of a profile or hook
std::string check_function_name(std::string_view text);  // as the service takes them
std::string check_argument(std::string_view text);       // of a command line
std::string check_variable(std::string_view text);       // "NAME" or "NAME=value"

}  // namespace gv::config
