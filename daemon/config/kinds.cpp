#include "daemon/config/kinds.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "daemon/util/words.hpp"

namespace gv::config {

namespace json = boost::json;

namespace {

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
// From the largest down: format_duration takes the first that divides.
constexpr std::array<Unit, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"min", 60'000}, {"s", 1'000}, {"ms", 1}}};
// A scalar is the text that stands there, whatever YAML would take it for.
const json::object any_scalar{{"type", {"string", "number", "boolean"}}};

json::object list_of(const json::object& item) {
  return {{"type", "array"}, {"items", item}};
}

constexpr std::string_view duration_hint = "write a whole number and its unit: ms, s, min, h or d";

Problems problem(std::string message) {
  return {{0, std::move(message)}};
}

bool is_scalar(const Input& input) {
  return !input.list && input.items.size() == 1;
}

std::variant<milliseconds, std::string> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const std::string_view digits(text.data(), static_cast<std::size_t>(rest - text.data()));
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  const std::string not_one = in_quotes(text) + " is not a duration: ";
  if (error == std::errc::result_out_of_range) return not_one + "the number is too large";
  if (error != std::errc{} || number < 0 || (digits.size() > 1 && digits[0] == '0')) {
    return not_one + std::string(duration_hint);
  }
  if (unit.empty()) {
    return in_quotes(text) + " has no unit (did you mean " + std::string(digits) + "ms or " +
           std::string(digits) + "s?)";
  }
  for (const Unit& candidate : units) {
    if (unit != candidate.name) continue;
    if (number > INT64_MAX / candidate.ms) return not_one + "the number is too large";
    return milliseconds(number * candidate.ms);
  }
  return not_one + std::string(duration_hint);
}

}  // namespace

std::string format_duration(milliseconds duration) {
  if (duration.count() == 0) return "0ms";
  for (const Unit& unit : units) {
    if (duration.count() % unit.ms == 0) {
      return std::to_string(duration.count() / unit.ms) + std::string(unit.name);
    }
  }
  return "0ms";
}

Kind<bool> boolean() {
  return {
      [](const Input& input, bool& value) -> Problems {
        if (!is_scalar(input)) return problem("write true or false");
        std::string word = input.items[0];
        if (word == "true" || word == "false") {
          value = word == "true";
          return {};
        }
        std::transform(word.begin(), word.end(), word.begin(), [](char c) {
          return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        const std::string message = in_quotes(input.items[0]) + " is not true or false";
        if (word == "yes" || word == "on" || word == "true" || word == "1") {
          return problem(message + " (did you mean true?)");
        }
        if (word == "no" || word == "off" || word == "false" || word == "0") {
          return problem(message + " (did you mean false?)");
        }
        return problem(message);
      },
      [](const bool& value) -> Input {
        return {false, {value ? "true" : "false"}};
      },
      {{"type", "boolean"}},
  };
}

Kind<std::string> text(Check check) {
  return {
      [check = std::move(check)](const Input& input, std::string& value) -> Problems {
        if (!is_scalar(input)) return problem("write one text, not a list");
        std::string wrong = check(input.items[0]);
        if (!wrong.empty()) return problem(std::move(wrong));
        value = input.items[0];
        return {};
      },
      [](const std::string& value) -> Input {
        return {false, {value}};
      },
      any_scalar,
  };
}

namespace {

Problems check_items(const Input& input, const Check& check) {
  Problems problems;
  for (std::size_t i = 0; i < input.items.size(); ++i) {
    if (std::string wrong = check(input.items[i]); !wrong.empty()) {
      problems.push_back({i, std::move(wrong)});
    }
  }
  return problems;
}

}  // namespace

Kind<std::vector<std::string>> list(Check check) {
  return {
      [check = std::move(check)](const Input& input, std::vector<std::string>& value) -> Problems {
        if (!input.list) return problem("write a list, e.g. [first, second]");
        Problems problems = check_items(input, check);
        if (problems.empty()) value = input.items;
        return problems;
      },
      [](const std::vector<std::string>& value) -> Input {
        return {true, value};
      },
      list_of(any_scalar),
  };
}

Kind<std::vector<std::string>> one_or_list(Check check) {
  json::object several = list_of(any_scalar);
  several["minItems"] = 1;
  return {
      [check = std::move(check)](const Input& input, std::vector<std::string>& value) -> Problems {
        if (input.items.empty()) return problem("the list is empty; name at least one");
        Problems problems = check_items(input, check);
        if (problems.empty()) value = input.items;
        return problems;
      },
      [](const std::vector<std::string>& value) -> Input {
        return {value.size() != 1, value};
      },
      {{"anyOf", {any_scalar, several}}},
  };
}

Kind<milliseconds> duration(milliseconds least, milliseconds most) {
  return {
      [least, most](const Input& input, milliseconds& value) -> Problems {
        if (!is_scalar(input)) return problem(std::string(duration_hint));
        auto parsed = parse_duration(input.items[0]);
        if (auto* wrong = std::get_if<std::string>(&parsed)) return problem(std::move(*wrong));
        const auto duration = std::get<milliseconds>(parsed);
        if (duration < least || duration > most) {
          return problem(input.items[0] + " is out of range: from " + format_duration(least) +
                         " to " + format_duration(most));
        }
        value = duration;
        return {};
      },
      [](const milliseconds& value) -> Input {
        return {false, {format_duration(value)}};
      },
      {{"type", "string"},
       {"pattern", "^(0|[1-9][0-9]*)(ms|s|min|h|d)$"},
       {"$comment", "from " + format_duration(least) + " to " + format_duration(most)}},
  };
}

Kind<std::chrono::hours> duration_in_hours(std::chrono::hours least, std::chrono::hours most) {
  const Kind<milliseconds> fine = duration(least, most);
  return {
      [fine](const Input& input, std::chrono::hours& value) -> Problems {
        milliseconds parsed{};
        if (Problems problems = fine.parse(input, parsed); !problems.empty()) return problems;
        const auto hours = std::chrono::floor<std::chrono::hours>(parsed);
        if (hours != parsed) return problem(input.items[0] + " is not a whole number of hours");
        value = hours;
        return {};
      },
      [fine](const std::chrono::hours& value) -> Input { return fine.print(value); },
      fine.schema,
  };
}

Kind<std::size_t> whole_number(std::size_t least, std::size_t most) {
  const std::string wanted =
      "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  return {
      [least, most, wanted](const Input& input, std::size_t& value) -> Problems {
        if (!is_scalar(input)) return problem("write " + wanted);
        const std::string& digits = input.items[0];
        std::size_t number = 0;
        const char* const end = digits.data() + digits.size();
        const auto [rest, error] = std::from_chars(digits.data(), end, number);
        if (error != std::errc{} || rest != end || number < least || number > most) {
          return problem(in_quotes(digits) + " is not " + wanted);
        }
        value = number;
        return {};
      },
      [](const std::size_t& value) -> Input {
        return {false, {std::to_string(value)}};
      },
      {{"type", "integer"}, {"minimum", least}, {"maximum", most}},
  };
}

Kind<double> number(double least, double most) {
  const auto shortest = [](double value) {
    std::array<char, 32> text{};
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
    return std::string(text.data(), end);
  };
  const std::string wanted = "a number from " + shortest(least) + " to " + shortest(most);
  return {
      [least, most, wanted](const Input& input, double& value) -> Problems {
        if (!is_scalar(input)) return problem("write " + wanted);
        const std::string& digits = input.items[0];
        double number = 0;
        const char* const end = digits.data() + digits.size();
        const auto [rest, error] =
            std::from_chars(digits.data(), end, number, std::chars_format::fixed);
        // Written so that NaN, which compares with nothing, is refused.
        if (error != std::errc{} || rest != end || !(number >= least && number <= most)) {
          return problem(in_quotes(digits) + " is not " + wanted);
        }
        value = number;
        return {};
      },
      [](const double& value) -> Input {
        std::array<char, 64> text{};
        const auto [end, error] =
            std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
        return {false, {std::string(text.data(), end)}};
      },
      {{"type", "number"}, {"minimum", least}, {"maximum", most}},
  };
}

json::object schema_of(const std::vector<std::string>& words) {
  json::array all;
  for (const std::string& word : words) {
    all.emplace_back(word);
    if (word == "true" || word == "false") all.emplace_back(word == "true");
  }
  return {{"enum", std::move(all)}};
}

std::variant<std::size_t, Problems> choose(const Input& input,
                                           const std::vector<std::string>& words) {
  if (!is_scalar(input)) return problem("write " + one_of(words));
  const auto found = std::find(words.begin(), words.end(), input.items[0]);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  return problem(in_quotes(input.items[0]) + " is not " + one_of(words) +
                 did_you_mean(input.items[0], words));
}

}  // namespace gv::config
