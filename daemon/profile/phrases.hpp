// Words and phrases in what people say, whatever their case, in any script. Pure.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace gv::profile {

// Looks for phrases as whole words: "agent" is not in "agents" or "reagent", "real person" is in
// "a Real  Person!". Scripts that leave no blanks between words (Chinese, Japanese, Thai, ...) have
// no such edges, and are found anywhere. Case is folded letter by letter, so that a German double s
// is not a sharp s.
class Phrases {
 public:
  // Of any kind: blanks at the ends and empty ones are left out, bytes that are no UTF-8 match
  // nothing.
  explicit Phrases(const std::vector<std::string>& phrases = {});
  ~Phrases();
  Phrases(Phrases&&) noexcept;
  Phrases& operator=(Phrases&&) noexcept;
  Phrases(const Phrases&) = delete;
  Phrases& operator=(const Phrases&) = delete;

  // The first of them, as it was given, that stands in `text`; nullptr: none does. growing: more of
  // the text is to come, so that what it ends in may be half a word and does not count yet.
  const std::string* find(std::string_view text, bool growing) const;
  bool empty() const { return all_.empty(); }

 private:
  struct Phrase {
    std::string text;
    std::unique_ptr<re2::RE2> whole;    // of a text that is whole
    std::unique_ptr<re2::RE2> growing;  // of one that grows
  };
  std::vector<Phrase> all_;
};

// Tells which others are these words, but for case and blanks.
std::function<bool(std::string_view)> same_as(std::string_view words);

}  // namespace gv::profile
