// The words that a learner has met: what the model saves, and the command line shows. Pure values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gv::words {

struct Word {
  std::string word;
  std::string translation;
  std::string example;       // a sentence with it
  std::string note;          // e.g. its gender
  std::string language;      // that it is of, as the profile's learning.target; empty: not told
  std::int64_t saved_s = 0;  // since the epoch, when it was last saved
  bool operator==(const Word&) const = default;
};

class List {
 public:
  List() = default;
  explicit List(std::vector<Word> words) : words_(std::move(words)) {}

  static constexpr std::size_t most_words = 10'000;
  // Of each field, bytes; more is cut off.
  static constexpr std::size_t longest_word = 200;
  static constexpr std::size_t longest_text = 1000;

  enum class Kept { added, updated, full };
  // A word of the same language that is there already, whatever its case, is updated: what the new
  // one does not tell stays. Control characters become blanks. The word is not empty.
  Kept keep(Word word);
  // language: of that language only. How many there were.
  std::size_t remove(std::string_view word, const std::optional<std::string>& language);
  std::size_t remove_language(std::string_view language);
  std::size_t clear();

  const std::vector<Word>& all() const { return words_; }  // in the order that they came

 private:
  std::vector<Word> words_;
};

// As kept in the file. nullopt: it is not such a text.
std::string to_json(const List& list);
std::optional<List> from_json(std::string_view text);

}  // namespace gv::words
