// The driver's answers to the machine's actions: about one line each.
#include <chrono>
#include <utility>

#include "daemon/live/encode.hpp"
#include "daemon/live/endpoint.hpp"
#include "daemon/session/driver.hpp"
#include "daemon/util/log.hpp"

namespace gv::session {
namespace {

// `direct`: what the kernel holds unread is in front of `interrupted`, too; about a second of
// audio.
constexpr unsigned direct_receive_buffer = 64 * 1024;
constexpr std::chrono::seconds handles_interval{1};

std::int64_t now_us_since_epoch() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

void Driver::execute(const action::StopKeySearch& /*stop*/) {
  parts_.keys.cancel();
}

void Driver::execute(const action::OpenTransport& /*open*/) {
  try {
    live::Request request;
    request.endpoint =
        live::make_endpoint(session_config_.api.endpoint, session_config_.api.version);
    request.api_key = key_.reveal();
    request.ca_file = session_config_.api.ca_file;
    const bool direct = session_config_.audio.buffering == config::Buffering::direct;
    if (direct) request.receive_buffer = direct_receive_buffer;
    parts_.transport.open(request, *this);
  } catch (const std::exception& e) {
    live::CloseInfo info;
    info.local_error = e.what();
    feed(input::TransportClosed{std::move(info)});
  }
}

void Driver::execute(const action::CloseTransport& close) {
  microphone_.disconnected();
  if (close.abrupt) {
    parts_.transport.drop();
  } else {
    parts_.transport.close();
  }
}

void Driver::execute(const action::Send& send) {
  parts_.transport.send(send.message);
}

void Driver::execute(const action::SendMicrophone& send) {
  const auto until_ns = send.until_ns != 0 ? send.until_ns : MicrophoneFeed::no_end;
  microphone_.send(send.since_ns, until_ns, send.by_key);
  send_microphone();
}

void Driver::execute(const action::KeepSound& keep) {
  microphone_.key(keep.key_down, keep.at_ns);
}

void Driver::execute(const action::EndMicrophone& end) {
  microphone_.end(end.until_ns);
  send_microphone();
}

void Driver::execute(const action::CutMicrophone& /*cut*/) {
  if (microphone_.cut()) parts_.transport.send(live::encode_activity_end());
}

void Driver::execute(const action::KeepHandle& keep) {
  parts_.handles.keep(keep.profile, session_config_.api.endpoint, keep.handle,
                      now_us_since_epoch() / 1'000'000);
  save_handles();
}

// Ten handles in a second are worth one write; the last word of a session, and that a handle is
// dead, are written at once.
void Driver::save_handles() {
  const auto now = std::chrono::steady_clock::now();
  if (!machine_.running() || machine_.handle().empty() || handles_due_.expiry() <= now) {
    handles_due_.expires_at(now + handles_interval);
    return parts_.handles.save();
  }
  handles_due_.expires_at(handles_due_.expiry());  // in the place of the one that waits
  handles_due_.async_wait([this](const asio::error_code& ec) {
    if (!ec) parts_.handles.save();
  });
}

void Driver::execute(const action::OpenCapture& /*open*/) {
  audio::CaptureSpec spec;
  spec.devices = session_config_.audio.capture_devices;
  spec.period_ms = static_cast<unsigned>(session_config_.audio.period.count());
  spec.echo = handling(machine_.status().echo_mode);
  spec.processing = {
      .echo = echo_.may_cancel(),
      .high_pass = session_config_.audio.high_pass,
      .noise_suppression = session_config_.audio.noise_suppression,
      .gain_control = session_config_.audio.gain_control,
  };
  spec.barge_in = machine_.barge_in();
  spec.by_key = by_key_;
  parts_.engine.open_capture(spec);
  if (spec.processing.echo && !parts_.engine.cancels()) {
    echo_.no_canceller();
    judge_echo();
  }
}

void Driver::execute(const action::CloseCapture& close) {
  keep_sound_ = close.keep_sound;
  first_sound_cue_.reset();
  if (!keep_sound_) {
    microphone_.cut();
    microphone_.forget();  // what is said from now on is not for the service
  }
  parts_.engine.close_capture();
}

void Driver::execute(const action::OpenPlayback& /*open*/) {
  const bool direct = session_config_.audio.buffering == config::Buffering::direct;
  audio::PlaybackSpec spec;
  spec.devices = session_config_.audio.playback_devices;
  spec.period_ms = static_cast<unsigned>(session_config_.audio.period.count());
  // Direct waits for one period: the service's first message is often a single sample, and a device
  // that starts with it has run dry before the next one comes.
  spec.prebuffer_ms =
      direct ? spec.period_ms : static_cast<unsigned>(session_config_.audio.prebuffer.count());
  spec.adapt = !direct;  // the queue is kept short, and would not fill
  parts_.engine.open_playback(spec);
}

void Driver::execute(const action::ClosePlayback& /*close*/) {
  feed_.reset();
  flush_asked_ns_ = 0;  // what is cut now is not an answer to an interruption
  held_ = false;
  parts_.engine.flush();
  parts_.engine.close_playback();
}

void Driver::execute(const action::Play& play) {
  if (play.rate_hz != audio::playback_rate) {
    if (++statistics_.malformed_messages <= 10) {
      log::warning("session", "skipped audio at " + std::to_string(play.rate_hz) +
                                  " Hz; the service speaks at 24000 Hz");
    }
    return;
  }
  const auto fed = feed_.feed(play.turn, play.base64, play.received_ns);
  statistics_.audio_out_frames += fed.frames;
  fed_audio_ = true;
  if (fed.frames > 0) sounding_turn_ = play.turn;
  if (!fed.sound && ++statistics_.malformed_messages <= 10) {
    log::warning("session", "skipped audio that is not base64");
  }
  if (fed.dropped > 0) {
    log::warning("session", "the playback queue is full: dropped " +
                                std::to_string(fed.dropped * 1000 / audio::playback_rate) +
                                " ms of the answer");
  }
  parts_.engine.wake_playback();
}

void Driver::execute(const action::EndTurn& end) {
  if (std::exchange(sounding_turn_, 0) != end.turn) {
    // No part of it held a whole sample, so that the engine has nothing to report.
    feed(input::Played{end.turn, 0});
    return;
  }
  parts_.engine.playout().end_turn(end.turn);
  parts_.engine.wake_playback();
}

void Driver::execute(const action::Flush& flush) {
  flush_asked_ns_ = flush.asked_ns;
  held_ = false;
  feed_.reset();
  parts_.engine.flush();
  // What paused the reading is gone.
  parts_.transport.pause(false);
}

void Driver::execute(const action::SetTimer& set) {
  auto& alarm = alarms_.try_emplace(set.timer, Alarm{asio::steady_timer(parts_.io)}).first->second;
  alarm.number = ++last_alarm_;
  alarm.timer.expires_after(set.delay);
  alarm.timer.async_wait(
      [this, which = set.timer, number = alarm.number](const asio::error_code& ec) {
        const auto found = alarms_.find(which);
        const bool current = found != alarms_.end() && found->second.number == number;
        if (!ec && current) feed(input::TimerFired{which});
      });
}

void Driver::execute(const action::CancelTimer& cancel) {
  alarms_.erase(cancel.timer);
}

void Driver::execute(const action::Publish& /*publish*/) {
  const auto& status = machine_.status();
  observers_.status_changed(status);
  if (parts_.status_hook) parts_.status_hook(status);
}

void Driver::execute(const action::Delta& delta) {
  observers_.transcript_delta(delta.turn, delta.role, delta.text);
}

void Driver::execute(const action::Completed& completed) {
  if (!completed.text.empty()) {
    transcript_.add({completed.turn, now_us_since_epoch(), completed.role, completed.text});
  }
  observers_.transcript_completed(completed.turn, completed.role, completed.text,
                                  completed.details);
}

void Driver::execute(const action::TurnDone& done) {
  observers_.turn_completed(done.turn, done.details);
}

void Driver::execute(const action::Escalate& escalate) {
  log::info("session", "the user said one of escalation_words");
  observers_.escalation_requested(escalate.turn, escalate.word);
}

void Driver::execute(const action::Started& started) {
  auto info = started.info;
  info.time_us = now_us_since_epoch();
  observers_.session_started(info);
}

void Driver::execute(const action::Billed& billed) {
  observers_.tokens_used(billed.use);
}

void Driver::execute(const action::Ended& ended) {
  log::info("session",
            "ended (" + std::string(contract_name(ended.reason)) + "): " + ended.message);
  observers_.session_ended(ended.reason, ended.message);
}

void Driver::execute(const action::Report& report) {
  const auto& failure = report.failure;
  log::error("session", std::string(contract_name(failure.error)) + ": " + failure.message);
  if (machine_.status().playback_open) ring(audio::Earcon::error);
  observers_.error_occurred(failure);
}

void Driver::execute(const action::Ring& ring) {
  switch (ring.cue) {
    case action::Cue::stopped:
      return this->ring(audio::Earcon::stop);
    case action::Cue::muted:
      return this->ring(audio::Earcon::mute);
    case action::Cue::started:
    case action::Cue::unmuted:
      break;
  }
  const bool started = ring.cue == action::Cue::started;
  const audio::Earcon earcon = started ? audio::Earcon::start : audio::Earcon::unmute;
  // Who is told to speak is heard: an open device is not yet one that delivers (users.md (b) 9).
  if (!machine_.status().muted) {
    first_sound_cue_ = earcon;
  } else {
    this->ring(earcon);
  }
}

void Driver::ring(audio::Earcon which) {
  if (config_.audio.earcons && !shutting_down_) parts_.engine.ring(which);
}

void Driver::execute(const action::Log& log) {
  log::info("session", log.text);
}

}  // namespace gv::session
