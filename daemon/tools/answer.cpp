#include "daemon/tools/answer.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <string.h>  // sigabbrev_np

#include "daemon/util/text.hpp"

namespace gv::tools {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_error = 2000;
constexpr std::size_t longest_complaint = 600;  // of a program's standard error

// The last lines, as one.
std::string complaint(std::string_view errors) {
  while (!errors.empty() && (errors.back() == '\n' || errors.back() == ' '))
    errors.remove_suffix(1);
  if (errors.size() > longest_complaint) errors.remove_prefix(errors.size() - longest_complaint);
  return printable(errors, 3 * longest_complaint);
}

// Empty where it is no text.
std::string_view text_of(const RunOutcome& outcome, bool& is_text) {
  std::string_view text = outcome.output;
  // Where it was cut, perhaps within a character.
  for (int i = 0; outcome.output_cut && i < 3 && !text.empty() && !is_utf8(text); ++i)
    text.remove_suffix(1);
  is_text = is_utf8(text) && text.find('\0') == text.npos;
  return is_text ? text : std::string_view();
}

std::string with_note(std::string_view text, const RunOutcome& outcome) {
  std::string result(text);
  if (outcome.output_cut) {
    result += "\n[cut here: the output was longer than " + std::to_string(outcome.output.size()) +
              " bytes]";
  }
  return result;
}

std::string how_it_ended(const RunOutcome& outcome, std::chrono::milliseconds time_limit) {
  switch (outcome.end) {
    case RunOutcome::End::exited:
      return outcome.status == 0 ? "" : "exit status " + std::to_string(outcome.status);
    case RunOutcome::End::signalled: {
      const char* name = ::sigabbrev_np(outcome.status);
      return "ended by signal " + std::to_string(outcome.status) +
             (name == nullptr ? "" : std::string(" (SIG") + name + ")");
    }
    case RunOutcome::End::timed_out:
      return "it did not end within " + in_words(time_limit) + " and was ended";
    case RunOutcome::End::not_started:
      return "it could not be started: " + outcome.why;
  }
  return "";
}

}  // namespace

std::string in_words(std::chrono::milliseconds time) {
  const auto count = time.count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + " s" : std::to_string(count) + " ms";
}

Result failed(std::string_view words) {
  return {.failed = true,
          .response = json::serialize(json::object{{"error", printable(words, longest_error)}})};
}

Result answer(const RunOutcome& outcome, std::chrono::milliseconds time_limit) {
  bool is_text = true;
  const auto text = text_of(outcome, is_text);
  std::string error = how_it_ended(outcome, time_limit);
  if (error.empty() && !is_text) {
    error = "its output is not text but " + std::to_string(outcome.output.size()) +
            (outcome.output_cut ? " bytes or more" : " bytes") + " of binary data";
  }
  if (error.empty()) {
    return {.response = json::serialize(json::object{{"output", with_note(text, outcome)}})};
  }
  if (const auto said = complaint(outcome.errors); !said.empty()) error += ": " + said;
  json::object response{{"error", error}};
  if (!text.empty()) response["output"] = with_note(text, outcome);
  return {.failed = true, .response = json::serialize(response)};
}

}  // namespace gv::tools
