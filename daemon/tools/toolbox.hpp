// Everything that a model may do, behind one port: commands, MCP servers, and what is built in.
// Main thread only; nothing blocks.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <asio/io_context.hpp>
#include <boost/json.hpp>

#include "daemon/config/config.hpp"
#include "daemon/tools/child.hpp"
#include "daemon/tools/command.hpp"
#include "daemon/tools/host.hpp"
#include "daemon/tools/mcp_client.hpp"
#include "daemon/tools/runner.hpp"
#include "daemon/words/store.hpp"

namespace gv::tools {

class Toolbox : public Host {
 public:
  // Takes a picture of the screen, after the user's yes; or says why there is none. Answers once,
  // perhaps from within.
  using Shot = std::variant<Picture, std::string>;
  using Screen = std::function<void(std::function<void(Shot)>)>;

  // Makes a picture of an MCP server fit for the model, or says why it cannot. Answers once,
  // perhaps from within.
  using Convert = std::function<void(Picture, std::function<void(Shot)>)>;

  // environment: the daemon's own, NAME=value, of which programs get a part. screen: empty where
  // there is no way to see it; nothing is offered then. convert: empty where pictures cannot be
  // made fit; they are left out then. state_folder: where the list of new words is; empty: nothing
  // is offered that writes it.
  Toolbox(asio::io_context& io, std::vector<std::string> environment, Screen screen,
          Convert convert, std::string state_folder = {});
  ~Toolbox() override;
  Toolbox(const Toolbox&) = delete;
  Toolbox& operator=(const Toolbox&) = delete;

  void set_observer(HostObserver* observer) override { observer_ = observer; }
  void begin(const config::Tools& tools, const config::Profile& profile) override;
  void end() override;
  const std::vector<live::Function>& functions() const override { return functions_; }
  bool ready() const override;
  Plan plan(const std::string& name, const std::string& arguments) const override;
  void run(std::uint64_t call, const std::string& name, const std::string& arguments) override;
  void cancel(std::uint64_t call) override;
  std::size_t ending() const override { return runner_.ending() + endings_.size(); }

 private:
  struct Command {
    config::CommandTool tool;
  };
  struct Remote {
    std::string server;
    mcp::Client* client;
    mcp::ServerTool tool;
    config::ToolPolicy policy;
  };
  struct BuiltIn {
    std::string name;
  };
  using Entry = std::variant<Command, Remote, BuiltIn>;
  // What runs for a call: the runner's number, a server, or what takes no ending.
  using Running = std::variant<std::uint64_t, mcp::Client*, std::monostate>;
  struct Known {
    config::McpServer config;
    std::vector<mcp::ServerTool> tools;
  };

  struct Unready {
    Result result;
    std::deque<Picture> pictures;  // that have not been converted
  };

  static std::optional<boost::json::object> parsed(const std::string& arguments);
  void start_server(const std::string& name, const config::McpServer& server);
  ChildSpec server_spec(const config::McpServer& server) const;
  std::string at_home(const std::string& path) const;
  std::string directory_of(const config::Child& child) const;
  std::variant<Expanded, Refusal> expanded(const config::CommandTool& tool,
                                           const boost::json::object& arguments) const;
  void list();
  void add(const live::Function& function, Entry entry);
  void leave_out(const std::string& function);
  // nullptr: it gets none, and is left out.
  const std::string* name_of(const std::string& server, const mcp::ServerTool& tool);
  void servers_changed();
  void start(std::uint64_t call, const Command& command, const boost::json::object& arguments);
  void start(std::uint64_t call, const Remote& remote, const boost::json::object& arguments);
  void start(std::uint64_t call, const BuiltIn& builtin, const boost::json::object& arguments);
  void finish(std::uint64_t call, Result result);
  void make_ready(std::uint64_t call, Result result);
  void convert_next(std::uint64_t call, const std::shared_ptr<Unready>& unready);
  void finish_later(std::uint64_t call, Result result);

  asio::io_context& io_;
  std::vector<std::string> environment_;
  Screen screen_;
  Convert convert_;
  words::Store words_;
  HostObserver* observer_ = nullptr;
  Runner runner_;
  Endings endings_;

  config::Tools tools_;
  std::vector<std::string> names_;
  std::string learned_;  // the language, in the profile's words
  // Behind pointers: functions and calls refer to them.
  std::map<std::string, std::unique_ptr<mcp::Client>> servers_;
  std::map<std::string, Known> known_;  // of servers: what they offered the last time
  std::vector<live::Function> functions_;
  std::map<std::string, Entry> entries_;
  // By server and tool. A name stays its tool's while the session lasts: the user's "allow" may be
  // remembered by it.
  std::map<std::pair<std::string, std::string>, std::string> names_of_tools_;
  mcp::Names given_;
  bool left_out_ = false;  // a tool, and the log says so
  bool was_ready_ = false;
  std::map<std::uint64_t, Running> running_;
  // Renewed by end(): what is still on its way then finds it gone.
  std::shared_ptr<int> session_ = std::make_shared<int>(0);
};

}  // namespace gv::tools
