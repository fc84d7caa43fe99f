// The verbs as data: parsing, running and every help text come from this one table.
#pragma once

#include <span>
#include <string_view>

#include "ctl/options.hpp"

namespace gv::ctl {

// A verb at work: what was typed.
struct Call {
  std::string_view verb;
  const Options& options;
  const Arguments& arguments;
};

// Returns the exit code; throws Problem.
using Handler = int (*)(const Call& call);

struct Verb {
  std::string_view name;
  std::string_view synopsis;  // what follows the name
  std::string_view help;      // the first line is its summary
  Grammar grammar;
  Handler run;          // nullptr: comes with a later version
  bool hidden = false;  // for programs: in no list
};

std::span<const Verb> verbs();
const Verb* find_verb(std::string_view name);

void print_help();
void print_help(const Verb& verb);

// Handlers, by file.
int start(const Call& call);  // session_verbs.cpp
int stop(const Call& call);
int toggle(const Call& call);
int mute(const Call& call);
int unmute(const Call& call);
int mute_toggle(const Call& call);
int interrupt(const Call& call);
int talk(const Call& call);
int say(const Call& call);
int reload(const Call& call);
int ask(const Call& call);         // ask.cpp
int send_image(const Call& call);  // picture_verbs.cpp
int screenshot(const Call& call);
int approve(const Call& call);  // tool_verbs.cpp
int deny(const Call& call);
int status(const Call& call);  // query_verbs.cpp
int statistics(const Call& call);
int devices(const Call& call);
int profiles(const Call& call);
int transcript(const Call& call);
int words(const Call& call);         // word_verbs.cpp
int history(const Call& call);       // history_verbs.cpp
int usage(const Call& call);         // usage_verb.cpp
int watch(const Call& call);         // watch.cpp
int watch_levels(const Call& call);  // watch_levels.cpp; from watch
int watch_large(const Call& call);   // large/watch_large.cpp; from watch
bool can_show_large();
int config(const Call& call);       // config_verbs.cpp
int setup(const Call& call);        // setup.cpp
int doctor(const Call& call);       // doctor/doctor.cpp
int bind(const Call& call);         // bind_verb.cpp
int completions(const Call& call);  // complete_verbs.cpp
int complete(const Call& call);
int help(const Call& call);  // verbs.cpp

}  // namespace gv::ctl
