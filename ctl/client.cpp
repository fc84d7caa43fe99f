#include "ctl/client.hpp"

#include <algorithm>
#include <utility>

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "daemon/bus/names.hpp"
#include "dbus/dbus_proxy.hpp"

namespace gv::ctl {

namespace json = boost::json;

// Turns every signal into an event.
class Client::Voice final
    : public sdbus::ProxyInterfaces<org::geminivoice::Voice1_proxy,
                                    org::freedesktop::DBus::Properties_proxy> {
 public:
  Voice(sdbus::IConnection& connection, std::deque<json::object>& events)
      : ProxyInterfaces(connection, bus::Name{bus::bus_name}, sdbus::ObjectPath{bus::object_path}),
        events_(events) {
    registerProxy();
  }
  ~Voice() { unregisterProxy(); }

 private:
  void onTranscriptDelta(const uint64_t& turn, const std::string& role,
                         const std::string& text) override {
    events_.push_back(
        {{"event", "transcript_delta"}, {"turn", turn}, {"role", role}, {"text", text}});
  }
  void onTranscriptCompleted(const uint64_t& turn, const std::string& role, const std::string& text,
                             const Dict& details) override {
    events_.push_back({{"event", "transcript_completed"},
                       {"turn", turn},
                       {"role", role},
                       {"text", text},
                       {"details", to_json(details)}});
  }
  void onTurnCompleted(const uint64_t& turn, const Dict& details) override {
    events_.push_back({{"event", "turn_completed"}, {"turn", turn}, {"details", to_json(details)}});
  }
  void onToolCalled(const std::string& id, const std::string& name,
                    const std::string& arguments) override {
    events_.push_back(
        {{"event", "tool_called"}, {"call_id", id}, {"name", name}, {"arguments", arguments}});
  }
  void onToolFinished(const std::string& id, const std::string& name,
                      const std::string& result) override {
    events_.push_back(
        {{"event", "tool_finished"}, {"call_id", id}, {"name", name}, {"result", result}});
  }
  void onToolApprovalRequested(const std::string& id, const std::string& name,
                               const std::string& what) override {
    events_.push_back(
        {{"event", "tool_approval_requested"}, {"call_id", id}, {"name", name}, {"what", what}});
  }
  void onEscalationRequested(const uint64_t& turn, const std::string& word) override {
    events_.push_back({{"event", "escalation_requested"}, {"turn", turn}, {"word", word}});
  }
  void onBudgetWarning(const double& spent, const double& budget) override {
    events_.push_back({{"event", "budget_warning"}, {"spent", spent}, {"budget", budget}});
  }
  void onConfigurationReloaded(const std::vector<std::string>& in_force,
                               const std::vector<std::string>& waiting) override {
    events_.push_back({{"event", "configuration_reloaded"},
                       {"in_force", json::value_from(in_force)},
                       {"waiting", json::value_from(waiting)}});
  }
  void onSessionEnded(const std::string& reason, const std::string& message) override {
    events_.push_back({{"event", "session_ended"}, {"reason", reason}, {"message", message}});
  }
  void onErrorOccurred(const std::string& name, const std::string& message) override {
    events_.push_back({{"event", "error_occurred"}, {"name", name}, {"message", message}});
  }
  void onPropertiesChanged(const std::string&, const Dict& changed,
                           const std::vector<std::string>&) override {
    json::object event{{"event", "properties_changed"}};
    for (auto& member : to_json(changed))
      event.insert(member);
    events_.push_back(std::move(event));
  }

  std::deque<json::object>& events_;
};

class Client::Bus final : public sdbus::ProxyInterfaces<org::freedesktop::DBus_proxy> {
 public:
  Bus(sdbus::IConnection& connection, std::deque<json::object>& events)
      : ProxyInterfaces(connection, bus::Name{"org.freedesktop.DBus"},
                        sdbus::ObjectPath{"/org/freedesktop/DBus"}),
        events_(events) {
    registerProxy();
  }
  ~Bus() { unregisterProxy(); }

 private:
  void onNameOwnerChanged(const std::string& name, const std::string& old_owner,
                          const std::string& new_owner) override {
    if (name != bus::bus_name) return;
    if (!old_owner.empty()) events_.push_back({{"event", "daemon"}, {"running", false}});
    if (!new_owner.empty()) events_.push_back({{"event", "daemon"}, {"running", true}});
  }

  std::deque<json::object>& events_;
};

Client::Client(std::string verb, const Options& options)
    : verb_(std::move(verb)), options_(options), deadline_(Clock::now() + options.timeout) {
  try {
    connection_ = sdbus::createSessionBusConnection();
    connection_->setMethodCallTimeout(options.timeout);
    bus_ = std::make_unique<Bus>(*connection_, events);
    voice_ = std::make_unique<Voice>(*connection_, events);
  } catch (const sdbus::Error& e) {
    throw Problem(Exit::no_daemon, verb_, "no D-Bus session bus (" + e.getMessage() + ")",
                  "from a login session, or with DBUS_SESSION_BUS_ADDRESS set");
  }
}

Client::~Client() {
  if (signal_fd_ >= 0) ::close(signal_fd_);
}

bool Client::daemon_runs() {
  try {
    return bus_->NameHasOwner(bus::bus_name);
  } catch (const sdbus::Error& e) {
    fail(e);
  }
}

void Client::need_daemon() {
  if (daemon_runs()) return;
  if (options_.no_start) {
    throw Problem(Exit::no_daemon, verb_, "gemini-voiced is not running",
                  "without --no-start, or systemctl --user start gemini-voiced");
  }
  try {
    bus_->StartServiceByName(bus::bus_name, 0);
  } catch (const sdbus::Error& e) {
    fail(e);
  }
}

org::geminivoice::Voice1_proxy& Client::voice() {
  return *voice_;
}

json::object Client::properties() {
  try {
    return to_json(voice_->GetAll(bus::interface_name));
  } catch (const sdbus::Error& e) {
    fail(e);
  }
}

bool Client::wait(std::optional<Clock::time_point> deadline) {
  try {
    while (true) {
      while (bus::process_one(*connection_)) {
      }
      if (!events.empty()) return true;
      bus::PollNeeds needs = bus::poll_needs(*connection_);
      int timeout = needs.timeout_ms;
      if (deadline) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now());
        if (left.count() <= 0) return false;
        const int limit = static_cast<int>(std::min<std::int64_t>(left.count(), 60'000));
        timeout = timeout < 0 ? limit : std::min(timeout, limit);
      }
      const std::size_t bus_fds = needs.fds.size();
      needs.fds.push_back({watch_reader_ ? STDOUT_FILENO : -1, 0, 0});  // told when it is gone
      needs.fds.push_back({signal_fd_, POLLIN, 0});
      needs.fds.push_back({other_fd_, POLLIN, 0});
      ::poll(needs.fds.data(), needs.fds.size(), timeout);
      if (needs.fds[bus_fds].revents != 0) throw OutputClosed{};
      if (needs.fds[bus_fds + 1].revents != 0) throw Interrupted{};
      if (needs.fds[bus_fds + 2].revents != 0) return false;
    }
  } catch (const sdbus::Error& e) {
    fail(e);
  }
}

void Client::discard_events() {
  wait(Clock::now());
  events.clear();
}

void Client::watch_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  signal_fd_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void Client::fail(const sdbus::Error& error) {
  // Which name a timeout has depends on who noticed it.
  if (Clock::now() >= deadline_ && exit_code(error.getName()) == Exit::no_daemon) {
    throw Problem(Exit::timed_out, verb_, "gemini-voiced did not answer in time",
                  "a longer --timeout");
  }
  throw from_bus(verb_, error.getName(), error.getMessage());
}

}  // namespace gv::ctl
