// The list of new words that a tutor keeps. Needs no daemon.
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/state.hpp"
#include "ctl/verbs.hpp"
#include "ctl/word_export.hpp"
#include "daemon/profile/phrases.hpp"
#include "daemon/words/store.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

[[noreturn]] void wrong_usage(const std::string& why) {
  throw Problem(Exit::usage, "words", why, "gemini-voicectl words --help");
}

std::optional<std::string> language_of(const Call& call) {
  if (!call.arguments.has("--language")) return std::nullopt;
  return call.arguments.value("--language");
}

// Those that are asked for.
std::vector<words::Word> chosen(const words::Store& store, const Call& call) {
  std::vector<words::Word> words = store.read().all();
  if (const auto language = language_of(call)) {
    const auto same = profile::same_as(*language);
    std::erase_if(words, [&same](const words::Word& word) { return !same(word.language); });
  }
  return words;
}

void print_json(const std::vector<words::Word>& words) {
  for (const words::Word& word : words) {
    print(json::object{{"word", word.word},
                       {"translation", word.translation},
                       {"example", word.example},
                       {"note", word.note},
                       {"language", word.language},
                       {"saved", word.saved_s}});
  }
}

int list(const words::Store& store, const Call& call) {
  const auto words = chosen(store, call);
  if (call.options.json) {
    print_json(words);
  } else {
    print_raw(to_table(words));
  }
  return 0;
}

int export_words(const words::Store& store, const Call& call) {
  const std::string format =
      call.arguments.has("--format") ? call.arguments.value("--format") : "csv";
  if (format != "csv" && format != "anki") {
    wrong_usage("--format: '" + format + "' is neither csv nor anki");
  }
  const auto words = chosen(store, call);
  if (call.options.json) {
    print_json(words);
  } else {
    print_raw(format == "csv" ? to_csv(words) : to_anki(words));
  }
  return 0;
}

int remove(words::Store& store, const Call& call) {
  const auto& given = call.arguments.words;
  const bool all = call.arguments.has("--all");
  if (all == (given.size() > 1)) wrong_usage("delete wants words, or --all");
  const auto language = language_of(call);
  std::size_t gone = 0;
  store.change([&](words::List& list) {
    if (all && !language) gone = list.clear();
    if (all && language) gone = list.remove_language(*language);
    for (std::size_t i = 1; i < given.size(); ++i)
      gone += list.remove(given[i], language);
    return gone > 0;
  });
  if (call.options.json) {
    print(json::object{{"deleted", gone}});
  } else if (all) {
    print("deleted: " + std::to_string(gone));
  }
  if (gone > 0 || all) return 0;
  throw Problem(Exit::failed, "words delete", "no such word is in the list",
                "gemini-voicectl words list");
}

}  // namespace

int words(const Call& call) {
  const std::string& what = call.arguments.words[0];
  if (what != "delete" && call.arguments.words.size() > 1) {
    wrong_usage("unexpected '" + call.arguments.words[1] + "'");
  }
  words::Store store(state_folder("words"));
  try {
    if (what == "list") return list(store, call);
    if (what == "export") return export_words(store, call);
    if (what == "delete") return remove(store, call);
  } catch (const std::runtime_error& e) {
    throw Problem(Exit::failed, "words", e.what(), "look at that file, or move it away");
  }
  wrong_usage("'" + what + "' is none of list, export and delete");
}

}  // namespace gv::ctl
