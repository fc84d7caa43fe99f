#include "daemon/live/wspp_transport.hpp"

#include <deque>
#include <exception>
#include <map>
#include <utility>

#include <asio/post.hpp>
#include <netinet/tcp.h>

#include "daemon/live/tls.hpp"
#include "daemon/live/wspp_config.hpp"
#include "daemon/util/clock.hpp"
#include "daemon/util/log.hpp"

namespace gv::live {
namespace {

using PlainConfig = WsppConfig<websocketpp::config::asio_client>;
using TlsConfig = WsppConfig<websocketpp::config::asio_tls_client>;

constexpr std::size_t max_shown_body = 4096;
constexpr int send_buffer = 64 * 1024;
constexpr int unacknowledged_limit_ms = 30'000;

// What every flavour of connection offers.
class Link {
 public:
  virtual ~Link() = default;
  virtual void send(std::string message) = 0;
  virtual std::size_t buffered() const = 0;
  virtual void pause(bool paused) = 0;
  virtual void close() = 0;
};

// Called by a Link, with the id that it was made with; outlives all of them.
class LinkObserver {
 public:
  virtual ~LinkObserver() = default;
  virtual void link_opened(std::uint64_t id) = 0;
  virtual void link_message(std::uint64_t id, std::string message, std::int64_t received_ns) = 0;
  virtual void link_closed(std::uint64_t id, CloseInfo info) = 0;
};

template <class Config>
class WsppLink final : public Link {
 public:
  using Client = websocketpp::client<Config>;
  using Connection = typename Client::connection_ptr;

  // The connection holds its handlers, so they hold the observer and an id, never the connection
  // itself: that would be a cycle.
  WsppLink(Client& client, const Request& request, LinkObserver& observer, std::uint64_t id,
           const std::shared_ptr<std::string>& tls_fault) {
    websocketpp::lib::error_code ec;
    connection_ = client.get_connection(request.endpoint.uri, ec);
    if (ec) throw std::system_error(ec, "the address cannot be used");
    connection_->append_header("x-goog-api-key", request.api_key);
    std::weak_ptr<typename Client::connection_type> weak = connection_;
    connection_->set_open_handler(
        [weak, &observer, id, buffer = request.receive_buffer](const websocketpp::connection_hdl&) {
          if (const auto connection = weak.lock()) tune(*connection, buffer);
          observer.link_opened(id);
        });
    connection_->set_message_handler(
        [&observer, id](const websocketpp::connection_hdl&, typename Client::message_ptr message) {
          // JSON comes in binary and in text frames alike (live-api.md section 1.4).
          observer.link_message(id, std::move(message->get_raw_payload()), now_ns());
        });
    client.get_elog().clear();
    connection_->set_fail_handler(
        [weak, &client, &observer, id, tls_fault](const websocketpp::connection_hdl&) {
          if (const auto connection = weak.lock()) {
            const auto& fault = tls_fault->empty() ? client.get_elog().fault() : *tls_fault;
            observer.link_closed(id, failed_info(*connection, fault));
          }
        });
    connection_->set_close_handler([weak, &observer, id](const websocketpp::connection_hdl&) {
      if (const auto connection = weak.lock()) {
        observer.link_closed(id, closed_info(*connection));
      }
    });
    client.connect(connection_);
  }

  void send(std::string message) override {
    // Moving the text into the message saves one of websocketpp's two copies.
    auto frame = connection_->get_message(websocketpp::frame::opcode::text, 0);
    frame->get_raw_payload() = std::move(message);
    if (const auto ec = connection_->send(frame)) {
      log::debug("transport", "not sent: " + ec.message());
    }
  }

  std::size_t buffered() const override { return connection_->get_buffered_amount(); }

  // Pausing works from within a message handler only, before websocketpp asks for the next bytes;
  // resuming then has no read of its own to collide with.
  void pause(bool paused) override {
    if (paused) {
      connection_->handle_pause_reading();
    } else {
      connection_->handle_resume_reading();
    }
  }

  void close() override {
    websocketpp::lib::error_code ec;
    connection_->close(websocketpp::close::status::normal, "", ec);
    if (!ec) return;
    // Still connecting: there is no handshake to do. Without its socket websocketpp cannot go on
    // and send the request, which has the key in it.
    connection_->terminate(websocketpp::lib::error_code());
    asio::error_code ignored;
    connection_->get_raw_socket().close(ignored);
  }

 private:
  static void tune(typename Client::connection_type& connection, unsigned receive_buffer) {
    namespace ip = asio::ip;
    asio::error_code ignored;
    auto& socket = connection.get_raw_socket();
    socket.set_option(ip::tcp::no_delay(true), ignored);
    // About a second of audio: what the network does not take shows in buffered(), not in megabytes
    // of stale speech that the kernel delivers later.
    socket.set_option(asio::socket_base::send_buffer_size(send_buffer), ignored);
    // A peer that acknowledges nothing any more is gone.
    using UserTimeout = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>;
    socket.set_option(UserTimeout(unacknowledged_limit_ms), ignored);
    if (receive_buffer != 0) {
      socket.set_option(asio::socket_base::receive_buffer_size(static_cast<int>(receive_buffer)),
                        ignored);
    }
  }

  static CloseInfo failed_info(typename Client::connection_type& connection,
                               const std::string& fault) {
    CloseInfo info;
    const auto status = static_cast<int>(connection.get_response_code());
    if (status != 0) {
      info.stage = CloseInfo::Stage::upgrade;
      info.http_status = status;
      info.http_body = connection.get_response().get_body().substr(0, max_shown_body);
      return info;
    }
    namespace transport = websocketpp::transport;
    const auto ec = connection.get_ec();
    const bool late = ec == transport::error::make_error_code(transport::error::timeout) ||
                      ec == make_error_code(websocketpp::error::open_handshake_timeout);
    info.local_error = late ? "it did not answer in time" : fault.empty() ? ec.message() : fault;
    return info;
  }

  static CloseInfo closed_info(typename Client::connection_type& connection) {
    CloseInfo info;
    info.stage = CloseInfo::Stage::open;
    info.code = connection.get_remote_close_code();
    info.reason = connection.get_remote_close_reason();
    if (info.code == websocketpp::close::status::no_status ||
        info.code == websocketpp::close::status::blank) {
      info.code = websocketpp::close::status::abnormal_close;
    }
    // A fault that our side found (a frame too big, say) closes with a code of our own.
    if (const auto ec = connection.get_ec()) info.local_error = ec.message();
    return info;
  }

  Connection connection_;
};

class WsppTransport final : public Transport, public LinkObserver {
 public:
  explicit WsppTransport(asio::io_context& io) : io_(io) {
    plain_.init_asio(&io);
    tls_.init_asio(&io);
  }

  void open(const Request& request, TransportObserver& observer) override {
    observer_ = &observer;
    paused_ = false;
    reading_stopped_ = false;
    waiting_.clear();
    current_ = ++last_id_;
    try {
      links_.emplace(current_, connect(request, current_));
    } catch (const std::exception& e) {
      // Told like any other failure, not from within open().
      asio::post(io_, [this, id = current_, text = std::string(e.what())] {
        CloseInfo info;
        info.local_error = text;
        link_closed(id, info);
      });
    }
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
    if (!paused) asio::post(io_, [this, id = current_] { resume(id); });
  }

  void close() override {
    observer_ = nullptr;
    waiting_.clear();
    if (std::exchange(reading_stopped_, false)) {
      // The other side's close frame must be read for a clean end.
      asio::post(io_, [this, id = current_] {
        if (const auto found = links_.find(id); found != links_.end()) found->second->pause(false);
      });
    }
    if (auto* link = current()) link->close();
    current_ = 0;
  }

  std::size_t closing() const override { return links_.size() - links_.count(current_); }

 private:
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
          verify_host(stream, host, fault);
        });
    return std::make_unique<WsppLink<TlsConfig>>(tls_, request, *this, id, fault);
  }

  Link* current() {
    const auto found = links_.find(current_);
    return found == links_.end() ? nullptr : found->second.get();
  }

  void link_opened(std::uint64_t id) override {
    if (id == current_ && observer_ != nullptr) observer_->transport_opened();
  }

  void link_message(std::uint64_t id, std::string message, std::int64_t received_ns) override {
    if (id != current_ || observer_ == nullptr) return;
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
    asio::post(io_, [this, id] { links_.erase(id); });
    if (id != current_) return;
    current_ = 0;
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
};

}  // namespace

std::unique_ptr<Transport> make_wspp_transport(asio::io_context& io) {
  return std::make_unique<WsppTransport>(io);
}

}  // namespace gv::live
