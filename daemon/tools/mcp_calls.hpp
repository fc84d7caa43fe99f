// The calls that an MCP server has not answered yet, and their time. Main thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

namespace gv::tools::mcp {

class Calls {
 public:
  // Its time is up. It is still open: take() it.
  using Late = std::function<void(std::int64_t request)>;

  Calls(asio::io_context& io, Late late) : io_(io), late_(std::move(late)) {}

  // A call has ten times its limit at most, and only where the server tells of progress.
  void add(std::int64_t request, std::uint64_t call, std::chrono::milliseconds limit);
  void progress(std::int64_t request);
  std::optional<std::int64_t> request_of(std::uint64_t call) const;
  bool open(std::int64_t request) const { return open_.contains(request); }
  // The number of the call; nullopt: it is not open. Closed then.
  std::optional<std::uint64_t> take(std::int64_t request);
  std::vector<std::uint64_t> take_all();

 private:
  struct Open {
    explicit Open(asio::io_context& io) : timer(io) {}
    std::uint64_t call = 0;
    std::chrono::milliseconds limit{0};
    std::chrono::steady_clock::time_point last;  // it is late then in any case
    asio::steady_timer timer;
  };
  void wait(std::int64_t request, const std::shared_ptr<Open>& open);

  asio::io_context& io_;
  Late late_;
  std::map<std::int64_t, std::shared_ptr<Open>> open_;
};

}  // namespace gv::tools::mcp
