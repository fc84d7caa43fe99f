#include "tests/e2e/support/session_bus.hpp"

#include <stdexcept>

#include "tests/e2e/support/sockets.hpp"

namespace gv::e2e {

SessionBus::SessionBus() {
  std::filesystem::create_directory(dir_ / "services");
  write_file(dir_ / "bus.conf",
             "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
             " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
             "<busconfig><type>session</type><listen>" +
                 address() + "</listen><servicedir>" + (dir_ / "services").string() +
                 "</servicedir><policy context=\"default\"><allow send_destination=\"*\"/>"
                 "<allow receive_sender=\"*\"/><allow own=\"*\"/></policy>"
                 // As Debian's session.conf.
                 "<limit name=\"max_incoming_bytes\">1000000000</limit>"
                 "<limit name=\"max_outgoing_bytes\">1000000000</limit>"
                 "<limit name=\"max_replies_per_connection\">50000</limit></busconfig>\n");
  daemon_ = std::make_unique<Process>(
      std::vector<std::string>{"dbus-daemon", "--config-file=" + (dir_ / "bus.conf").string(),
                               "--nofork", "--nosyslog", "--nopidfile"});
  require("dbus-daemon listens: " + daemon_->errors(),
          [this] { return takes_connections(dir_ / "bus") || !daemon_->running(); });
  if (!daemon_->running()) throw std::runtime_error("dbus-daemon: " + daemon_->errors());
}

std::string SessionBus::address() const {
  return "unix:path=" + (dir_ / "bus").string();
}

Environment SessionBus::environment() const {
  return {{"DBUS_SESSION_BUS_ADDRESS", address()}};
}

void SessionBus::make_activatable(const std::string& name, const std::string& command) {
  write_file(dir_.name() / "services" / (name + ".service"),
             "[D-BUS Service]\nName=" + name + "\nExec=" + command + "\n");
  const Result reloaded =
      run({"gdbus", "call", "--session", "--dest", "org.freedesktop.DBus", "--object-path",
           "/org/freedesktop/DBus", "--method", "org.freedesktop.DBus.ReloadConfig"},
          environment());
  if (reloaded.status != 0) throw std::runtime_error("ReloadConfig: " + reloaded.errors);
}

void SessionBus::set_activation_environment(const Environment& variables) {
  std::string dictionary;
  for (const auto& [name, value] : variables) {
    dictionary += dictionary.empty() ? "{'" : ", '";
    dictionary.append(name).append("': '").append(value).append("'");
  }
  const Result done = run({"gdbus", "call", "--session", "--dest", "org.freedesktop.DBus",
                           "--object-path", "/org/freedesktop/DBus", "--method",
                           "org.freedesktop.DBus.UpdateActivationEnvironment", dictionary + "}"},
                          environment());
  if (done.status != 0) throw std::runtime_error("UpdateActivationEnvironment: " + done.errors);
}

}  // namespace gv::e2e
