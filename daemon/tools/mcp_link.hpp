// The pipes to one running MCP server. Main thread only; nothing blocks.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "daemon/tools/child.hpp"
#include "daemon/tools/mcp_message.hpp"

namespace gv::tools::mcp {

class Link {
 public:
  struct Events {
    std::function<void(std::size_t count)> bytes;  // have come; the lines in them follow
    std::function<void(std::string_view line)> line;
    // Once, and nothing after it: why there is nothing more to come. Never from within a method.
    std::function<void(const std::string& why)> lost;
  };

  // Starts the server. Throws std::runtime_error where it cannot: why, for people.
  Link(asio::io_context& io, Endings& endings, std::string name, const ChildSpec& spec,
       Events events);
  ~Link();  // not from within an event
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // A line with its end. Waits while the server does not read, up to a limit; beyond it the server
  // is lost.
  void send(std::string line);
  // For whoever finds it unbearable: lost() follows, and no line before it.
  void give_up(const std::string& why);
  // The server is told to end: its input is closed, SIGTERM comes half a second later, or at once
  // where it was given up. No event follows.
  void close();

 private:
  void listen();
  void listen_to_errors();
  void read();
  void take(std::string_view bytes);
  void read_errors();
  void write();
  void closed_early(const std::string& what);
  void ended();

  asio::io_context& io_;
  Endings& endings_;
  std::string name_;
  Events events_;
  std::unique_ptr<Child> child_;
  asio::steady_timer errors_timer_;
  asio::steady_timer end_timer_;
  LineReader reader_;
  std::deque<std::string> unsent_;
  std::size_t unsent_bytes_ = 0;
  std::size_t written_ = 0;  // of the first line
  bool writing_ = false;
  bool deaf_ = false;      // it will never read again
  bool given_up_ = false;  // nothing of it is wanted any more
  // Gone with this object: completions that were queued before that find it so.
  std::shared_ptr<int> token_ = std::make_shared<int>(0);
};

}  // namespace gv::tools::mcp
