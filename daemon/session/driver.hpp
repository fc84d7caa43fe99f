// Binds the machine to the world: turns callbacks of the transport, the audio engine, timers and
// the bus into inputs, and executes the machine's actions. The only class that knows both sides.
// Main thread only; nothing here blocks, but for a small file that is written without fsync.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "daemon/audio/engine.hpp"
#include "daemon/config/config.hpp"
#include "daemon/config/secret.hpp"
#include "daemon/keys/source.hpp"
#include "daemon/live/decode.hpp"
#include "daemon/live/transport.hpp"
#include "daemon/session/answer_feed.hpp"
#include "daemon/session/control.hpp"
#include "daemon/session/echo_policy.hpp"
#include "daemon/session/handle_store.hpp"
#include "daemon/session/machine.hpp"
#include "daemon/session/microphone_feed.hpp"
#include "daemon/session/observers.hpp"
#include "daemon/session/purse.hpp"
#include "daemon/session/statistics.hpp"
#include "daemon/session/toggle_key.hpp"
#include "daemon/session/transcript.hpp"
#include "daemon/session/voice_activity.hpp"
#include "daemon/tools/host.hpp"

namespace gv::session {

// What the driver asks of the desktop. Answers come on the main thread.
struct Desktop {
  // May this tool run? The answer comes by Control::answer_tool(), if one comes before withdraw().
  std::function<void(const ToolRequest& request)> ask;
  std::function<void(const std::string& call)> withdraw;

  using Taken = std::function<void(std::variant<tools::Picture, Failure>)>;
  // The image in a file or pipe, made fit for the service.
  std::function<void(int fd, Taken taken)> convert;
  std::function<void(Taken taken)> screenshot;
};

class Driver final : public Control,
                     private live::TransportObserver,
                     private audio::EngineObserver,
                     private tools::HostObserver {
 public:
  // What the driver works with; all of it outlives the driver.
  struct Parts {
    asio::io_context& io;
    audio::Engine& engine;
    live::Transport& transport;
    keys::Source& keys;
    // Reads the configuration anew. Throws FailureError(config_invalid).
    std::function<config::Config()> load_config;
    // Keeps paused conversations.
    HandleStore& handles;
    tools::Host& tools;
    Desktop desktop;
    // Told of every change of status, after the observer.
    std::function<void(const Status&)> status_hook;
    // nullptr: there is money for everything.
    Purse* purse = nullptr;
  };

  Driver(Parts parts, config::Config config);
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  ~Driver() override;

  std::string start(const StartOptions& options) override;
  void stop(bool forget) override;
  bool toggle(const StartOptions& options) override;
  void mute(bool muted) override;
  void talk(bool pressed) override;
  void interrupt() override;
  std::uint64_t send_text(const std::string& text) override;
  void send_image(int fd, const std::string& mime_type, Done done) override;
  void send_screenshot(Done done) override;
  void answer_tool(const std::string& call_id, bool allow) override;
  std::vector<ToolRequest> tool_requests() const override;
  std::vector<TranscriptEntry> transcript(std::uint32_t newest) const override;
  Values statistics() const override;
  std::vector<Device> devices() const override;
  std::vector<std::pair<std::string, std::string>> profiles() const override;
  std::vector<std::string> reload() override;
  const Status& status() const override { return machine_.status(); }
  // As last read: what the next session begins with.
  const config::Config& config() const { return config_; }
  void add_observer(Observer& observer) override { observers_.add(observer); }
  void remove_observer(Observer& observer) override { observers_.remove(observer); }

  // Ends the session, and refuses to start another one.
  void shut_down();

  // Of the day's budget: most of it is spent, or all of it, which ends the session.
  void budget_warning(double spent, double budget) { observers_.budget_warning(spent, budget); }
  void budget_spent(const Failure& failure);

  // The computer is about to sleep: devices and connection are closed; `done` is called when they
  // are. And awake again.
  void going_to_sleep(std::function<void()> done);
  void woke(std::chrono::milliseconds slept);
  // Of the network: an address of ours is gone, or a new way out is there.
  void address_lost(const std::string& address);
  void address_gained();

 private:
  void transport_opened() override;
  void transport_message(std::string_view message, std::int64_t received_ns) override;
  void transport_closed(const live::CloseInfo& info) override;

  void capture_opened(const audio::StreamInfo& info) override;
  void capture_closed() override;
  void capture_failed(const Failure& failure) override;
  void capture_lost(const Failure& failure) override;
  void captured(const audio::CaptureChunk& chunk) override;
  void playback_opened(const audio::StreamInfo& info) override;
  void headphones_changed(bool headphones) override;
  void playback_closed() override;
  void playback_failed(const Failure& failure) override;
  void playback_lost(const Failure& failure) override;
  void play_started(std::uint64_t turn, std::int64_t received_ns, std::int64_t accepted_ns,
                    std::int64_t heard_ns) override;
  void played(const audio::Played& played) override;
  void barge_in(const audio::BargeInEvent& event) override;
  void playout_room() override;

  void tools_changed() override;
  void tool_finished(std::uint64_t call, tools::Result result) override;
  void send_picture(std::variant<tools::Picture, Failure> taken, const Done& done);

  void feed(Input input);
  void step(const Input& input);
  void execute(const action::StopKeySearch& stop);
  void execute(const action::OpenTransport& open);
  void execute(const action::CloseTransport& close);
  void execute(const action::Send& send);
  void execute(const action::SendMicrophone& send);
  void execute(const action::EndMicrophone& end);
  void execute(const action::KeepSound& keep);
  void execute(const action::CutMicrophone& cut);
  void execute(const action::KeepHandle& keep);
  void execute(const action::OpenCapture& open);
  void execute(const action::CloseCapture& close);
  void execute(const action::OpenPlayback& open);
  void execute(const action::ClosePlayback& close);
  void execute(const action::Play& play);
  void execute(const action::EndTurn& end);
  void execute(const action::Flush& flush);
  void execute(const action::SetTimer& set);
  void execute(const action::CancelTimer& cancel);
  void execute(const action::Publish& publish);
  void execute(const action::Delta& delta);
  void execute(const action::Completed& completed);
  void execute(const action::TurnDone& done);
  void execute(const action::Billed& billed);
  void execute(const action::PlanTool& plan);
  void execute(const action::RunTool& run);
  void execute(const action::CancelTool& cancel);
  void execute(const action::EndTools& end);
  void execute(const action::AskUser& ask);
  void execute(const action::StopAsking& stop);
  void execute(const action::ToolCalled& called);
  void execute(const action::ToolDone& finished);
  void execute(const action::Escalate& escalate);
  void execute(const action::Started& started);
  void execute(const action::Ended& ended);
  void execute(const action::Report& report);
  void execute(const action::Ring& ring);
  void execute(const action::Log& log);

  void show_default_profile();
  void ring(audio::Earcon which);
  void ring_first_sound();
  void watch_engine();
  void serve_engine();
  void judge_echo();
  bool follow_echo();
  void throttle_reading();
  std::string start(const StartOptions& options, std::optional<config::TurnTaking> turn_taking);
  void switch_over(const StartOptions& options);
  void toggle_that_waited();
  void use_key(config::ApiKey found);
  void key_found(std::variant<config::ApiKey, Failure> found);
  // Sends what of the microphone is due. captured_ns: of the newest sound, where it is just in.
  void send_microphone(std::int64_t captured_ns = 0);
  void send_audio(const MicrophoneFeed::Piece& piece, std::int64_t captured_ns);
  void heard_voice(std::optional<bool> change, std::int64_t at_ns);
  void heard_faint_voice(std::optional<bool> change);
  void report_sleep();
  void save_handles();
  std::string redact(std::string text) const;

  Parts parts_;
  config::Config config_;
  config::Config session_config_;  // as it was when the session started
  Machine machine_;
  live::Decoder decoder_;
  AnswerFeed feed_;
  Observers observers_;

  // Inputs raised while a step's actions run wait here: no re-entrance.
  std::deque<Input> waiting_;
  std::map<std::uint64_t, std::int64_t> tools_since_ns_;  // those that run
  bool stepping_ = false;
  bool shutting_down_ = false;

  config::Secret key_;
  MicrophoneFeed microphone_;
  bool keep_sound_ = false;                       // of the microphone that is being closed
  std::optional<audio::Earcon> first_sound_cue_;  // waits for the microphone's next sound
  VoiceActivity voice_;
  VoiceActivity faint_voice_{VoiceActivity::faint};
  EchoPolicy echo_;
  bool by_key_ = false;           // of the session
  bool held_ = false;             // the answer waits for what the service says of who talks over it
  std::function<void()> asleep_;  // waits for devices and connection to be closed
  Transcript transcript_;
  Statistics statistics_;
  audio::Counters engine_before_;    // the engine's counters at the session's start
  std::int64_t flush_asked_ns_ = 0;  // 0: no flush is being waited for
  bool fed_audio_ = false;           // by the message being handled
  std::uint64_t sounding_turn_ = 0;  // the queue has samples of it, and not its end; 0: none

  asio::posix::stream_descriptor engine_events_;
  // A completion that was queued before its alarm was cancelled or set anew finds another number.
  struct Alarm {
    asio::steady_timer timer;
    std::uint64_t number = 0;
  };
  std::map<Timer, Alarm> alarms_;
  std::uint64_t last_alarm_ = 0;
  asio::steady_timer microphone_timer_;
  asio::steady_timer sleep_poll_;
  asio::steady_timer handles_due_;
  ToggleKey toggle_key_;
  std::optional<StartOptions> waiting_toggle_;  // until toggle_timer_ tells that none follows
  asio::steady_timer toggle_timer_;
};

}  // namespace gv::session
