// A private session bus and a service on it, for tests: the bus is the real dbus-daemon, the
// session behind the service is a scripted object.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <sys/types.h>

#include "daemon/bus/service.hpp"
#include "daemon/session/control.hpp"

namespace gv::test {

// How long anything may take before a test fails; nothing ever waits that long when it works.
inline constexpr std::chrono::seconds patience{20};

// A dbus-daemon of its own in a temporary folder; DBUS_SESSION_BUS_ADDRESS points to it while it
// lives. What can be activated on it has a service file in folder(); none has at first.
class PrivateBus {
 public:
  PrivateBus();
  ~PrivateBus();
  PrivateBus(const PrivateBus&) = delete;
  PrivateBus& operator=(const PrivateBus&) = delete;

  void kill();
  void start();  // once more after kill(), at the same address
  const std::string& address() const { return address_; }
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
  std::string address_;
  pid_t pid_ = -1;
};

// What the session would do, as the test says. Only ever used on the loop's thread.
class ScriptedControl : public session::Control {
 public:
  // Called first in every method, with its name and arguments in words; may throw.
  std::function<void(const std::string& call)> on_call = [](const std::string&) {};
  session::Status now;
  session::Values values;
  session::Observer* observer = nullptr;
  std::vector<session::TranscriptEntry> entries;
  std::vector<session::ToolRequest> requests;
  std::vector<session::Done> pending;  // of images: the test answers

  // Makes `change` to the status and tells the observer.
  void become(const std::function<void(session::Status&)>& change);

  std::string start(const session::StartOptions& options) override;
  void stop(bool forget) override;
  bool toggle(const session::StartOptions& options) override;
  void mute(bool muted) override;
  void talk(bool pressed) override;
  void interrupt() override;
  std::uint64_t send_text(const std::string& text) override;
  // Reads what is in the descriptor, and tells it.
  void send_image(int fd, const std::string& mime_type, session::Done done) override;
  void send_screenshot(session::Done done) override;
  void answer_tool(const std::string& call_id, bool allow) override;
  std::vector<session::ToolRequest> tool_requests() const override;
  std::vector<session::TranscriptEntry> transcript(std::uint32_t newest) const override;
  session::Values statistics() const override;
  std::vector<session::Device> devices() const override;
  std::vector<std::pair<std::string, std::string>> profiles() const override;
  std::vector<std::string> reload() override;
  const session::Status& status() const override;
  void add_observer(session::Observer& o) override { observer = &o; }
  void remove_observer(session::Observer& /*o*/) override { observer = nullptr; }
};

// A service on a loop of its own thread, as in the daemon.
class ServiceThread {
 public:
  ServiceThread();
  ~ServiceThread();

  // Runs fn on the loop and returns what it returns; rethrows what it throws.
  template <class Function>
  auto on_loop(Function fn) {
    std::packaged_task<decltype(fn())()> task(std::move(fn));
    auto result = task.get_future();
    asio::post(io_, [&task] { task(); });
    return result.get();
  }

  // The reason the service gave when the bus was gone.
  std::future<std::string> lost() { return lost_.get_future(); }
  void start_service();
  void stop_service();

  ScriptedControl control;

 private:
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::promise<std::string> lost_;
  std::unique_ptr<bus::Service> service_;
  std::thread thread_;
};

}  // namespace gv::test
