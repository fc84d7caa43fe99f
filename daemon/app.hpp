// The composition root: owns every part, in the order of their dependencies, and runs the main
// loop. One object a process; main thread.
#pragma once

#include <csignal>
#include <functional>
#include <memory>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>

#include "daemon/audio/engine.hpp"
#include "daemon/bus/service.hpp"
#include "daemon/config/config.hpp"
#include "daemon/desktop/notices.hpp"
#include "daemon/desktop/notifier.hpp"
#include "daemon/desktop/pictures.hpp"
#include "daemon/desktop/screen.hpp"
#include "daemon/desktop/shortcuts.hpp"
#include "daemon/history/recorder.hpp"
#include "daemon/hooks/hooks.hpp"
#include "daemon/keys/finder.hpp"
#include "daemon/live/transport.hpp"
#include "daemon/session/driver.hpp"
#include "daemon/system/network_watch.hpp"
#include "daemon/system/sleep_watch.hpp"
#include "daemon/tools/orphans.hpp"
#include "daemon/tools/runner.hpp"
#include "daemon/tools/toolbox.hpp"
#include "daemon/transcripts/files.hpp"
#include "daemon/usage/bookkeeper.hpp"
#include "daemon/usage/books.hpp"
#include "daemon/util/notify.hpp"

namespace gv {

// A name server that does not answer and a sound server that is frozen hold threads which
// destructors wait for: from arm() to the end of this object the process has 300 ms, then it leaves
// as it is. What comes after (a leak check, where there is one) takes its time.
class ExitLimit {
 public:
  ExitLimit() = default;
  ~ExitLimit();
  ExitLimit(const ExitLimit&) = delete;
  ExitLimit& operator=(const ExitLimit&) = delete;
  void arm(int exit_code);
};

class App {
 public:
  // load_config reads the configuration anew for Reload. Throws FailureError where there is no bus
  // or the name is taken, std::system_error where the system has nothing left for us.
  App(const config::Config& config, std::function<config::Config()> load_config);

  // Until SIGTERM, SIGINT or the end of the bus. Returns the exit code.
  int run();

 private:
  void shut_down(int exit_code);
  void finish();
  session::Desktop desktop();
  void take_screenshot(session::Desktop::Taken taken);
  void convert(const tools::Picture& picture, std::function<void(tools::Toolbox::Shot)> converted);
  void answer_tool(const std::string& call_id, bool allow);
  void status_changed(const session::Status& status);
  void use(const config::Config& config);
  usage::Bookkeeper::Ports bookkeeping();

  ExitLimit exit_limit_;  // destroyed last
  int exit_code_ = 0;
  bool shutting_down_ = false;
  asio::io_context io_{1};
  // Caught before the bus name is held: whoever sees the name may ask the daemon to end.
  asio::signal_set signals_{io_, SIGTERM, SIGINT};
  Notify notify_{io_};
  asio::steady_timer shutdown_timer_{io_};
  asio::steady_timer shutdown_poll_{io_};
  std::unique_ptr<audio::Engine> engine_;
  std::unique_ptr<live::Transport> transport_;
  session::HandleStore handles_;
  keys::Finder keys_;
  tools::Orphans orphans_{io_};
  tools::Runner converters_{io_};
  desktop::Pictures pictures_{io_, converters_};
  desktop::Screen screen_{io_};
  desktop::Notifier notifier_;
  desktop::Notices notices_;
  hooks::Hooks hooks_;
  tools::Toolbox toolbox_;
  transcripts::Files transcripts_;
  usage::Books books_;
  usage::Bookkeeper bookkeeper_;
  session::Driver driver_;
  desktop::Shortcuts shortcuts_{io_, driver_};
  history::Recorder recorder_;
  std::unique_ptr<bus::Service> service_;
  system::SleepWatch sleep_watch_;
  system::NetworkWatch network_watch_;
};

}  // namespace gv
