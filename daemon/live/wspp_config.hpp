// Our websocketpp: one thread, no log on any stream (its access log prints request paths), tight
// time limits. Included by wspp_transport.cpp only.
#pragma once

#include <string>

#include <websocketpp/client.hpp>
#include <websocketpp/concurrency/none.hpp>
#include <websocketpp/config/asio_client.hpp>
#include <websocketpp/logger/stub.hpp>

namespace gv::live {

// websocketpp tells only its error log why a name was not found or a connection was refused: the
// error code of the connection is that of the shutdown that follows. This log keeps that reason.
class FaultLog : public websocketpp::log::stub {
 public:
  using stub::stub;

  void write(websocketpp::log::level /*channel*/, const std::string& line) {
    // "asio async_connect error: system:111 (Connection refused)"
    if (!line.starts_with("asio async_resolve") && !line.starts_with("asio async_connect")) return;
    const auto open = line.find(" (");
    const auto shut = line.rfind(')');
    if (open != std::string::npos && shut > open) fault_ = line.substr(open + 2, shut - open - 2);
  }
  using stub::write;

  const std::string& fault() const { return fault_; }
  void clear() { fault_.clear(); }

 private:
  std::string fault_;
};

// Base: websocketpp's own client config, with TLS or without.
template <class Base>
struct WsppConfig : public Base {
  using type = WsppConfig;
  using concurrency_type = websocketpp::concurrency::none;
  using request_type = typename Base::request_type;
  using response_type = typename Base::response_type;
  using message_type = typename Base::message_type;
  using con_msg_manager_type = typename Base::con_msg_manager_type;
  using endpoint_msg_manager_type = typename Base::endpoint_msg_manager_type;
  using alog_type = websocketpp::log::stub;
  using elog_type = FaultLog;
  using rng_type =
      websocketpp::random::random_device::int_generator<std::uint32_t, concurrency_type>;

  struct transport_config : public Base::transport_config {
    using type = transport_config;
    using concurrency_type = websocketpp::concurrency::none;
    using alog_type = websocketpp::log::stub;
    using elog_type = FaultLog;
    using request_type = typename Base::request_type;
    using response_type = typename Base::response_type;
    static const bool enable_multithreading = false;
    static const long timeout_connect = 10000;  // ms
    static const long timeout_dns_resolve = 10000;
    static const long timeout_socket_post_init = 10000;  // the TLS handshake
    static const long timeout_socket_shutdown = 500;
  };
  using transport_type = websocketpp::transport::asio::endpoint<transport_config>;

  static const bool enable_multithreading = false;
  static const long timeout_open_handshake = 10000;
  static const long timeout_close_handshake = 1000;
  // The declared length of a frame is reserved up front; audio messages are about 20 kB.
  static const std::size_t max_message_size = 8UL * 1024 * 1024;
};

}  // namespace gv::live
