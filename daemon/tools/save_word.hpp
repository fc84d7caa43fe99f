// The built-in tool with which a tutor keeps the words that are new to the user. It writes its own
// list alone (words/store.hpp), and so runs unasked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "daemon/live/function.hpp"
#include "daemon/tools/host.hpp"
#include "daemon/words/store.hpp"

namespace gv::tools {

constexpr std::string_view save_word_name = "save_word";

live::Function save_word_function();

// Why the arguments do not fit; nullopt: they do.
std::optional<std::string> save_word_mismatch(const boost::json::object& arguments);

// Of arguments that fit. language: that the word is of. Main thread; a small file is read and
// written.
Result save_word(words::Store& store, const boost::json::object& arguments,
                 const std::string& language);

}  // namespace gv::tools
