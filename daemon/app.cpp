#include "daemon/app.hpp"

#include <chrono>
#include <string_view>
#include <utility>

#include <sys/time.h>
#include <unistd.h>

#include "daemon/config/paths.hpp"
#include "daemon/live/wspp_transport.hpp"
#include "daemon/usage/days.hpp"
#include "daemon/util/log.hpp"
#include "daemon/util/memory_file.hpp"

namespace gv {
namespace {

using std::chrono::milliseconds;

// SIGTERM ends within 2 s, whatever the network does.
constexpr milliseconds shutdown_limit{1200};
constexpr milliseconds shutdown_step{20};

// After run(), for the destructors.
constexpr timeval exit_limit{0, 300'000};

// A failure is told to the model in its words.
tools::Toolbox::Shot shot_of(std::variant<tools::Picture, Failure> taken) {
  if (auto* failure = std::get_if<Failure>(&taken)) return std::move(failure->message);
  return std::move(std::get<tools::Picture>(taken));
}

}  // namespace

void ExitLimit::arm(int exit_code) {
  static int code;
  code = exit_code;
  std::signal(SIGALRM, [](int) {
    constexpr std::string_view line = "daemon: left without a thread that hangs\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    ::_exit(code);
  });
  const itimerval limit{{0, 0}, exit_limit};
  ::setitimer(ITIMER_REAL, &limit, nullptr);
}

ExitLimit::~ExitLimit() {
  const itimerval none{};
  ::setitimer(ITIMER_REAL, &none, nullptr);
}

App::App(const config::Config& config, std::function<config::Config()> load_config)
    : engine_(audio::make_alsa_engine()),
      transport_(live::make_wspp_transport(io_)),
      handles_(config::state_folder(config::process_environment())),
      keys_(io_, config::process_variables()),
      notifier_(io_,
                [this](const std::string& call_id, bool allow) { answer_tool(call_id, allow); }),
      notices_(io_, {[this](bool muted) { driver_.mute(muted); }, [this] { driver_.stop(false); }}),
      hooks_(io_, config::process_variables()),
      toolbox_(
          io_, config::process_variables(),
          [this](std::function<void(tools::Toolbox::Shot)> taken) {
            take_screenshot(
                [taken = std::move(taken)](auto picture) { taken(shot_of(std::move(picture))); });
          },
          [this](const tools::Picture& picture,
                 std::function<void(tools::Toolbox::Shot)> converted) {
            convert(picture, std::move(converted));
          },
          config::state_folder(config::process_environment())),
      transcripts_(config::process_environment()),
      books_(usage::books_file(config::state_folder(config::process_environment()))),
      bookkeeper_(config.usage, books_.known(usage::local_day(usage::now_s())), bookkeeping()),
      driver_({io_, *engine_, *transport_, keys_,
               [this, load = std::move(load_config)] {
                 config::Config loaded = load();
                 use(loaded);
                 return loaded;
               },
               handles_, toolbox_, desktop(),
               [this](const session::Status& status) { status_changed(status); }, &bookkeeper_},
              config),
      recorder_(io_, config::state_folder(config::process_environment()),
                [this] { return driver_.config().history; }),
      service_(std::make_unique<bus::Service>(io_, driver_,
                                              [this](const std::string& why) {
                                                log::error("bus", why);
                                                shut_down(EXIT_FAILURE);
                                              })),
      sleep_watch_(io_,
                   {[this](std::function<void()> done) { driver_.going_to_sleep(std::move(done)); },
                    [this](milliseconds slept) { driver_.woke(slept); }}),
      network_watch_(io_, {[this](const std::string& address) { driver_.address_lost(address); },
                           [this] { driver_.address_gained(); }}) {
  use(driver_.config());
  driver_.add_observer(notices_);
  driver_.add_observer(hooks_);
  driver_.add_observer(transcripts_);
  driver_.add_observer(recorder_);
  driver_.add_observer(bookkeeper_);
}

int App::run() {
  signals_.async_wait([this](const asio::error_code& ec, int) {
    if (!ec) shut_down(EXIT_SUCCESS);
  });
  notify_.ready("idle");
  log::info("daemon", "gemini-voiced " GV_VERSION " is ready");
  io_.run();
  service_.reset();  // what was emitted is flushed, the name is given up
  exit_limit_.arm(exit_code_);
  return exit_code_;
}

// What takes effect at once, at the start and with each Reload.
void App::use(const config::Config& config) {
  notices_.use(config.notifications);
  hooks_.use(config.hooks);
  shortcuts_.configure(config.shortcuts);
}

void App::status_changed(const session::Status& status) {
  const bool running = status.state != session::State::idle;
  if (!running) screen_.cancel();
  std::string text(session::contract_name(status.state));
  if (running) text += ", profile " + status.profile;
  if (status.muted) text += ", muted";
  if (!running && status.last_error) text += "; last error: " + status.last_error.message;
  notify_.status(text);
  notify_.watch(running);
}

void App::shut_down(int exit_code) {
  if (std::exchange(shutting_down_, true)) return;
  exit_code_ = exit_code;
  log::info("daemon", "shutting down");
  notify_.stopping();
  driver_.shut_down();
  shutdown_timer_.expires_after(shutdown_limit);
  shutdown_timer_.async_wait([this](const asio::error_code& ec) {
    if (ec) return;
    log::warning("daemon", "left without the goodbye of the service, the sound devices or a hook");
    io_.stop();
  });
  finish();
}

session::Desktop App::desktop() {
  return {
      [this](const session::ToolRequest& request) {
        notifier_.ask(request.call_id, request.name, request.what);
      },
      [this](const std::string& call) { notifier_.withdraw(call); },
      [this](int fd, session::Desktop::Taken taken) { pictures_.convert(fd, std::move(taken)); },
      [this](session::Desktop::Taken taken) { take_screenshot(std::move(taken)); }};
}

usage::Bookkeeper::Ports App::bookkeeping() {
  return {[] { return usage::local_day(usage::now_s()); },
          [this](const usage::Entry& entry) { books_.write(entry); },
          [this](const usage::Warning& warning) { books_.remember(warning); },
          [this](double spent, double budget) { driver_.budget_warning(spent, budget); },
          [this](const Failure& failure) { driver_.budget_spent(failure); }};
}

void App::take_screenshot(session::Desktop::Taken taken) {
  screen_.take([this, taken = std::move(taken)](std::variant<desktop::File, Failure> file) {
    if (auto* failure = std::get_if<Failure>(&file)) return taken(std::move(*failure));
    pictures_.convert(std::get<desktop::File>(file).get(), taken);
  });
}

void App::convert(const tools::Picture& picture,
                  std::function<void(tools::Toolbox::Shot)> converted) {
  const MemoryFile file(picture.bytes);
  if (!file.whole()) return converted("the system has no memory for it");
  pictures_.convert(file.get(), [converted = std::move(converted)](auto taken) {
    converted(shot_of(std::move(taken)));
  });
}

// By the notification. Meanwhile the call may be over.
void App::answer_tool(const std::string& call_id, bool allow) {
  try {
    driver_.answer_tool(call_id, allow);
  } catch (const FailureError& e) {
    log::info("tools", e.what());
  }
}

// Ends the loop once the goodbye to the service is said, the devices are closed, and what happened
// is written down.
void App::finish() {
  const auto& status = driver_.status();
  if (transport_->closing() == 0 && !status.capture_open && !status.playback_open &&
      toolbox_.ending() == 0 && hooks_.running() == 0 && recorder_.idle() && books_.idle()) {
    io_.stop();
    return;
  }
  shutdown_poll_.expires_after(shutdown_step);
  shutdown_poll_.async_wait([this](const asio::error_code& ec) {
    if (!ec) finish();
  });
}

}  // namespace gv
