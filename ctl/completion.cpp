#include "ctl/completion.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace gv::ctl {
namespace {

constexpr std::string_view more = "…";

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  std::string part;
  int depth = 0;
  for (const char c : text) {
    depth += c == '[' ? 1 : c == ']' ? -1 : 0;
    // A bracket holds its own alternatives together, and lets go of words.
    if (c == at && (depth == 0 || at == ' ')) {
      parts.push_back(std::exchange(part, {}));
    } else if (at != ' ' || (c != '[' && c != ']')) {
      part += c;
    }
  }
  parts.push_back(std::move(part));
  std::erase(parts, "");
  return parts;
}

// A word that is typed as it is.
bool is_literal(std::string_view word) {
  return !word.empty() && std::islower(static_cast<unsigned char>(word[0])) != 0;
}

const OptionSpec* find_option(std::span<const OptionSpec> options, std::string_view name) {
  const auto found = std::ranges::find_if(options, [name](const OptionSpec& option) {
    return option.name == name || (!option.short_name.empty() && option.short_name == name);
  });
  return found == options.end() ? nullptr : &*found;
}

// An option as it is typed, "--profile" of "--profile=tutor" too; nullptr: none of the verb's (or,
// without a verb, of the global ones).
const OptionSpec* option_at(const Verb* verb, std::string_view word) {
  const std::string_view name = word.starts_with("--") ? word.substr(0, word.find('=')) : word;
  const OptionSpec* own = verb == nullptr ? nullptr : find_option(verb->grammar.options, name);
  return own != nullptr ? own : find_option(global_options(), name);
}

// One way to go on after a verb, a word each: "check", "FILE".
using Way = std::vector<std::string>;

// What the synopsis of a verb says.
struct Shape {
  std::vector<Way> ways;
  std::vector<std::pair<const OptionSpec*, std::string>> option_values;
};

void add_ways(const Verb& verb, std::string_view text, Shape& shape) {
  for (const std::string& alternative : split(text, '|')) {
    Way way;
    const OptionSpec* takes = nullptr;
    for (const std::string& word : split(alternative, ' ')) {
      if (takes != nullptr) {
        shape.option_values.emplace_back(std::exchange(takes, nullptr), word);
      } else if (word.starts_with('-') && word != "-") {
        const OptionSpec* option = option_at(&verb, word);
        if (option != nullptr && option->takes_value) takes = option;
      } else {
        way.push_back(word);
      }
    }
    if (!way.empty()) shape.ways.push_back(std::move(way));
  }
}

Shape shape_of(const Verb& verb) {
  Shape shape;
  add_ways(verb, verb.synopsis, shape);
  const std::size_t in_synopsis = shape.ways.size();
  for (std::string_view rest = verb.help; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::string_view told = line.substr(0, line.find(": "));
    const std::string_view first = told.substr(0, told.find(' '));
    for (std::size_t i = 0; i < in_synopsis && told.size() < line.size(); ++i) {
      if (!is_literal(first) || shape.ways[i].front() != first) continue;
      add_ways(verb, told, shape);
      break;
    }
  }
  return shape;
}

// "WORD" of "WORD…".
std::string_view once(std::string_view word) {
  if (word.ends_with(more)) word.remove_suffix(more.size());
  return word;
}

// "a|b" as words that are typed so, "FILE" as what it stands for.
void add_word(const Verb& verb, std::string_view word, const std::string& before, Offer& offer) {
  for (const std::string& whole : split(word, '|')) {
    const std::string_view part = once(whole);
    if (is_literal(part)) {
      std::string typed = before + std::string(part);
      if (std::ranges::find(offer.candidates, typed, &Candidate::word) == offer.candidates.end()) {
        offer.candidates.push_back({std::move(typed), ""});
      }
      continue;
    }
    const Value value = value_of(verb.name, part);
    if (value != Value::none && std::ranges::find(offer.values, value) == offer.values.end()) {
      offer.values.push_back(value);
    }
    offer.before = before;
  }
}

// The word of the way that stands at `place`, if the words before it lead there.
const std::string* word_at(const Way& way, std::span<const std::string> typed) {
  const auto at = [&way](std::size_t place) -> const std::string* {
    if (place < way.size()) return &way[place];
    return !way.empty() && way.back().ends_with(more) ? &way.back() : nullptr;
  };
  for (std::size_t i = 0; i < typed.size(); ++i) {
    const std::string* word = at(i);
    if (word == nullptr) return nullptr;
    const std::vector<std::string> choices = split(*word, '|');
    if (is_literal(choices.front()) &&
        std::ranges::find(choices, typed[i], once) == choices.end()) {
      return nullptr;
    }
  }
  return at(typed.size());
}

void add_options(std::span<const OptionSpec> options, Offer& offer) {
  for (const OptionSpec& option : options) {
    offer.candidates.push_back({std::string(option.name), ""});
    if (!option.short_name.empty()) {
      offer.candidates.push_back({std::string(option.short_name), ""});
    }
  }
}

void add_option_value(const Verb* verb, const OptionSpec& option, const std::string& before,
                      Offer& offer) {
  if (verb == nullptr) return;
  for (const auto& [known, word] : shape_of(*verb).option_values) {
    if (known == &option) add_word(*verb, word, before, offer);
  }
}

// What stands before the cursor.
struct Typed {
  const Verb* verb = nullptr;
  bool unknown_verb = false;
  std::vector<std::string> words;       // after the verb
  const OptionSpec* waiting = nullptr;  // for its value
  bool only_words = false;              // "--", or a text has begun
};

Typed read(std::span<const Verb> verbs, std::span<const std::string> words) {
  Typed typed;
  for (const std::string& word : words) {
    if (typed.waiting != nullptr) {
      typed.waiting = nullptr;
    } else if (!typed.only_words && word.starts_with('-') && word != "-") {
      typed.only_words = word == "--";
      const OptionSpec* option = option_at(typed.verb, word);
      const bool alone = word.find('=') == word.npos || !word.starts_with("--");
      if (option != nullptr && option->takes_value && alone) typed.waiting = option;
    } else if (typed.verb == nullptr) {
      const auto found = std::ranges::find(verbs, word, &Verb::name);
      if (found == verbs.end()) {
        typed.unknown_verb = true;
        return typed;
      }
      typed.verb = &*found;
    } else {
      typed.words.push_back(word);
      typed.only_words = typed.only_words || typed.verb->grammar.free_text;
    }
  }
  return typed;
}

}  // namespace

Value value_of(std::string_view verb, std::string_view placeholder) {
  struct Known {
    std::string_view placeholder;
    Value value;
  };
  constexpr std::array<Known, 6> known{{{"P", Value::profile},
                                        {"FILE", Value::file},
                                        {"DIR", Value::folder},
                                        {"FOLDER", Value::folder},
                                        {"DEVICE", Value::device},
                                        {"VERB", Value::verb}}};
  if (placeholder == "ID") {
    if (verb == "approve" || verb == "deny") return Value::tool_request;
    return verb == "history" ? Value::conversation : Value::none;
  }
  if (placeholder == "D") return verb == "bind" ? Value::desktop : Value::none;
  const auto* const found = std::ranges::find(known, placeholder, &Known::placeholder);
  return found == known.end() ? Value::none : found->value;
}

std::vector<Candidate> shown_verbs(std::span<const Verb> verbs) {
  std::vector<Candidate> shown;
  for (const Verb& verb : verbs) {
    if (verb.run == nullptr || verb.hidden) continue;
    std::string_view about = verb.help.substr(0, verb.help.find('\n'));
    if (about.ends_with('.')) about.remove_suffix(1);
    shown.push_back({std::string(verb.name), std::string(about)});
  }
  return shown;
}

Offer offer(std::span<const Verb> verbs, std::span<const std::string> words) {
  Offer offer;
  const std::string last = words.empty() ? std::string() : words.back();
  const Typed typed = read(verbs, words.first(words.empty() ? 0 : words.size() - 1));
  const Verb* const verb = typed.verb;
  if (typed.unknown_verb) return offer;
  if (typed.waiting != nullptr) {
    add_option_value(verb, *typed.waiting, "", offer);
    return offer;
  }
  if (last.starts_with('-') && !typed.only_words) {
    const std::size_t equals = last.find('=');
    const OptionSpec* option = option_at(verb, last);
    if (equals == last.npos) {
      if (verb != nullptr) add_options(verb->grammar.options, offer);
      add_options(global_options(), offer);
    } else if (option != nullptr && option->takes_value) {
      add_option_value(verb, *option, last.substr(0, equals + 1), offer);
    }
    return offer;
  }
  if (verb == nullptr) {
    offer.candidates = shown_verbs(verbs);
    return offer;
  }
  for (const Way& way : shape_of(*verb).ways) {
    if (const std::string* word = word_at(way, typed.words)) add_word(*verb, *word, "", offer);
  }
  // Where there is nothing else to say: what could be.
  if (verb->grammar.max_words == 0 && last.empty()) add_options(verb->grammar.options, offer);
  return offer;
}

}  // namespace gv::ctl
