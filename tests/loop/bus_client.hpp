// A client of the service on a bus of the test's own, and what it hears.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <poll.h>

#include "daemon/bus/compat.hpp"
#include "daemon/bus/names.hpp"
#include "dbus/dbus_proxy.hpp"
#include "dbus/voice1_proxy.hpp"
#include "tests/loop/bus_support.hpp"

namespace gv::test {

using Dict = std::map<std::string, sdbus::Variant>;

// What a client sees, as lines of text.
class Client final : public sdbus::ProxyInterfaces<org::geminivoice::Voice1_proxy,
                                                   org::freedesktop::DBus::Properties_proxy> {
 public:
  explicit Client(sdbus::IConnection& connection)
      : ProxyInterfaces(connection, bus::Name{bus::bus_name}, sdbus::ObjectPath{bus::object_path}),
        connection_(connection) {
    registerProxy();
  }
  ~Client() { unregisterProxy(); }

  // Handles signals until `count` have come.
  const std::vector<std::string>& await(std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (heard.size() < count && std::chrono::steady_clock::now() < deadline) {
      if (bus::process_one(connection_)) continue;
      auto needs = bus::poll_needs(connection_);
      ::poll(needs.fds.data(), needs.fds.size(), 100);
    }
    return heard;
  }

  std::vector<std::string> heard;

 private:
  template <class... Parts>
  void note(const Parts&... parts) {
    std::ostringstream line;
    ((line << parts << ' '), ...);
    heard.push_back(line.str());
    heard.back().pop_back();
  }
  void note_sources(const Dict& details) {
    const auto found = details.find("sources");
    if (found == details.end()) return;
    using Pairs = std::vector<sdbus::Struct<std::string, std::string>>;
    for (const auto& pair : found->second.get<Pairs>())
      heard.back() += " <" + pair.get<0>() + ' ' + pair.get<1>() + '>';
  }
  void onTranscriptDelta(const uint64_t& turn, const std::string& role,
                         const std::string& text) override {
    note("delta", turn, role, text);
  }
  void onTranscriptCompleted(const uint64_t& turn, const std::string& role, const std::string& text,
                             const Dict& details) override {
    note("completed", turn, role, text, details.at("interrupted").get<bool>(),
         details.at("heard_ms").get<uint32_t>());
    note_sources(details);
  }
  void onTurnCompleted(const uint64_t& turn, const Dict& details) override {
    note("turn", turn, details.at("latency_ms").get<uint64_t>());
    note_sources(details);
  }
  void onToolCalled(const std::string& id, const std::string& name,
                    const std::string& arguments) override {
    note("called", id, name, arguments);
  }
  void onToolFinished(const std::string& id, const std::string& name,
                      const std::string& result) override {
    note("finished", id, name, result);
  }
  void onToolApprovalRequested(const std::string& id, const std::string& name,
                               const std::string& what) override {
    note("asks", id, name, what);
  }
  void onEscalationRequested(const std::uint64_t& turn, const std::string& word) override {
    note("escalation", turn, word);
  }
  void onBudgetWarning(const double& spent, const double& budget) override {
    note("budget", spent, budget);
  }
  void onConfigurationReloaded(const std::vector<std::string>& in_force,
                               const std::vector<std::string>& waiting) override {
    note("reloaded", in_force.size(), waiting.size());
  }
  void onSessionEnded(const std::string& reason, const std::string& message) override {
    note("ended", reason, message);
  }
  void onErrorOccurred(const std::string& name, const std::string& message) override {
    note("error", name, message);
  }
  void onPropertiesChanged(const std::string& interface, const Dict& changed,
                           const std::vector<std::string>& invalidated) override {
    CHECK(interface == bus::interface_name);
    CHECK(invalidated.empty());
    std::ostringstream line;
    line << "changed";
    for (const auto& [name, value] : changed) {
      line << ' ' << name << '=';
      if (value.containsValueOfType<std::string>()) {
        line << value.get<std::string>();
      } else if (value.containsValueOfType<bool>()) {
        line << value.get<bool>();
      } else {
        const auto pair = value.get<sdbus::Struct<std::string, std::string>>();
        line << pair.get<0>() << '/' << pair.get<1>();
      }
    }
    heard.push_back(line.str());
  }

  sdbus::IConnection& connection_;
};

struct World {
  PrivateBus bus;
  ServiceThread service;
  std::unique_ptr<sdbus::IConnection> connection = sdbus::createSessionBusConnection();
  Client client{*connection};
};

}  // namespace gv::test
