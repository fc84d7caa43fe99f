#include "daemon/tools/mcp_link.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>
#include <utility>

#include <asio/post.hpp>
#include <unistd.h>

#include "daemon/util/guarded.hpp"
#include "daemon/util/log.hpp"
#include "daemon/util/text.hpp"

namespace gv::tools::mcp {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds patience{500};
// Bytes taken before the loop's other work gets its turn.
constexpr std::size_t read_budget = 65'536;
constexpr std::size_t errors_budget = 16'384;
constexpr std::size_t longest_remark = 500;
// What a server says on the side is nobody's business but a developer's: no more than 320 kB/s.
constexpr milliseconds errors_pause{50};
constexpr std::size_t most_unsent = 8UL * 1024 * 1024;

std::string end_in_words(const ExitStatus& end) {
  if (end.signalled) return "it was ended by signal " + std::to_string(end.status);
  return "it ended with exit status " + std::to_string(end.status);
}

}  // namespace

Link::Link(asio::io_context& io, Endings& endings, std::string name, const ChildSpec& spec,
           Events events)
    : io_(io),
      endings_(endings),
      name_(std::move(name)),
      events_(std::move(events)),
      child_(std::make_unique<Child>(io, spec)),
      errors_timer_(io),
      end_timer_(io) {
  child_->when_ended([this] { ended(); });
  listen();
  listen_to_errors();
}

Link::~Link() {
  close();
}

void Link::close() {
  token_.reset();
  if (child_) endings_.take(std::move(child_), given_up_ ? milliseconds(0) : patience);
  given_up_ = true;
}

void Link::listen() {
  child_->output().async_wait(
      asio::posix::stream_descriptor::wait_read,
      [this, token = std::weak_ptr<int>(token_)](const std::error_code& error) {
        if (!error && !token.expired()) guarded("an MCP server's words", [this] { read(); });
      });
}

void Link::read() {
  if (given_up_) return;
  const bool more =
      read_some(child_->output(), read_budget, [this](std::string_view bytes) { take(bytes); });
  if (given_up_) return;
  if (more) return listen();
  closed_early("its output");
}

void Link::take(std::string_view bytes) {
  if (given_up_) return;
  events_.bytes(bytes.size());
  if (given_up_) return;
  const bool sound = reader_.feed(bytes, [this](std::string_view line) {
    events_.line(line);
    return !given_up_;
  });
  if (!sound && !given_up_) give_up("a line of it has no end");
}

// Its end is told soon, with its status; where it lives on it is of no use.
void Link::closed_early(const std::string& what) {
  deaf_ = true;
  end_timer_.expires_after(patience);
  end_timer_.async_wait(
      [this, what, token = std::weak_ptr<int>(token_)](const std::error_code& error) {
        if (!error && !token.expired()) give_up("it closed " + what);
      });
}

void Link::listen_to_errors() {
  if (!child_) return;
  child_->errors().async_wait(
      asio::posix::stream_descriptor::wait_read,
      [this, token = std::weak_ptr<int>(token_)](const std::error_code& error) {
        if (!error && !token.expired())
          guarded("an MCP server's remarks", [this] { read_errors(); });
      });
}

void Link::read_errors() {
  if (given_up_) return;
  const bool more = read_some(child_->errors(), errors_budget, [this](std::string_view bytes) {
    if (log::level() == log::Level::debug) {
      log::debug("tools", "MCP server " + name_ + " says: " + printable(bytes, longest_remark));
    }
  });
  if (!more) return;
  errors_timer_.expires_after(errors_pause);
  errors_timer_.async_wait(
      [this, token = std::weak_ptr<int>(token_)](const std::error_code& error) {
        if (!error && !token.expired())
          guarded("an MCP server's remarks", [this] { listen_to_errors(); });
      });
}

void Link::send(std::string line) {
  if (given_up_ || deaf_) return;
  unsent_bytes_ += line.size();
  unsent_.push_back(std::move(line));
  if (unsent_bytes_ > most_unsent) return give_up("it does not read what it is told");
  if (!writing_) write();
}

void Link::write() {
  writing_ = false;
  while (!unsent_.empty()) {
    const std::string_view rest = std::string_view(unsent_.front()).substr(written_);
    const ssize_t size = ::write(child_->input().native_handle(), rest.data(), rest.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) break;
    if (size < 0) return closed_early("its input");
    written_ += static_cast<std::size_t>(size);
    if (static_cast<std::size_t>(size) < rest.size()) continue;
    unsent_bytes_ -= unsent_.front().size();
    unsent_.pop_front();
    written_ = 0;
  }
  if (unsent_.empty()) return;
  writing_ = true;
  child_->input().async_wait(
      asio::posix::stream_descriptor::wait_write,
      [this, token = std::weak_ptr<int>(token_)](const std::error_code& error) {
        if (!error && !token.expired() && !given_up_)
          guarded("words to an MCP server", [this] { write(); });
      });
}

void Link::give_up(const std::string& why) {
  if (std::exchange(given_up_, true)) return;
  asio::post(io_, [this, why, token = std::weak_ptr<int>(token_)] {
    if (!token.expired()) guarded("the loss of an MCP server", [&] { events_.lost(why); });
  });
}

void Link::ended() {
  // What it said last may be an answer, or why.
  if (!given_up_) read_rest(child_->output(), [this](std::string_view bytes) { take(bytes); });
  if (!child_) return;            // closed by what it said
  child_->signal_group(SIGKILL);  // what it started has no more use
  const auto end = child_->take_end();
  child_.reset();
  if (!given_up_) give_up(end ? end_in_words(*end) : "it ended");
}

}  // namespace gv::tools::mcp
