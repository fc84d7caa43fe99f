// The steps of `setup`. Each tells on standard output what it does, may ask on the terminal, can be
// done again, and throws Problem where it did not succeed.
#pragma once

#include <string>

#include "ctl/verbs.hpp"

namespace gv::ctl {

void set_up_key(const Call& call);
void set_up_devices(const Call& call);  // setup_devices.cpp
void set_up_echo(const Call& call);
void set_up_hotkey(const Call& call);
void set_up_service(const Call& call);

// Shows `question` and reads a line, without blanks around it. Throws EndOfInput where none comes.
struct EndOfInput {};
std::string ask_line(const std::string& question);

}  // namespace gv::ctl
