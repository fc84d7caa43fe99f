// What the world makes of the machine's actions. Used by world.cpp alone.
#pragma once

#include <utility>

#include "tests/fuzz/world.hpp"

namespace gv::fuzz {

namespace action = session::action;
namespace input = session::input;

// One overload an action: what the driver would do with it, and what must be true of it.
struct Executor {
  World& world;

  void operator()(const action::StopKeySearch& /*stop*/) const {
    world.require(std::exchange(world.key_sought_, false), "what is given up was looked for");
  }
  void operator()(const action::OpenTransport& /*open*/) const {
    world.require(!world.key_sought_, "nobody connects without a key");
    world.require(world.wire_ == World::Wire::closed, "one connection at a time");
    world.wire_ = World::Wire::opening;
    world.setup_sent_ = world.setup_complete_ = false;
    world.connects();
  }
  void operator()(const action::CloseTransport& close) const {
    world.wire_ = World::Wire::closed;
    world.talking_ = false;
    world.cut_short_ = !close.abrupt && world.hearing_.activity_open();
    world.hearing_.disconnected();
  }
  void operator()(const action::Send& send) const {
    world.require(world.wire_ == World::Wire::open, "nothing is sent without a connection");
    const bool setup = send.message.starts_with(R"({"setup":)");
    world.require(setup != world.setup_sent_, "setup comes first, and once");
    world.require(setup || world.setup_complete_, "nothing but setup before setupComplete");
    world.setup_sent_ = true;
  }
  void operator()(const action::SendMicrophone& send) const {
    world.require(world.wire_ == World::Wire::open && world.setup_complete_,
                  "the microphone goes to who listens");
    world.require(send.since_ns <= world.now_ns_, "what is replayed was heard");
    world.require(send.by_key == world.by_key_, "an activity is for a service that waits for it");
    world.hearing_.send(send);
    world.require(!world.talking_, "one activity at a time");
    world.talking_ = send.by_key && send.until_ns == 0;
    world.pump();
  }
  void operator()(const action::EndMicrophone& end) const {
    const bool was_talking = std::exchange(world.talking_, false);
    world.require(was_talking || !world.by_key_, "what ends has begun");
    world.require(end.until_ns <= world.now_ns_, "nobody knows when talking will end");
    world.hearing_.end(end.until_ns);
    world.pump();
  }
  void operator()(const action::KeepSound& keep) const {
    world.require(world.by_key_, "with automatic turn taking all sound is kept");
    world.hearing_.keep(keep);
  }
  void operator()(const action::CutMicrophone& /*cut*/) const {
    world.talking_ = false;
    world.hearing_.cut();
  }
  void operator()(const action::KeepHandle& keep) const {
    world.require(keep.handle.value.empty() == keep.handle.model.empty(),
                  "a handle belongs to a model");
  }
  void operator()(const action::OpenCapture& /*open*/) const {
    world.require(!world.machine_.status().muted, "a muted microphone is not opened");
    open(world.capture);
  }
  void operator()(const action::CloseCapture& closing) const {
    if (!closing.keep_sound) world.hearing_.forget();
    close(world.capture);
  }
  void operator()(const action::OpenPlayback& /*open*/) const { open(world.playback); }
  void operator()(const action::ClosePlayback& /*close*/) const { close(world.playback); }
  void operator()(const action::Play& play) const {
    world.require(!play.base64.empty() && play.rate_hz > 0, "what is played is something");
    known(play.turn);
    if (world.sounds_.empty() || world.sounds_.back().turn != play.turn) {
      world.sounds_.push_back({play.turn});
    }
  }
  void operator()(const action::EndTurn& end) const {
    if (world.sounds_.empty() || world.sounds_.back().turn != end.turn) {
      world.waiting_.emplace_back(input::Played{end.turn, 0});
    } else {
      world.sounds_.back().ended = true;
    }
  }
  void operator()(const action::Flush& /*flush*/) const { world.cut_sound(); }
  void operator()(const action::SetTimer& set) const {
    world.require(set.delay.count() >= 0, "no timer is due in the past");
    world.timers_[set.timer] = world.now_ns_ + set.delay.count() * 1'000'000;
  }
  void operator()(const action::CancelTimer& cancel) const { world.timers_.erase(cancel.timer); }
  void operator()(const action::Publish& /*publish*/) const {
    world.published_ = world.machine_.status();
  }
  void operator()(const action::Delta& delta) const { known(delta.turn); }
  void operator()(const action::Completed& completed) const {
    // A tool may answer when the turn that called it is long over.
    world.require(completed.turn > world.last_done_ || completed.role == session::Role::tool,
                  "no words come after a turn is over");
    world.require(completed.details.begin_ms <= completed.details.end_ms,
                  "what is heard ends after it begins");
  }
  void operator()(const action::PlanTool& plan) const {
    world.require(world.planned_.insert(plan.call).second, "a call is planned once");
  }
  void operator()(const action::RunTool& run) const {
    world.require(world.running_.insert(run.call).second, "a call runs once");
  }
  void operator()(const action::CancelTool& cancel) const {
    world.require(world.running_.erase(cancel.call) == 1, "only what runs is cancelled");
  }
  void operator()(const action::EndTools& /*end*/) const {
    world.require(world.running_.empty(), "what runs is cancelled before the end");
    world.planned_.clear();
  }
  void operator()(const action::AskUser& ask) const {
    world.require(world.asked_.insert(ask.call).second, "the user is asked once");
  }
  void operator()(const action::StopAsking& stop) const {
    world.require(world.asked_.erase(stop.call) == 1, "only what is asked is withdrawn");
  }
  void operator()(const action::ToolCalled& called) const {
    world.require(world.called_.insert(called.call).second, "an open id is not used again");
  }
  void operator()(const action::ToolDone& finished) const {
    world.require(world.called_.erase(finished.call) == 1, "a call ends once");
    world.require(!world.asked_.contains(finished.call), "what is over is not asked about");
  }
  void operator()(const action::TurnDone& done) const {
    world.require(done.turn > world.last_done_, "turns end once, in order");
    world.last_done_ = done.turn;
    world.open_turns_.erase(done.turn);
  }
  void operator()(const action::Started& started) const {
    world.require(!started.info.id.empty(), "who hears of a session can name it");
    world.require(world.open_turns_.empty(), "a session begins after the turns of the last one");
  }
  void operator()(const action::Ended& /*ended*/) const {
    ++world.ended_;
    world.require(world.ended_ <= world.started_, "a session ends once");
    world.require(world.open_turns_.empty(), "a session ends after its turns");
  }
  void operator()(const action::Report& report) const {
    world.require(bool(report.failure) && is_printable_line(report.failure.message),
                  "an error is one printable line");
  }
  void operator()(const action::Billed& billed) const {
    const auto& use = billed.use;
    world.require(use.text_in + use.audio_in + use.image_in + use.text_out + use.audio_out > 0,
                  "what is billed is something");
  }
  void operator()(const action::Escalate& escalate) const {
    world.require(!escalate.word.empty(), "a word of the configuration was said");
  }
  void operator()(const action::Ring& /*ring*/) const {
    world.require(world.playback.wanted, "an earcon is for an open speaker");
  }
  void operator()(const action::Log& log) const {
    check(is_printable_line(log.text), "a line of the log is printable", log.text);
  }

 private:
  void open(Pcm& pcm) const {
    world.require(!pcm.wanted, "one open request a direction");
    pcm.wanted = true;
    ++pcm.asked;
    pcm.requests.push_back(Pcm::Request::open);
  }
  void close(Pcm& pcm) const {
    world.require(pcm.wanted, "only what was opened is closed");
    pcm.wanted = false;
    pcm.requests.push_back(Pcm::Request::close);
  }
  void known(std::uint64_t turn) const {
    world.require(turn > world.last_done_, "a turn that is over stays over");
    world.open_turns_.insert(turn);
  }
};

}  // namespace gv::fuzz
