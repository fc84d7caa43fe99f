#include "daemon/tools/bridge/bridge.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "daemon/util/log.hpp"

namespace gv::bridge {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using tools::mcp::Message;

namespace {

constexpr long most_connections = 16;
constexpr std::size_t most_transfers = 64;
constexpr std::ptrdiff_t most_answered = most_connections / 2;  // and open nevertheless
constexpr milliseconds notification_limit{10'000};
constexpr std::size_t most_held = 1UL << 20U;  // then standard input is not read for a while
constexpr milliseconds least_pause{1000};
constexpr milliseconds longest_pause{60'000};
constexpr std::int64_t server_error = -32000;

// False where nobody reads any more: the end of standard input follows.
bool write_out(std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(STDOUT_FILENO, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

}  // namespace

Bridge::Bridge(Target target) : target_(std::move(target)), multi_(::curl_multi_init()) {
  if (multi_ == nullptr) throw std::bad_alloc();
  ::curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, most_connections);
}

Bridge::~Bridge() {
  for (const auto& transfer : transfers_)
    ::curl_multi_remove_handle(multi_, transfer->handle());
  transfers_.clear();
  ::curl_multi_cleanup(multi_);
}

int Bridge::run() {
  while (!exit_status_ && !input_ended_) {
    send_next();
    if (stream_due_ && steady_clock::now() >= *stream_due_) open_stream();
    int running = 0;
    ::curl_multi_perform(multi_, &running);
    // What has finished is no reason to wake up any more.
    if (!take_finished()) wait();
  }
  if (!exit_status_) say_farewell();
  return exit_status_.value_or(0);
}

void Bridge::wait() {
  auto limit = milliseconds(60'000);
  if (stream_due_) {
    limit = std::chrono::duration_cast<milliseconds>(*stream_due_ - steady_clock::now());
    limit = std::clamp(limit + milliseconds(1), milliseconds(0), longest_pause);
  }
  curl_waitfd input{STDIN_FILENO, CURL_WAIT_POLLIN, 0};
  const unsigned watched = held_ < most_held ? 1 : 0;
  ::curl_multi_poll(multi_, &input, watched, static_cast<int>(limit.count()), nullptr);
  // libcurl tells only of what it was asked for: a hang-up without a byte is not among it.
  pollfd ready{STDIN_FILENO, POLLIN, 0};
  if (watched == 1 && ::poll(&ready, 1, 0) > 0) read_input();
}

void Bridge::read_input() {
  std::array<char, 65'536> buffer;
  const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return;
  const bool sound = size > 0 && reader_.feed({buffer.data(), static_cast<std::size_t>(size)},
                                              [this](std::string_view line) {
                                                held_ += line.size();
                                                lines_.emplace_back(line);
                                                return true;
                                              });
  if (!sound) input_ended_ = true;
}

void Bridge::send_next() {
  while (!lines_.empty() && barrier_ == nullptr && transfers_.size() < most_transfers) {
    const std::string line = std::move(lines_.front());
    lines_.pop_front();
    held_ -= line.size();
    drop_answered();
    send(line);
  }
}

void Bridge::send(const std::string& line) {
  const auto message = tools::mcp::parse_line(line).front();
  auto transfer = std::make_unique<Transfer>(
      Transfer::Kind::message, target_, session_, line, "",
      [this](Transfer& from, const std::string& text) { on_message(from, text); });
  if (message.kind == Message::Kind::request) transfer->request = message.id;
  transfer->initialize = message.method == "initialize";
  if (message.kind == Message::Kind::notification) transfer->set_limit(notification_limit);
  // Nothing goes out before the session is there. What is cancelled is an earlier call: a later one
  // need not wait for it.
  const bool initialized = message.method == "notifications/initialized";
  if (transfer->initialize || initialized) barrier_ = transfer.get();
  if (initialized) wants_stream_ = true;
  if (message.method == "notifications/cancelled") {
    const auto* id = message.body.if_contains("requestId");
    const auto found = std::find_if(transfers_.begin(), transfers_.end(), [id](const auto& open) {
      return id != nullptr && !open->request.is_null() && open->request == *id;
    });
    if (found != transfers_.end()) drop(found->get());
  }
  start(std::move(transfer));
}

void Bridge::start(std::unique_ptr<Transfer> transfer) {
  ::curl_multi_add_handle(multi_, transfer->handle());
  transfers_.push_back(std::move(transfer));
}

void Bridge::drop(const Transfer* transfer) {
  if (barrier_ == transfer) barrier_ = nullptr;
  ::curl_multi_remove_handle(multi_, transfer->handle());
  transfers_.remove_if([transfer](const auto& open) { return open.get() == transfer; });
}

// A server should end a stream with the answer, and its connection serves once more. Those of a
// server that does not must not become all there are.
void Bridge::drop_answered() {
  const auto answered = [](const auto& transfer) { return transfer->answered; };
  if (std::count_if(transfers_.begin(), transfers_.end(), answered) < most_answered) return;
  drop(std::find_if(transfers_.begin(), transfers_.end(), answered)->get());
}

void Bridge::on_message(Transfer& from, const std::string& text) {
  for (const Message& message : tools::mcp::parse_line(text)) {
    if (message.kind != Message::Kind::response || from.request != message.answers) continue;
    from.answered = true;
    if (!from.initialize) continue;
    session_.id = from.session_id();
    const auto* version = message.body.if_contains("protocolVersion");
    if (version != nullptr && version->is_string())
      session_.version = sound_header(version->get_string());
  }
  if (from.initialize && from.answered && barrier_ == &from) barrier_ = nullptr;
  write_out(text + "\n");
}

bool Bridge::take_finished() {
  bool any = false;
  int left = 0;
  while (const CURLMsg* message = ::curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const auto code = message->data.result;
    const auto found = std::find_if(
        transfers_.begin(), transfers_.end(),
        [message](const auto& transfer) { return transfer->handle() == message->easy_handle; });
    if (found == transfers_.end()) continue;
    on_finished(**found, code);
    drop(found->get());
    any = true;
  }
  return any;
}

void Bridge::on_finished(Transfer& transfer, CURLcode code) {
  const auto fault = transfer.finish(code);
  if (transfer.kind() == Transfer::Kind::stream) return on_stream_end(transfer, fault);
  if (transfer.kind() == Transfer::Kind::farewell) return;
  if (transfer.status() == 404 && !session_.id.empty()) {
    log::error("mcp-bridge", "the server knows the session no more");
    exit_status_ = 1;
    return;
  }
  if (!transfer.request.is_null() && !transfer.answered) {
    refuse(transfer, fault.empty() ? "the connection ended without an answer" : fault);
  } else if (!fault.empty() && !transfer.answered) {
    log::error("mcp-bridge", fault);
  }
  if (std::exchange(wants_stream_, false)) stream_due_ = steady_clock::now();
}

void Bridge::refuse(const Transfer& transfer, const std::string& why) {
  log::error("mcp-bridge", why);
  write_out(tools::mcp::refusal_of(transfer.request, server_error, why));
}

// For what the server has to say by itself. Not every server has one.
void Bridge::open_stream() {
  stream_due_.reset();
  start(std::make_unique<Transfer>(
      Transfer::Kind::stream, target_, session_, "", last_id_,
      [this](Transfer& from, const std::string& text) { on_message(from, text); }));
}

void Bridge::on_stream_end(const Transfer& transfer, const std::string& fault) {
  if (transfer.status() >= 400 && transfer.status() < 500) return;  // it has none
  if (!transfer.events().last_id().empty()) last_id_ = transfer.events().last_id();
  const bool well = transfer.status() == 200 && !transfer.given_up();
  stream_pause_ = well ? least_pause : std::min(longest_pause, stream_pause_ * 2);
  if (const auto retry = transfer.events().retry(); retry && !transfer.given_up()) {
    stream_pause_ = std::clamp(*retry, least_pause, longest_pause);
  }
  if (!well) log::error("mcp-bridge", "no stream of notices: " + fault);
  stream_due_ = steady_clock::now() + stream_pause_;
}

void Bridge::say_farewell() {
  while (!transfers_.empty())
    drop(transfers_.front().get());
  if (session_.id.empty()) return;
  start(std::make_unique<Transfer>(Transfer::Kind::farewell, target_, session_, "", "", nullptr));
  int running = 1;
  while (running > 0) {
    ::curl_multi_perform(multi_, &running);
    if (running > 0) ::curl_multi_poll(multi_, nullptr, 0, 100, nullptr);
  }
}

}  // namespace gv::bridge
