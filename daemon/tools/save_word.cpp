#include "daemon/tools/save_word.hpp"

#include <exception>
#include <utility>
#include <variant>

#include "daemon/schema/schema.hpp"
#include "daemon/tools/answer.hpp"
#include "daemon/util/log.hpp"

namespace gv::tools {

namespace json = boost::json;

namespace {

constexpr std::string_view parameters = R"({
  "type": "object",
  "properties": {
    "word": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "\\S",
      "description": "The word or phrase in the language that is learned, in its dictionary form"},
    "translation": {"type": "string", "minLength": 1, "maxLength": 200,
      "description": "Its meaning in the user's own language"},
    "example": {"type": "string", "maxLength": 400,
      "description": "A short sentence with it"},
    "note": {"type": "string", "maxLength": 400,
      "description": "What is worth knowing about it: its gender, plural, or a trap"}
  },
  "required": ["word", "translation"],
  "additionalProperties": false
})";

const schema::Schema& arguments_schema() {
  static const schema::Schema schema = std::get<schema::Schema>(schema::Schema::parse(
      json::parse({parameters.data(), parameters.size()}), schema::Dialect::strict));
  return schema;
}

std::string text_of(const json::object& arguments, const char* name) {
  const auto* value = arguments.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

}  // namespace

live::Function save_word_function() {
  return {.name = std::string(save_word_name),
          .description =
              "Writes a word down in the user's list of new words, which they look at and practise "
              "with later. Call it, without saying so, whenever the user meets a word or phrase of "
              "the language they learn that is new to them: one that you explained or translated, "
              "that they asked for, or got wrong. Never for words that they clearly know. A word "
              "that is there already is updated.",
          .parameters = arguments_schema().json(),
          .scheduling = config::Scheduling::silent};
}

std::optional<std::string> save_word_mismatch(const json::object& arguments) {
  return arguments_schema().mismatch(arguments);
}

Result save_word(words::Store& store, const json::object& arguments, const std::string& language) {
  try {
    switch (store.keep({.word = text_of(arguments, "word"),
                        .translation = text_of(arguments, "translation"),
                        .example = text_of(arguments, "example"),
                        .note = text_of(arguments, "note"),
                        .language = language})) {
      case words::List::Kept::added:
        return {.response = R"({"output":"It is in the list now."})"};
      case words::List::Kept::updated:
        return {.response = R"({"output":"It was in the list, and is up to date now."})"};
      case words::List::Kept::full:
        break;
    }
    log::warning("words", "the list of new words is full (" +
                              std::to_string(words::List::most_words) +
                              "). Try: gemini-voicectl words export, then words delete --all");
    return failed("the list is full; the user can empty it");
  } catch (const std::exception& e) {
    log::warning("words", std::string("a word is not saved: ") + e.what());
    return failed("it could not be saved; the log of gemini-voiced says why");
  }
}

}  // namespace gv::tools
