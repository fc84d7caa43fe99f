#include "tests/loop/bus_support.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gv::test {

PrivateBus::PrivateBus() {
  char name[] = "/tmp/gv-bus-XXXXXX";
  if (::mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp failed");
  folder_ = name;
  std::ofstream(folder_ + "/bus.conf") << R"(<busconfig>
  <type>session</type>
  <listen>unix:path=)" << folder_ << R"(/bus</listen>
  <servicedir>)" << folder_ << R"(</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>)";
  start();
  ::setenv("DBUS_SESSION_BUS_ADDRESS", address_.c_str(), 1);
}

void PrivateBus::start() {
  address_.clear();
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  const std::string config = "--config-file=" + folder_ + "/bus.conf";
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(pipe[1], 3);
    ::execlp("dbus-daemon", "dbus-daemon", config.c_str(), "--nofork", "--print-address=3",
             nullptr);
    ::_exit(127);
  }
  ::close(pipe[1]);
  char c = 0;
  while (::read(pipe[0], &c, 1) == 1 && c != '\n')
    address_ += c;
  ::close(pipe[0]);
  if (address_.empty()) throw std::runtime_error("dbus-daemon did not start");
  // Without the bus's id, which differs after a restart.
  address_ = address_.substr(0, address_.find(','));
}

PrivateBus::~PrivateBus() {
  kill();
  std::filesystem::remove_all(folder_);
}

void PrivateBus::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void ScriptedControl::become(const std::function<void(session::Status&)>& change) {
  change(now);
  if (observer != nullptr) observer->status_changed(now);
}

std::string ScriptedControl::start(const session::StartOptions& options) {
  on_call("start " + options.profile + (options.off_the_record ? " off the record" : ""));
  return now.session_id;
}

void ScriptedControl::stop(bool forget) {
  on_call(forget ? "stop forget" : "stop");
}

bool ScriptedControl::toggle(const session::StartOptions& options) {
  on_call("toggle " + options.profile);
  return now.state != session::State::idle;
}

void ScriptedControl::mute(bool muted) {
  on_call(muted ? "mute" : "unmute");
  become([muted](session::Status& s) { s.muted = muted; });
}

void ScriptedControl::talk(bool pressed) {
  on_call(pressed ? "talk press" : "talk release");
}

void ScriptedControl::interrupt() {
  on_call("interrupt");
}

std::uint64_t ScriptedControl::send_text(const std::string& text) {
  on_call("send_text " + text);
  return 7;
}

void ScriptedControl::send_image(int fd, const std::string& mime_type, session::Done done) {
  std::string bytes(64, '\0');
  const ssize_t got = ::read(fd, bytes.data(), bytes.size());
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  pending.push_back(std::move(done));
  on_call("send_image " + mime_type + ' ' + bytes);
}

void ScriptedControl::send_screenshot(session::Done done) {
  pending.push_back(std::move(done));
  on_call("send_screenshot");
}

void ScriptedControl::answer_tool(const std::string& call_id, bool allow) {
  on_call("answer_tool " + call_id + (allow ? " allow" : " deny"));
  if (std::erase_if(requests, [&](const auto& r) { return r.call_id == call_id; }) == 0) {
    throw FailureError(Error::invalid_argument, "no tool asks with the id '" + call_id + "'");
  }
}

std::vector<session::ToolRequest> ScriptedControl::tool_requests() const {
  on_call("tool_requests");
  return requests;
}

std::vector<session::TranscriptEntry> ScriptedControl::transcript(std::uint32_t newest) const {
  on_call("transcript " + std::to_string(newest));
  return entries;
}

session::Values ScriptedControl::statistics() const {
  on_call("statistics");
  return values;
}

std::vector<session::Device> ScriptedControl::devices() const {
  on_call("devices");
  return {{"capture", "default", "Default microphone"}, {"playback", "hw:1,0", "USB headset"}};
}

std::vector<std::pair<std::string, std::string>> ScriptedControl::profiles() const {
  on_call("profiles");
  return {{"assistant", "Everyday help"}, {"tutor", "Language learning"}};
}

std::vector<std::string> ScriptedControl::reload() {
  on_call("reload");
  return {"audio.period"};
}

const session::Status& ScriptedControl::status() const {
  on_call("status");
  return now;
}

ServiceThread::ServiceThread() {
  start_service();
  thread_ = std::thread([this] { io_.run(); });
}

ServiceThread::~ServiceThread() {
  on_loop([this] { service_.reset(); });
  work_.reset();
  thread_.join();  // hangs where the service leaves work behind
}

void ServiceThread::start_service() {
  const auto make = [this] {
    service_ = std::make_unique<bus::Service>(
        io_, control, [this](const std::string& why) { lost_.set_value(why); });
  };
  if (thread_.joinable()) {
    on_loop(make);
  } else {
    make();
  }
}

void ServiceThread::stop_service() {
  on_loop([this] { service_.reset(); });
}

}  // namespace gv::test
