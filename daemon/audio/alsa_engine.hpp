// The audio thread: owns both PCMs while they are in use, sleeps in one poll() on their descriptors
// and on an eventfd. What may wait for a sound server is done by others: opening (Opener), calls
// that need its answer (Errand), closing (release()). Everything the main thread asks of it goes
// through commands_, the playout queue or the bell; everything it says goes through the event
// queue.
#pragma once

#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "daemon/audio/capture_stream.hpp"
#include "daemon/audio/cleaner.hpp"
#include "daemon/audio/device_keeper.hpp"
#include "daemon/audio/engine.hpp"
#include "daemon/audio/events.hpp"
#include "daemon/audio/playback_stream.hpp"
#include "daemon/audio/reflex.hpp"

namespace gv::audio {

class AlsaEngine final : public Engine {
 public:
  AlsaEngine();
  ~AlsaEngine() override;

  void open_capture(const CaptureSpec& spec) override;
  void close_capture() override { send(CloseCapture{}); }
  void open_playback(const PlaybackSpec& spec) override { send(spec); }
  void close_playback() override;
  PlayoutQueue& playout() override { return playout_; }
  void wake_playback() override;
  void flush() override;
  void ring(Earcon which) override { send(which); }
  Counters counters() const override;
  Levels levels() const override { return cleaner_.levels(now_ns()); }
  void set_echo(EchoHandling handling) override { send(handling); }
  bool cancels() const override { return processing_.echo; }
  int event_fd() const override { return events_.fd(); }
  std::int64_t dispatch(EngineObserver& observer) override { return events_.dispatch(observer); }

 private:
  struct OpenCapture {
    CaptureSpec spec;
    bool new_canceller = false;
    std::unique_ptr<echo::Canceller> canceller;
  };
  struct CloseCapture {};
  struct ClosePlayback {};
  struct Quit {};
  using Command = std::variant<OpenCapture, CloseCapture, PlaybackSpec, ClosePlayback, EchoHandling,
                               Earcon, Quit>;

  void send(Command command);

  // Audio thread.
  void run();
  void turn();
  void refuse(const Command& command, const std::exception& error);
  void start_afresh(const std::exception& error);
  void obey(OpenCapture& open);
  void obey(CloseCapture);
  void obey(const PlaybackSpec& spec);
  void obey(ClosePlayback);
  void obey(EchoHandling handling);
  void obey(Earcon which);
  void obey(Quit) { quit_ = true; }
  void obey_commands();
  void follow_echo(EchoHandling handling);
  void leave();
  std::int64_t leaving_deadline() const;
  void tend();
  void service_playback(bool trouble);
  void service_capture(bool trouble);
  void wait();
  Jack* jack();

  EventQueue events_;
  AtomicCounters counters_;
  PlayoutQueue playout_;
  std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  // Held for the time of moving a vector: opening and closing are rare.
  std::mutex commands_mutex_;
  std::vector<Command> commands_;
  // The audio thread sleeps in a way that only the bell ends when audio is committed.
  std::atomic<bool> wake_wanted_{true};

  // Of the canceller that the audio thread has; main thread.
  echo::Settings processing_ = echo::nothing;

  // Audio thread only.
  Cleaner cleaner_;
  CaptureStream capture_;
  PlaybackStream playback_;
  Reflex reflex_{playback_};
  bool barge_in_wanted_ = false;
  DeviceKeeper capture_keeper_{Direction::capture, bell_};
  DeviceKeeper playback_keeper_{Direction::playback, bell_};
  std::int64_t leave_by_ = never;  // the speaker is closed when an earcon was heard, or then
  std::vector<pollfd> descriptors_;
  std::uint64_t commits_seen_ = 0;
  bool quit_ = false;

  std::thread thread_;
};

}  // namespace gv::audio
