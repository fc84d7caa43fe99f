// What may stand where somebody is typing: from the table of verbs alone, whose synopses say what
// the words after a verb are. Pure; the shells and the values that live elsewhere are
// complete_verbs.cpp's business.
//
// In a synopsis, words in lower case are typed as they are ("check [FILE]|show"), those in upper
// case stand for a value, and "…" repeats the last one. A line of the help that begins with one of
// the former says more of it: "show ID: what was said".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/verbs.hpp"

namespace gv::ctl {

// Values that the table does not hold.
enum class Value { none, file, folder, profile, device, tool_request, conversation, desktop, verb };
// What a word in upper case stands for, in the synopsis of `verb`; none: nobody can tell.
Value value_of(std::string_view verb, std::string_view placeholder);

struct Candidate {
  std::string word;
  std::string about;  // a few words, or none
};

struct Offer {
  std::vector<Candidate> candidates;
  std::vector<Value> values;  // of these, too,
  std::string before;         // each with this before it: "--profile="
};
// words: what follows the program's name, up to the cursor; the last one is being typed and may be
// empty. What does not begin like it is still in the answer.
Offer offer(std::span<const Verb> verbs, std::span<const std::string> words);

// Verbs that are shown and work.
std::vector<Candidate> shown_verbs(std::span<const Verb> verbs);

}  // namespace gv::ctl
