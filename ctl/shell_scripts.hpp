// What a shell loads to complete gemini-voicectl's command lines. Pure.
//
// The scripts know no verbs: they ask the program that is being typed (`gemini-voicectl complete --
// WORDS`), which answers a line each, WORD or WORD, a tab and a few words about it. A line that
// begins with a tab names what the shell completes by itself: file or folder.
#pragma once

#include <string_view>

namespace gv::ctl {

// shell: bash, zsh or fish; empty: none of these.
std::string_view completion_script(std::string_view shell);

}  // namespace gv::ctl
