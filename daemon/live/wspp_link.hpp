// One WebSocket connection of websocketpp, over TLS or plain. Included by the transport alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <netinet/tcp.h>

#include "daemon/live/transport.hpp"
#include "daemon/live/wspp_config.hpp"
#include "daemon/util/clock.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/log.hpp"

namespace gv::live {

using PlainConfig = WsppConfig<websocketpp::config::asio_client>;
using TlsConfig = WsppConfig<websocketpp::config::asio_tls_client>;

// What every flavour of connection offers.
class Link {
 public:
  virtual ~Link() = default;
  virtual void send(std::string message) = 0;
  virtual std::size_t buffered() const = 0;
  virtual void pause(bool paused) = 0;
  virtual void close() = 0;
  virtual void drop() = 0;
  virtual void ping() = 0;
  virtual std::string local_address() const = 0;
};

// Called by a Link, with the id that it was made with; outlives all of them.
class LinkObserver {
 public:
  virtual ~LinkObserver() = default;
  virtual void link_opened(std::uint64_t id) = 0;
  virtual void link_message(std::uint64_t id, std::string message, std::int64_t received_ns) = 0;
  virtual void link_pong(std::uint64_t id) = 0;
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
    // websocketpp calls these from within its own error handling: nothing may leave them.
    connection_->set_open_handler(
        [weak, &observer, id, buffer = request.receive_buffer](const websocketpp::connection_hdl&) {
          guarded("a new connection", [&weak, &observer, id, buffer] {
            if (const auto connection = weak.lock()) tune(*connection, buffer);
            observer.link_opened(id);
          });
        });
    connection_->set_message_handler(
        [&observer, id](const websocketpp::connection_hdl&, typename Client::message_ptr message) {
          // JSON comes in binary and in text frames alike (live-api.md section 1.4).
          guarded("a message of the service", [&observer, id, &message] {
            observer.link_message(id, std::move(message->get_raw_payload()), now_ns());
          });
        });
    connection_->set_pong_handler([&observer, id](const websocketpp::connection_hdl&,
                                                  const std::string&) { observer.link_pong(id); });
    client.get_elog().clear();
    connection_->set_fail_handler(
        [weak, &client, &observer, id, tls_fault](const websocketpp::connection_hdl&) {
          guarded("a failed connection", [&weak, &client, &observer, id, &tls_fault] {
            if (const auto connection = weak.lock()) {
              const auto& fault = tls_fault->empty() ? client.get_elog().fault() : *tls_fault;
              observer.link_closed(id, failed_info(*connection, fault));
            }
          });
        });
    connection_->set_close_handler([weak, &observer, id](const websocketpp::connection_hdl&) {
      guarded("the end of a connection", [&weak, &observer, id] {
        if (const auto connection = weak.lock()) {
          observer.link_closed(id, closed_info(*connection));
        }
      });
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
    // Still connecting: there is no handshake to do.
    if (ec) drop();
  }

  // Without its socket websocketpp cannot go on and send the request, which has the key in it.
  void drop() override {
    connection_->terminate(websocketpp::lib::error_code());
    asio::error_code ignored;
    connection_->get_raw_socket().close(ignored);
  }

  void ping() override {
    websocketpp::lib::error_code ignored;
    connection_->ping("", ignored);
  }

  std::string local_address() const override {
    asio::error_code ec;
    const auto endpoint = connection_->get_raw_socket().local_endpoint(ec);
    return ec ? "" : endpoint.address().to_string();
  }

 private:
  static constexpr std::size_t max_shown_body = 4096;
  static constexpr int send_buffer = 64 * 1024;
  static constexpr int unacknowledged_limit_ms = 30'000;

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

}  // namespace gv::live
