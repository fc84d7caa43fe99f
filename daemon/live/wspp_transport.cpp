#include "daemon/live/wspp_transport.hpp"

#include <chrono>
#include <deque>
#include <exception>
#include <map>
#include <optional>
#include <utility>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include "daemon/live/heartbeat.hpp"
#include "daemon/live/tls.hpp"
#include "daemon/live/wspp_link.hpp"
#include "daemon/util/clock.hpp"
#include "daemon/util/guarded.hpp"

namespace gv::live {
namespace {

constexpr std::chrono::milliseconds goodbye_limit{2000};
constexpr std::chrono::milliseconds heartbeat_interval{1000};

class WsppTransport final : public Transport, public LinkObserver {
 public:
  explicit WsppTransport(asio::io_context& io) : io_(io), wait_timer_(io), heartbeat_timer_(io) {
    plain_.init_asio(&io);
    tls_.init_asio(&io);
  }

  void open(const Request& request, TransportObserver& observer) override {
    observer_ = &observer;
    paused_ = false;
    reading_stopped_ = false;
    waiting_.clear();
    current_ = ++last_id_;
    if (links_.empty()) return start(request);
    request_ = request;
    wait_timer_.expires_after(goodbye_limit);
    wait_timer_.async_wait([this, id = current_](const asio::error_code& ec) {
      if (!ec && id == current_) start_waiting();
    });
  }

  void send(std::string message) override {
    if (auto* link = current()) link->send(std::move(message));
  }

  std::size_t buffered() const override {
    const auto found = links_.find(current_);
    return found == links_.end() ? 0 : found->second->buffered();
  }

  void pause(bool paused) override {
    if (paused == paused_) return;
    paused_ = paused;
    if (paused) return;
    asio::post(io_,
               [this, id = current_] { guarded("the transport", [this, id] { resume(id); }); });
  }

  void close() override {
    if (std::exchange(reading_stopped_, false)) {
      // The other side's close frame must be read for a clean end.
      asio::post(io_, [this, id = current_] {
        if (const auto found = links_.find(id); found != links_.end()) found->second->pause(false);
      });
    }
    if (auto* link = let_go()) link->close();
  }

  void drop() override {
    if (auto* link = let_go()) link->drop();
  }

  std::size_t closing() const override { return links_.size() - links_.count(current_); }

  std::string local_address() const override {
    const auto found = links_.find(current_);
    return found == links_.end() ? "" : found->second->local_address();
  }

 private:
  void start(const Request& request) {
    try {
      links_.emplace(current_, connect(request, current_));
    } catch (const std::exception& e) {
      // Told like any other failure, not from within open().
      asio::post(io_, [this, id = current_, text = std::string(e.what())] {
        guarded("the transport", [this, id, &text] {
          CloseInfo info;
          info.local_error = text;
          link_closed(id, info);
        });
      });
    }
  }

  // The connection before this one has said goodbye, or had its time.
  void start_waiting() {
    if (!request_) return;
    wait_timer_.cancel();
    const auto request = std::exchange(request_, std::nullopt);
    guarded("the transport", [this, &request] { start(*request); });
  }

  Link* let_go() {
    observer_ = nullptr;
    waiting_.clear();
    request_.reset();
    wait_timer_.cancel();
    heartbeat_timer_.cancel();
    auto* link = current();
    current_ = 0;
    return link;
  }

  void watch_heartbeat() {
    heartbeat_timer_.expires_after(heartbeat_interval);
    heartbeat_timer_.async_wait([this, id = current_](const asio::error_code& ec) {
      auto* link = current();
      if (ec || id != current_ || link == nullptr) return;
      watch_heartbeat();
      guarded("the transport", [this, link] { look_at_heartbeat(*link); });
    });
  }

  void look_at_heartbeat(Link& link) {
    if (paused_) heartbeat_.heard(now_ns());  // it is we who do not listen
    switch (heartbeat_.look(now_ns())) {
      case Heartbeat::Verdict::alive:
        break;
      case Heartbeat::Verdict::ask:
        link.ping();
        break;
      case Heartbeat::Verdict::dead:
        give_up(link);
        break;
    }
  }

  void give_up(Link& link) {
    CloseInfo info;
    info.stage = CloseInfo::Stage::open;
    info.code = websocketpp::close::status::abnormal_close;
    info.local_error = "nothing was heard from it for 55 s";
    auto* observer = std::exchange(observer_, nullptr);
    current_ = 0;
    link.drop();
    if (observer != nullptr) observer->transport_closed(info);
  }

  std::unique_ptr<Link> connect(const Request& request, std::uint64_t id) {
    auto fault = std::make_shared<std::string>();
    if (!request.endpoint.tls) {
      return std::make_unique<WsppLink<PlainConfig>>(plain_, request, *this, id, fault);
    }
    if (!tls_context_ || tls_ca_file_ != request.ca_file) {
      tls_context_ = make_tls_context(request.ca_file);
      tls_ca_file_ = request.ca_file;
    }
    tls_.set_tls_init_handler(
        [context = tls_context_](const websocketpp::connection_hdl&) { return context; });
    tls_.set_socket_init_handler(
        [host = request.endpoint.host, fault](const websocketpp::connection_hdl&,
                                              asio::ssl::stream<asio::ip::tcp::socket>& stream) {
          // Else 16 KiB are taken and given back for every chunk of the microphone.
          SSL_clear_mode(stream.native_handle(), SSL_MODE_RELEASE_BUFFERS);
          verify_host(stream, host, fault);
        });
    return std::make_unique<WsppLink<TlsConfig>>(tls_, request, *this, id, fault);
  }

  Link* current() {
    const auto found = links_.find(current_);
    return found == links_.end() ? nullptr : found->second.get();
  }

  void link_opened(std::uint64_t id) override {
    if (id != current_ || observer_ == nullptr) return;
    heartbeat_.heard(now_ns());
    watch_heartbeat();
    observer_->transport_opened();
  }

  void link_pong(std::uint64_t id) override {
    if (id == current_) heartbeat_.heard(now_ns());
  }

  void link_message(std::uint64_t id, std::string message, std::int64_t received_ns) override {
    if (id != current_ || observer_ == nullptr) return;
    heartbeat_.heard(received_ns);
    if (paused_ || !waiting_.empty()) {
      // Read before the pause took hold.
      waiting_.emplace_back(std::move(message), received_ns);
    } else {
      observer_->transport_message(message, received_ns);
    }
    if (paused_ && !reading_stopped_) {
      if (auto* link = current()) {
        link->pause(true);
        reading_stopped_ = true;
      }
    }
  }

  void resume(std::uint64_t id) {
    if (id != current_) return;
    while (!paused_ && !waiting_.empty() && observer_ != nullptr) {
      const auto [message, received_ns] = std::move(waiting_.front());
      waiting_.pop_front();
      observer_->transport_message(message, received_ns);
      if (id != current_) return;
    }
    if (paused_ || !reading_stopped_) return;
    reading_stopped_ = false;
    if (auto* link = current()) link->pause(false);
  }

  void link_closed(std::uint64_t id, CloseInfo info) override {
    // The handler that calls us belongs to the link: let it return before the link goes.
    asio::post(io_, [this, id] {
      links_.erase(id);
      if (links_.empty()) start_waiting();
    });
    if (id != current_) return;
    current_ = 0;
    heartbeat_timer_.cancel();
    reading_stopped_ = false;
    waiting_.clear();
    if (auto* observer = std::exchange(observer_, nullptr)) observer->transport_closed(info);
  }

  asio::io_context& io_;
  websocketpp::client<PlainConfig> plain_;
  websocketpp::client<TlsConfig> tls_;
  std::shared_ptr<asio::ssl::context> tls_context_;
  std::string tls_ca_file_;
  std::map<std::uint64_t, std::unique_ptr<Link>> links_;
  std::uint64_t last_id_ = 0;
  std::uint64_t current_ = 0;  // 0: none
  TransportObserver* observer_ = nullptr;
  bool paused_ = false;
  bool reading_stopped_ = false;
  std::deque<std::pair<std::string, std::int64_t>> waiting_;  // bounded: what one read held
  std::optional<Request> request_;  // waits for the goodbye of the connection before
  asio::steady_timer wait_timer_;
  Heartbeat heartbeat_;
  asio::steady_timer heartbeat_timer_;
};

}  // namespace

std::unique_ptr<Transport> make_wspp_transport(asio::io_context& io) {
  return std::make_unique<WsppTransport>(io);
}

}  // namespace gv::live
