// What tests say to a session, and what they ask about it afterwards.
#pragma once

#include <cstddef>
#include <string>

#include "tests/e2e/support/stage.hpp"

namespace gv::e2e {

// A typed question, answered and heard to its end.
void talk(Stage& stage, const std::string& words);

// A spoken question, answered and heard to its end: how much of both got through, 1 being all of
// it. `answer` is what the service says to everything. No PCM of the test's may be open besides.
struct Heard {
  double question = 0;  // at the service
  double answer = 0;    // at the speaker
  bool good() const { return question > 0.98 && answer > 0.98; }
};
Heard ask(Stage& stage, const Samples& answer, unsigned seed);

// The set-up message of a connection (1, 2, ...), as the sim logged it; a handle in it is there as
// its length.
json::object setup_of(const Stage& stage, int connection);
bool resumed(const json::object& setup);

// How often ErrorOccurred was announced since `from` signals were there.
std::size_t errors(Stage& stage, std::size_t from = 0);

// What LastError names, without prefix; empty where none is.
std::string last_error(Stage& stage);

}  // namespace gv::e2e
