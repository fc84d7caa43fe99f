// What tests of tools have in common: a service whose model calls, and what it is answered.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/support/stage.hpp"

namespace gv::e2e {

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// Rules of the sim: at the n-th text (1, 2, ...) the model calls, instead of answering the text.
class Calls {
 public:
  // The call's id is fc-N, N being the text's number. more: of the tool_call action.
  Calls& at_text(const std::string& name, json::object arguments = {}, json::object more = {});
  // At the next text it does not: the text is answered.
  Calls& no_call() {
    ++texts_;
    return *this;
  }
  // Further rules.
  Calls& rule(json::object rule);
  std::string script() const { return json::serialize(rules_); }

 private:
  json::array rules_;
  int texts_ = 0;
};

// What was answered to the call, as it went over the wire: {id, name, response, ...}. Waits for it.
json::object answer_to(const Stage& stage, const std::string& id);
// Its text under "output" or "error"; empty where the other one came.
std::string output_of(const json::object& answer);
std::string error_of(const json::object& answer);

// Says something, so that the model calls, and returns the answer to fc-N.
json::object call(Stage& stage, int number);

// Says something, and hears the model answer it: the conversation goes on.
void check_alive(Stage& stage);

// What the user is asked about this call: its id, its name, what will run. Waits for it.
json::array wait_for_question(Stage& stage, const std::string& id);
// The command line, on the stage's bus.
Result ctl(const Stage& stage, std::vector<std::string> arguments);

// The names of the functions that a set-up message declares, in order.
std::vector<std::string> declared(const json::object& setup);

// The signals of this name so far.
std::vector<json::array> told(Stage& stage, const std::string& member);

// The processes whose command line holds this, by the kernel's word; zombies among them.
std::vector<int> processes(const std::string& part);
// Waits until the daemon has reaped what it started, and what that left behind: the kernel tells of
// an end before the daemon hears of it. Throws as require() does.
void require_no_zombie(const Stage& stage);
// Of the daemon's memory, what is in use, or (VmHWM) was at most: a field of /proc/PID/status.
std::size_t memory_kb(const Stage& stage, const std::string& field = "VmRSS");

}  // namespace gv::e2e
