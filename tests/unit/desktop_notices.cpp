#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// Which notice there is, and when.
#include <doctest/doctest.h>

#include "daemon/desktop/notice_board.hpp"

using namespace gv;
using config::Notifications;
using desktop::Notice;
using desktop::NoticeBoard;
using session::EndReason;
using session::State;
using Button = Notice::Button;

namespace {

struct Board : NoticeBoard {
  explicit Board(Notifications mode) { use(mode); }

  void become(State state) {
    status.state = state;
    status.session_id = state == State::idle ? "" : "s" + std::to_string(session);
    tell();
  }
  void tell() { status_changed(status); }
  void start() {
    ++session;
    status.last_error = {};
    become(State::connecting);
    become(State::listening);
  }
  void end(EndReason reason) {
    become(State::idle);
    session_ended(reason, "because");
  }
  // As the machine does: the word first, then the property.
  void fail(Failure failure) {
    error_occurred(failure);
    status.last_error = failure;
    tell();
  }
  std::string summary() const {
    const auto shown = notice();
    return shown ? shown->summary : "";
  }

  session::Status status = [] {
    session::Status idle;
    idle.profile = "assistant";
    return idle;
  }();
  int session = 0;
};

const Failure lost{Error::device_unavailable, "the microphone m was lost"};

}  // namespace

TEST_CASE("off: nothing, whatever happens") {
  Board board(Notifications::off);
  board.start();
  board.fail(lost);
  CHECK_FALSE(board.notice());
  board.end(EndReason::idle);
  CHECK_FALSE(board.notice());
}

TEST_CASE("errors: states are no news, an error stays until it is over") {
  Board board(Notifications::errors);
  board.start();
  board.become(State::speaking);
  board.become(State::reconnecting);
  CHECK_FALSE(board.notice());
  board.become(State::listening);
  board.fail(lost);
  const Notice shown = board.notice().value();
  CHECK(shown == Notice{Notice::Kind::error,
                        "No microphone or speaker",
                        "the microphone m was lost",
                        {Button::mute, Button::stop}});
  board.status.muted = true;
  board.tell();
  CHECK(board.notice()->buttons == std::vector{Button::unmute, Button::stop});
  board.become(State::thinking);
  CHECK(board.summary() == shown.summary);
  board.status.last_error = {};
  board.tell();
  CHECK_FALSE(board.notice());
}

TEST_CASE("errors: an end that nobody asked for is told once, until the next session") {
  Board board(Notifications::errors);
  board.start();
  board.end(EndReason::user);
  CHECK_FALSE(board.notice());
  for (const EndReason reason : {EndReason::idle, EndReason::hung_up, EndReason::budget}) {
    board.start();
    board.end(reason);
    CHECK(board.notice() ==
          Notice{Notice::Kind::ended, "The conversation has ended", "because", {}});
  }
  board.dismissed();
  CHECK_FALSE(board.notice());
  board.start();
  board.fail({Error::network_unavailable, "no way out"});
  board.end(EndReason::error);  // says no more than the error does
  CHECK(board.summary() == "The service is out of reach");
  CHECK(board.notice()->buttons.empty());
  board.start();
  CHECK_FALSE(board.notice());
  board.fail(lost);
  board.end(EndReason::user);
  CHECK_FALSE(board.notice());
}

TEST_CASE("a refused start is told, too") {
  Board board(Notifications::errors);
  board.fail({Error::no_api_key, "there is none"});
  CHECK(board.summary() == "No API key");
  CHECK(board.notice()->buttons.empty());
}

TEST_CASE("all: what the session does, one thing at a time, and nothing of who speaks") {
  Board board(Notifications::all);
  board.become(State::connecting);
  CHECK_FALSE(board.notice());
  board.become(State::listening);
  const Notice listening = board.notice().value();
  CHECK(
      listening ==
      Notice{Notice::Kind::state, "Listening", "Profile assistant", {Button::mute, Button::stop}});
  for (const State state : {State::thinking, State::speaking, State::listening}) {
    board.become(state);
    CHECK(board.notice() == listening);
  }
  board.status.muted = true;
  board.tell();
  CHECK(board.summary() == "Muted");
  board.become(State::reconnecting);
  CHECK(board.summary() == "Reconnecting");
  board.fail(lost);
  CHECK(board.summary() == "No microphone or speaker");
  board.dismissed();
  CHECK_FALSE(board.notice());  // not even what was under it
  board.become(State::listening);
  CHECK(board.summary() == "Muted");
  board.dismissed();
  board.become(State::speaking);
  CHECK_FALSE(board.notice());
  board.status.muted = false;
  board.tell();
  CHECK(board.notice() == listening);
  board.end(EndReason::user);
  CHECK_FALSE(board.notice());
}
