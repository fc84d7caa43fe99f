// A toolbox with a session, and what it told its observer.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <unistd.h>

#include "daemon/tools/toolbox.hpp"
#include "tests/loop/children.hpp"

namespace gv::test {

class Bench : public tools::HostObserver {
 public:
  explicit Bench(tools::Toolbox::Screen screen = {}, tools::Toolbox::Convert convert = as_it_is,
                 std::string state_folder = {})
      : toolbox(io, environment(), std::move(screen), std::move(convert), std::move(state_folder)) {
    toolbox.set_observer(this);
  }
  ~Bench() override = default;
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  static void as_it_is(tools::Picture picture,
                       const std::function<void(tools::Toolbox::Shot)>& to) {
    to(std::move(picture));
  }

  static std::vector<std::string> environment() {
    std::vector<std::string> list;
    for (char** variable = ::environ; *variable != nullptr; ++variable)
      list.emplace_back(*variable);
    return list;
  }

  static config::McpServer server(std::vector<std::string> argv) {
    config::McpServer server;
    server.child.argv = std::move(argv);
    server.child.directory = "/";
    server.tools = {"*"};
    server.policy.approval = config::Approval::allow;
    server.policy.time_limit = std::chrono::seconds(20);
    return server;
  }

  // With all servers and commands that `config` has.
  void begin() {
    config::Profile profile;
    auto& names = profile.tools;
    names = {"end_session", "look_at_screen"};
    for (const auto& [name, command] : config.commands)
      names.push_back(name);
    for (const auto& [name, one] : config.mcp_servers)
      names.push_back(name);
    toolbox.begin(config, profile);
  }
  void begin_with(std::vector<std::string> names, std::string learned = {}) {
    config::Profile profile;
    profile.tools = std::move(names);
    profile.learning.target = std::move(learned);
    toolbox.begin({}, profile);
  }
  void begin_and_wait() {
    begin();
    until([this] { return toolbox.ready(); });
  }
  void until(const std::function<bool()>& holds) { run_until(io, holds); }

  std::uint64_t run(const std::string& name, const boost::json::object& arguments) {
    const auto text = boost::json::serialize(arguments);
    const auto plan = toolbox.plan(name, text);
    CHECK_MESSAGE(plan.refusal.empty(), name << ": " << plan.refusal);
    toolbox.run(++last, name, text);
    CHECK_FALSE(results.contains(last));  // never from within
    return last;
  }
  tools::Result wait(std::uint64_t call) {
    until([this, call] { return results.contains(call); });
    const auto result = results.at(call);
    const auto object = boost::json::parse(result.response).as_object();
    CHECK(object.contains("error") == result.failed);
    return result;
  }
  std::string response(const std::string& name, const boost::json::object& arguments) {
    return wait(run(name, arguments)).response;
  }
  std::string refusal(const std::string& name, const std::string& arguments) const {
    return toolbox.plan(name, arguments).refusal;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& function : toolbox.functions())
      names.push_back(function.name);
    return names;
  }
  bool has(const std::string& name) const {
    const auto all = names();
    return std::find(all.begin(), all.end(), name) != all.end();
  }
  void end() {
    toolbox.end();
    until([this] { return toolbox.ending() == 0; });
    CHECK(children_of_ours().empty());
  }

  void tools_changed() override { ++changes; }
  void tool_finished(std::uint64_t call, tools::Result result) override {
    CHECK(results.emplace(call, std::move(result)).second);
    if (on_finished) on_finished();
  }

  asio::io_context io;
  config::Tools config;
  tools::Toolbox toolbox;
  std::map<std::uint64_t, tools::Result> results;
  std::function<void()> on_finished;
  std::uint64_t last = 0;
  int changes = 0;
};

}  // namespace gv::test
