#include "daemon/words/list.hpp"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>

#include "daemon/profile/phrases.hpp"
#include "daemon/util/text.hpp"

namespace gv::words {

namespace json = boost::json;

namespace {

std::string tidy(std::string_view text, std::size_t longest) {
  std::string clean = printable(text, longest);
  const auto first = clean.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return clean.substr(first, clean.find_last_not_of(' ') - first + 1);
}

std::string text_of(const json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

void renew(std::string& old, std::string&& now) {
  if (!now.empty()) old = std::move(now);
}

}  // namespace

List::Kept List::keep(Word word) {
  word.word = tidy(word.word, longest_word);
  word.language = tidy(word.language, longest_word);
  for (std::string* text : {&word.translation, &word.example, &word.note})
    *text = tidy(*text, longest_text);
  const auto same_word = profile::same_as(word.word);
  const auto same_language = profile::same_as(word.language);
  const auto known = std::ranges::find_if(
      words_, [&](const Word& one) { return same_word(one.word) && same_language(one.language); });
  if (known != words_.end()) {
    renew(known->translation, std::move(word.translation));
    renew(known->example, std::move(word.example));
    renew(known->note, std::move(word.note));
    known->saved_s = word.saved_s;
    return Kept::updated;
  }
  if (words_.size() >= most_words) return Kept::full;
  words_.push_back(std::move(word));
  return Kept::added;
}

std::size_t List::remove(std::string_view word, const std::optional<std::string>& language) {
  const auto same_word = profile::same_as(word);
  const auto same_language = profile::same_as(language.value_or(""));
  return std::erase_if(words_, [&](const Word& one) {
    return same_word(one.word) && (!language || same_language(one.language));
  });
}

std::size_t List::remove_language(std::string_view language) {
  const auto same_language = profile::same_as(language);
  return std::erase_if(words_, [&](const Word& one) { return same_language(one.language); });
}

std::size_t List::clear() {
  return std::exchange(words_, {}).size();
}

std::string to_json(const List& list) {
  json::array words;
  for (const Word& word : list.all()) {
    words.push_back({{"word", word.word},
                     {"translation", word.translation},
                     {"example", word.example},
                     {"note", word.note},
                     {"language", word.language},
                     {"saved", word.saved_s}});
  }
  // A line each, for those who look into it.
  std::string text = "{\"version\":1,\"words\":[";
  for (const auto& word : words)
    text += (text.ends_with('[') ? "\n" : ",\n") + json::serialize(word);
  return text + "\n]}\n";
}

std::optional<List> from_json(std::string_view text) {
  json::error_code ec;
  const auto parsed = json::parse({text.data(), text.size()}, ec);
  if (ec || !parsed.is_object()) return std::nullopt;
  const auto* words = parsed.get_object().if_contains("words");
  if (words == nullptr || !words->is_array()) return std::nullopt;
  std::vector<Word> all;
  for (const auto& value : words->get_array()) {
    if (!value.is_object() || all.size() == List::most_words) return std::nullopt;
    const auto& object = value.get_object();
    const auto* saved = object.if_contains("saved");
    Word word{text_of(object, "word"),
              text_of(object, "translation"),
              text_of(object, "example"),
              text_of(object, "note"),
              text_of(object, "language"),
              saved != nullptr && saved->is_int64() ? saved->get_int64() : 0};
    if (word.word.empty()) return std::nullopt;
    all.push_back(std::move(word));
  }
  return List(std::move(all));
}

}  // namespace gv::words
