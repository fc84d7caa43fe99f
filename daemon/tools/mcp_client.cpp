#include "daemon/tools/mcp_client.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <system_error>

#include <asio/post.hpp>

#include "daemon/tools/answer.hpp"
#include "daemon/tools/mcp_results.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/log.hpp"
#include "daemon/util/text.hpp"

namespace gv::tools::mcp {

namespace json = boost::json;

namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

// What we use is the same in all of them.
constexpr std::array<std::string_view, 4> versions{"2024-11-05", "2025-03-26", "2025-06-18",
                                                   "2025-11-25"};
constexpr const char* own_version = "2025-06-18";
// npx installs what it runs.
constexpr seconds start_limit{20};
constexpr seconds list_pause{1};
constexpr unsigned longest_backoff = 60;  // seconds
constexpr seconds proven{60};             // one that ends after that begins anew with the backoff
constexpr std::int64_t no_such_method = -32601;

bool same(const std::vector<ServerTool>& a, const std::vector<ServerTool>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const ServerTool& left, const ServerTool& right) {
                      return left.name == right.name && left.function == right.function;
                    });
}

}  // namespace

Client::Client(asio::io_context& io, Endings& endings, std::string name, ChildSpec spec,
               const config::McpServer& config, std::vector<ServerTool> known, Events events)
    : io_(io),
      endings_(endings),
      name_(std::move(name)),
      spec_(std::move(spec)),
      config_(config),
      events_(std::move(events)),
      tools_(std::move(known)),
      settled_(!tools_.empty()),
      calls_(io, [this](std::int64_t request) { on_late(request); }),
      limit_timer_(io),
      list_timer_(io),
      restart_timer_(io) {
  spec_.input_pipe = true;
}

void Client::start() {
  launch();
}

void Client::stop() {
  state_ = State::stopped;
  limit_timer_.cancel();
  list_timer_.cancel();
  restart_timer_.cancel();
  calls_.take_all();
  held_.clear();
  drop_link();
}

std::string Client::why_away() const {
  return state_ == State::away ? why_away_ : "";
}

void Client::launch() {
  state_ = State::starting;
  const auto number = ++last_request_;
  initializing_ = number;
  listing_.reset();
  list_again_ = false;
  unasked_ = {};
  try {
    link_ = std::make_unique<Link>(io_, endings_, name_, spec_,
                                   Link::Events{[this](std::size_t count) { on_bytes(count); },
                                                [this](std::string_view line) { on_line(line); },
                                                [this](const std::string& why) { on_lost(why); }});
  } catch (const std::exception& e) {
    // Not from within start().
    restart_timer_.expires_after(seconds(0));
    restart_timer_.async_wait([this, why = std::string(e.what())](const std::error_code& error) {
      if (error || state_ != State::starting) return;
      guarded("an MCP server's start", [&] { on_lost("it cannot be started: " + why); });
    });
    return;
  }
  set_limit("it was not ready");
  send(request(number, "initialize",
               {{"protocolVersion", own_version},
                {"capabilities", json::object()},
                {"clientInfo", {{"name", "gemini-voice"}, {"version", GV_VERSION}}}}));
}

void Client::set_limit(const char* what) {
  limit_timer_.expires_after(start_limit);
  limit_timer_.async_wait([this, what](const std::error_code& error) {
    if (error || !link_ || limit_timer_.expiry() > steady_clock::now()) return;
    guarded("the limit of an MCP server",
            [&] { link_->give_up(std::string(what) + " within " + in_words(start_limit)); });
  });
}

void Client::send(std::string line) {
  if (link_) link_->send(std::move(line));
}

// Its object outlives the event that this may be called from.
void Client::drop_link() {
  if (!link_) return;
  link_->close();
  asio::post(io_, [old = std::shared_ptr<Link>(std::move(link_))] {});
}

void Client::on_line(std::string_view line) {
  bool wanted = true;
  for (Message& message : parse_line(line)) {
    if (state_ == State::stopped || state_ == State::away) return;
    if (message.kind != Message::Kind::response || !calls_.open(message.answers)) {
      wanted = false;
      if (!unasked_.message(steady_clock::now())) flooded();
    }
    on_message(message);
  }
  if (wanted) unasked_.forgive(line.size());
}

void Client::on_bytes(std::size_t count) {
  if (!unasked_.bytes(steady_clock::now(), count)) flooded();
}

void Client::flooded() {
  if (link_) link_->give_up("it floods us with what nobody asked for");
}

void Client::on_message(Message& message) {
  switch (message.kind) {
    case Message::Kind::request:
      if (message.method == "ping") return send(answer_to(message.id, {}));
      return send(refusal_of(message.id, no_such_method, "not offered by this client"));
    case Message::Kind::notification:
      return on_notification(message);
    case Message::Kind::response:
      return on_response(message);
    case Message::Kind::unfit:
      log::debug("tools", "MCP server " + name_ + ": a line is no message: " + message.method);
  }
}

void Client::on_notification(const Message& message) {
  if (message.method == "notifications/tools/list_changed") return list_soon();
  if (message.method != "notifications/progress") return;
  const auto* token = message.body.if_contains("progressToken");
  if (token != nullptr && token->is_int64()) calls_.progress(token->get_int64());
}

void Client::on_response(const Message& message) {
  if (message.answers == initializing_) return on_initialized(message);
  if (message.answers == listing_) return on_page(message);
  const auto call = calls_.take(message.answers);
  if (!call) return;  // cancelled, or late
  events_.finished(*call,
                   message.error ? failed(message.error->message) : call_result(message.body));
}

void Client::on_initialized(const Message& response) {
  initializing_.reset();
  if (response.error) return link_->give_up("it refused to begin: " + response.error->message);
  const auto* version = response.body.if_contains("protocolVersion");
  const auto* text = version == nullptr ? nullptr : version->if_string();
  if (text == nullptr || std::find(versions.begin(), versions.end(), *text) == versions.end()) {
    return link_->give_up("it speaks a version of the protocol that is not known here");
  }
  send(notification("notifications/initialized"));
  const auto* capabilities = response.body.if_contains("capabilities");
  if (capabilities != nullptr && capabilities->is_object() &&
      capabilities->get_object().if_contains("tools") != nullptr) {
    return list(std::nullopt);
  }
  log::info("tools", "MCP server " + name_ + " offers no tools");
  on_list({});
}

void Client::list_soon() {
  if (state_ != State::serving) return;  // it is asked in any case
  if (listing_) {
    list_again_ = true;
    return;
  }
  const auto due = listed_at_ + list_pause;
  if (list_timer_.expiry() == due) return;  // it is waited for
  list_timer_.expires_at(due);
  list_timer_.async_wait([this](const std::error_code& error) {
    if (error || state_ != State::serving || listing_) return;
    guarded("the list of an MCP server", [this] {
      set_limit("it did not list its tools");
      list(std::nullopt);
    });
  });
}

void Client::list(const std::optional<std::string>& cursor) {
  if (!cursor) pages_.emplace(name_, config_);
  const auto number = ++last_request_;
  listing_ = number;
  json::object params;
  if (cursor) params["cursor"] = *cursor;
  send(request(number, "tools/list", std::move(params)));
}

void Client::on_page(const Message& response) {
  listing_.reset();
  if (response.error) return link_->give_up("it lists no tools: " + response.error->message);
  if (const auto next = pages_->add(response.body)) return list(next);
  if (const auto remark = pages_->remark(); !remark.empty()) {
    log::warning("tools", "MCP server " + name_ + ": " + remark);
  }
  on_list(pages_->take());
  pages_.reset();
}

void Client::on_list(std::vector<ServerTool> tools) {
  limit_timer_.cancel();
  const bool changed = !settled_ || !same(tools, tools_);
  listed_at_ = steady_clock::now();
  if (state_ == State::starting) serving_since_ = listed_at_;
  state_ = State::serving;
  settled_ = listed_ = true;
  tools_ = std::move(tools);
  for (auto& [request, line] : std::exchange(held_, {})) {
    if (calls_.open(request)) send(std::move(line));
  }
  if (std::exchange(list_again_, false)) list_soon();
  if (changed) events_.changed();
}

void Client::call(std::uint64_t call, const std::string& tool, json::object arguments) {
  if (state_ == State::stopped || state_ == State::away) {
    asio::post(io_, [this, call, why = why_away_] {
      if (state_ == State::stopped) return;
      guarded("the result of a tool", [&] { events_.finished(call, failed(why)); });
    });
    return;
  }
  const auto number = ++last_request_;
  calls_.add(number, call, config_.policy.time_limit);
  auto line = request(number, "tools/call",
                      {{"name", tool},
                       {"arguments", std::move(arguments)},
                       {"_meta", {{"progressToken", number}}}});
  if (state_ == State::serving) return send(std::move(line));
  held_.emplace_back(number, std::move(line));
}

void Client::cancel(std::uint64_t call) {
  const auto number = calls_.request_of(call);
  if (!number) return;
  calls_.take(*number);
  send_cancelled(*number, "not wanted any more");
}

void Client::send_cancelled(std::int64_t number, std::string_view why) {
  const auto held = std::find_if(held_.begin(), held_.end(),
                                 [number](const auto& line) { return line.first == number; });
  if (held != held_.end()) {
    held_.erase(held);
  } else {
    send(notification("notifications/cancelled", {{"requestId", number}, {"reason", why}}));
  }
}

void Client::on_late(std::int64_t number) {
  const auto call = calls_.take(number);
  if (!call) return;
  send_cancelled(number, "it took too long");
  events_.finished(*call, failed("the MCP server " + name_ + " did not answer within " +
                                 in_words(config_.policy.time_limit)));
}

void Client::on_lost(const std::string& why) {
  drop_link();
  limit_timer_.cancel();
  list_timer_.cancel();
  const auto now = steady_clock::now();
  if (state_ == State::serving && now - serving_since_ > proven) failures_ = 0;
  const seconds wait(std::min(longest_backoff, 1U << std::min(failures_, 6U)));
  const auto level = failures_++ == 0 ? log::Level::warning : log::Level::debug;
  log::write(
      level, "tools",
      "MCP server " + name_ + " is away: " + why + "; it is started again in " + in_words(wait));
  state_ = State::away;
  why_away_ = "the MCP server " + name_ + " is away: " + why + ". It is being started again";
  held_.clear();
  restart_timer_.expires_after(wait);
  restart_timer_.async_wait([this](const std::error_code& error) {
    if (!error && state_ == State::away) guarded("an MCP server's start", [this] { launch(); });
  });
  const bool was_settled = std::exchange(settled_, true);
  for (const auto call : calls_.take_all()) {
    if (state_ == State::stopped) return;
    events_.finished(call, failed(why_away_));
  }
  if (!was_settled && state_ != State::stopped) events_.changed();
}

}  // namespace gv::tools::mcp
