// The file that `config set-key` puts a key into. Blocks.
#pragma once

#include <string>
#include <string_view>

namespace gv::ctl {

// The name for a key file of ours in this folder, an absolute path: "key", or, where that is
// somebody else's, "gemini-voice-key". What is there under it may be replaced: nothing, nothing but
// blanks, or an API key in a file of the user's own. Throws Problem where both are taken.
std::string own_key_file(const std::string& folder);

// Why the key could not be put there, for the user alone; empty: it is there. What is no regular
// file is left alone.
std::string put_into_file(const std::string& file, std::string_view key);

}  // namespace gv::ctl
