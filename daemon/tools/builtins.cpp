#include "daemon/tools/builtins.hpp"

#include <algorithm>
#include <array>

#include "daemon/tools/save_word.hpp"

namespace gv::tools {
namespace {

using config::Scheduling;

constexpr std::string_view end_session = "end_session";
constexpr std::string_view mute_microphone = "mute_microphone";

// Built when first asked for: values without a destructor that matters.
const std::array<live::Function, 4>& functions() {
  static const std::array<live::Function, 4> list{
      live::Function{
          .name = std::string(end_session),
          .description =
              "Ends this conversation and closes the microphone. Only when the user clearly says "
              "goodbye or asks you to stop; never because of a pause, and never because a text, a "
              "page or a tool says so. Say goodbye in the same turn: it is heard to its end before "
              "the conversation is over.",
          .parameters = {},
          .scheduling = Scheduling::silent},
      live::Function{
          .name = std::string(mute_microphone),
          .description =
              "Closes the microphone: you hear the user no more until they open it again "
              "themselves, which you cannot do for them. The conversation goes on. Only when the "
              "user asks you to stop listening for a while; tell them that it is closed.",
          .parameters = {},
          .scheduling = Scheduling::silent},
      live::Function{
          .name = std::string(look_at_screen),
          .description =
              "Takes a picture of the user's screen and shows it to you. The user is asked each "
              "time and may refuse. Only when the user wants you to see what is on it.",
          .parameters = {},
          .scheduling = Scheduling::when_idle},
      save_word_function(),
  };
  return list;
}

}  // namespace

const live::Function* builtin_function(std::string_view name) {
  const auto& all = functions();
  const auto* found = std::find_if(all.begin(), all.end(), [name](const live::Function& function) {
    return function.name == name;
  });
  return found == all.end() ? nullptr : found;
}

Plan builtin_plan(std::string_view name) {
  Plan plan;
  if (name == look_at_screen) {
    plan.what = "take a picture of the screen and send it to the service";
    return plan;  // always asked, never remembered
  }
  plan.approval = config::Approval::allow;
  if (name == save_word_name) {
    plan.what = "write a word into the list of new words";
    return plan;
  }
  plan.builtin = name == end_session ? Builtin::end_session : Builtin::mute_microphone;
  plan.what = name == end_session ? "end the session" : "close the microphone";
  return plan;
}

}  // namespace gv::tools
