// One MCP server while a session lasts: it is started, asked what it offers, asked to do it, and
// started again where it ends. Main thread only; nothing blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <boost/json.hpp>

#include "daemon/config/config.hpp"
#include "daemon/tools/child.hpp"
#include "daemon/tools/flood.hpp"
#include "daemon/tools/host.hpp"
#include "daemon/tools/mcp_calls.hpp"
#include "daemon/tools/mcp_link.hpp"
#include "daemon/tools/mcp_message.hpp"
#include "daemon/tools/mcp_tools.hpp"

namespace gv::tools::mcp {

class Client {
 public:
  // Never from within start() and call().
  struct Events {
    std::function<void()> changed;  // tools() or settled() is another
    std::function<void(std::uint64_t call, Result result)> finished;
  };

  // known: what it offered the last time; that holds until it says otherwise.
  Client(asio::io_context& io, Endings& endings, std::string name, ChildSpec spec,
         const config::McpServer& config, std::vector<ServerTool> known, Events events);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void start();
  // Ended; no event follows. Perhaps from within an event, which the object must outlive.
  void stop();

  const std::vector<ServerTool>& tools() const { return tools_; }
  // It has told what it offers, now or the last time, or has failed to.
  bool settled() const { return settled_; }
  bool has_listed() const { return listed_; }
  // Why it cannot be asked now; empty: it can, if only when it has started.
  std::string why_away() const;

  void call(std::uint64_t call, const std::string& tool, boost::json::object arguments);
  void cancel(std::uint64_t call);

 private:
  enum class State { stopped, starting, serving, away };

  void launch();
  void on_line(std::string_view line);
  void on_message(Message& message);
  void on_notification(const Message& message);
  void on_response(const Message& message);
  void on_initialized(const Message& response);
  void list_soon();
  void list(const std::optional<std::string>& cursor);
  void on_page(const Message& response);
  void on_list(std::vector<ServerTool> tools);
  void on_bytes(std::size_t count);
  void flooded();
  void on_late(std::int64_t request);
  void on_lost(const std::string& why);
  void set_limit(const char* what);
  void send_cancelled(std::int64_t request, std::string_view why);
  void send(std::string line);
  void drop_link();

  asio::io_context& io_;
  Endings& endings_;
  std::string name_;
  ChildSpec spec_;
  config::McpServer config_;
  Events events_;

  State state_ = State::stopped;
  std::unique_ptr<Link> link_;
  std::vector<ServerTool> tools_;
  bool settled_;
  bool listed_ = false;
  std::string why_away_;

  std::int64_t last_request_ = 0;
  std::optional<std::int64_t> initializing_;  // the number of the request
  std::optional<std::int64_t> listing_;       // likewise
  std::optional<ToolPages> pages_;
  bool list_again_ = false;
  std::chrono::steady_clock::time_point listed_at_;
  Calls calls_;
  std::vector<std::pair<std::int64_t, std::string>> held_;  // until it serves

  asio::steady_timer limit_timer_;  // of its start, of a list
  asio::steady_timer list_timer_;
  asio::steady_timer restart_timer_;
  unsigned failures_ = 0;  // in a row
  std::chrono::steady_clock::time_point serving_since_;

  Flood unasked_;
};

}  // namespace gv::tools::mcp
