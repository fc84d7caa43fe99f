// From lines on standard input to HTTP requests, and from their answers to lines on standard
// output: an MCP server that speaks streamable HTTP becomes one that speaks stdio. One thread; it
// may wait, as nothing else runs in this process.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "daemon/tools/bridge/target.hpp"
#include "daemon/tools/bridge/transfer.hpp"
#include "daemon/tools/mcp_message.hpp"

namespace gv::bridge {

class Bridge {
 public:
  explicit Bridge(Target target);
  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;
  ~Bridge();

  // Until standard input ends, or the server has lost the session. Returns the exit status.
  int run();

 private:
  void read_input();
  void send_next();
  void send(const std::string& line);
  void wait();
  bool take_finished();  // true: there was one
  void on_finished(Transfer& transfer, CURLcode code);
  void on_stream_end(const Transfer& transfer, const std::string& fault);
  void on_message(Transfer& from, const std::string& message);
  void open_stream();
  void start(std::unique_ptr<Transfer> transfer);
  void drop(const Transfer* transfer);
  void drop_answered();
  void say_farewell();
  void refuse(const Transfer& transfer, const std::string& why);

  Target target_;
  Session session_;
  CURLM* multi_;
  std::list<std::unique_ptr<Transfer>> transfers_;
  tools::mcp::LineReader reader_;
  std::deque<std::string> lines_;
  std::size_t held_ = 0;  // bytes of them
  // What has to have arrived before the next line is sent.
  const Transfer* barrier_ = nullptr;
  bool input_ended_ = false;
  std::optional<int> exit_status_;

  bool wants_stream_ = false;
  std::optional<std::chrono::steady_clock::time_point> stream_due_;
  std::chrono::milliseconds stream_pause_{1000};
  std::string last_id_;
};

}  // namespace gv::bridge
