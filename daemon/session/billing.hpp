// What the service bills, each token told once, however often and however cumulatively it reports
// (users.md (f) 11). Pure; owned by the machine.
//
// A turn's bill is the largest that was reported for it, input and output each for itself: what is
// repeated or goes down adds nothing, what grows adds the difference. A report belongs to the turn
// that is at work, and after its turnComplete still to that, until something of the next one comes.
#pragma once

#include "daemon/live/messages.hpp"

namespace gv::session {

class Billing {
 public:
  // The user's words, the model's sound or words, or a call came: the next turn, where the last one
  // is complete.
  void activity();
  // Also where nothing of the turn came: the model may choose not to answer.
  void turn_complete();
  // Another connection. What it reports before anything happens there is the last turn's, again.
  void connected() { complete_ = true; }
  // What is new in it.
  live::Usage report(const live::Usage& reported);

 private:
  live::Usage told_;  // of this turn
  bool complete_ = false;
};

}  // namespace gv::session
