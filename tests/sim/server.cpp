// The one translation unit of websocketpp: it takes long to compile.
#include "tests/sim/server.hpp"

#include <ctime>
#include <map>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>

#include <sys/socket.h>
#include <websocketpp/concurrency/none.hpp>
#include <websocketpp/config/asio.hpp>
#include <websocketpp/logger/stub.hpp>
#include <websocketpp/server.hpp>

#include "tests/sim/listing.hpp"

namespace gv::sim {
namespace {

// Base: websocketpp::config::asio or asio_tls.
template <typename Base>
struct Config : Base {
  using type = Config;
  using concurrency_type = websocketpp::concurrency::none;
  using alog_type = websocketpp::log::stub;
  using elog_type = websocketpp::log::stub;
  static constexpr bool enable_multithreading = false;

  struct transport_config : Base::transport_config {
    using concurrency_type = typename Config::concurrency_type;
    using alog_type = typename Config::alog_type;
    using elog_type = typename Config::elog_type;
    static constexpr bool enable_multithreading = false;
    static const long timeout_socket_shutdown = 1000;
  };
  using transport_type = websocketpp::transport::asio::endpoint<transport_config>;
};

using Plain = Config<websocketpp::config::asio>;
using Tls = Config<websocketpp::config::asio_tls>;

std::string decode_percent(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      decoded += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::string query_value(const std::string& query, const std::string& name) {
  std::smatch match;
  const std::regex pattern("(?:^|&)" + name + "=((?:[^&%]|%[0-9A-Fa-f]{2})*)");
  return std::regex_search(query, match, pattern) ? decode_percent(match[1].str()) : std::string();
}

// Nothing where the path is not the Live API's.
std::optional<Request> parse_request(const std::string& resource, const std::string& key_header,
                                     const std::string& authorization) {
  static const std::regex pattern(
      R"(/ws/google\.ai\.generativelanguage\.(v1alpha|v1beta|v1)\.GenerativeService\.BidiGenerateContent(Constrained)?(?:\?(.*))?)");
  std::smatch match;
  if (!std::regex_match(resource, match, pattern)) return std::nullopt;
  Request request{.api_version = match[1].str(), .key = {}};
  const std::string query = match[3].str();
  if (match[2].matched) {
    request.key = query_value(query, "access_token");
    if (request.key.empty() && authorization.starts_with("Token ")) {
      request.key = authorization.substr(6);
    }
    // Anything else is no credential on this path.
    if (!request.key.starts_with("auth_tokens/")) request.key.clear();
  } else {
    request.key = key_header.empty() ? query_value(query, "key") : key_header;
  }
  return request;
}

// As RFC 9110 section 5.6.7 has it.
std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[40];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

template <typename C>
class SocketServer final : public Server {
 public:
  SocketServer(asio::io_context& io, const Shared& shared) : io_(io), shared_(shared) {
    if constexpr (std::is_same_v<C, Tls>) make_tls();
    endpoint_.init_asio(&io);
    endpoint_.set_reuse_addr(true);
    endpoint_.set_max_message_size(64U << 20);
    endpoint_.set_validate_handler([this](Handle handle) { return validate(handle); });
    endpoint_.set_open_handler([this](Handle handle) { opened(handle); });
    endpoint_.set_message_handler([this](Handle handle, MessagePtr message) {
      if (Peer* const peer = find(handle)) {
        peer->session->on_message(message->get_payload(),
                                  message->get_opcode() == websocketpp::frame::opcode::text);
      }
    });
    endpoint_.set_ping_handler(
        [this](Handle handle, const std::string& payload) { return pinged(handle, payload); });
    endpoint_.set_close_handler([this](Handle handle) { closed(handle); });
    endpoint_.set_fail_handler([this](Handle handle) { closed(handle); });
    endpoint_.set_http_handler([this](Handle handle) { answer(handle); });

    Error error;
    const auto address = asio::ip::make_address(shared.options.host);
    endpoint_.listen(asio::ip::tcp::endpoint(address, shared.options.port), error);
    if (!error) endpoint_.start_accept(error);
    if (error) {
      throw std::runtime_error("cannot listen on " + shared.options.host + ":" +
                               std::to_string(shared.options.port) + ": " + error.message());
    }
  }

  std::uint16_t port() const override {
    asio::error_code error;
    auto& endpoint = const_cast<Endpoint&>(endpoint_);
    return endpoint.get_local_endpoint(error).port();
  }

 private:
  using Endpoint = websocketpp::server<C>;
  using Connection = typename Endpoint::connection_ptr;
  using MessagePtr = typename Endpoint::message_ptr;
  using Handle = websocketpp::connection_hdl;
  using Error = websocketpp::lib::error_code;

  // The session's way to its socket.
  class SocketLink final : public Link {
   public:
    explicit SocketLink(Connection connection) : connection_(connection) {}

    void send(const std::string& payload, bool text, int fragments) override {
      const Connection connection = connection_.lock();
      if (!connection || silent_) return;
      const auto count = static_cast<std::size_t>(fragments);
      const std::size_t size = std::max<std::size_t>(1, (payload.size() + count - 1) / count);
      for (std::size_t begin = 0; begin == 0 || begin < payload.size(); begin += size) {
        namespace opcode = websocketpp::frame::opcode;
        const auto kind = begin != 0 ? opcode::continuation : text ? opcode::text : opcode::binary;
        const MessagePtr message = connection->get_message(kind, size);
        message->set_payload(payload.substr(begin, size));
        message->set_fin(begin + size >= payload.size());
        connection->send(message);
      }
    }

    void send_unframed(const std::string& bytes) override {
      const Connection connection = connection_.lock();
      if (!connection || silent_) return;
      const MessagePtr message =
          connection->get_message(websocketpp::frame::opcode::binary, bytes.size());
      message->set_payload(bytes);
      message->set_prepared(true);
      connection->send(message);
    }

    void close(int code, const std::string& reason) override {
      if (const Connection connection = connection_.lock()) {
        by_server_ = true;
        Error error;
        connection->close(static_cast<websocketpp::close::status::value>(code), reason, error);
      }
    }

    void drop(DropAction::How how) override {
      const Connection connection = connection_.lock();
      if (!connection) return;
      Error error;
      if (how == DropAction::How::silent) {
        silent_ = true;
        held_ = connection;  // with no read under way nobody else keeps the socket open
        connection->pause_reading();
        return;
      }
      by_server_ = true;
      auto& socket = connection->get_raw_socket();
      if (how == DropAction::How::reset) {
        socket.set_option(asio::socket_base::linger(true, 0), error);
        socket.close(error);
      } else {
        socket.shutdown(asio::ip::tcp::socket::shutdown_both, error);
      }
    }

    bool is_open() const override {
      const Connection connection = connection_.lock();
      return connection && !silent_ && !by_server_ &&
             connection->get_state() == websocketpp::session::state::open;
    }

    bool by_server() const { return by_server_; }
    bool silent() const { return silent_; }

   private:
    typename Endpoint::connection_weak_ptr connection_;
    Connection held_;
    bool by_server_ = false;
    bool silent_ = false;
  };

  struct Peer {
    std::unique_ptr<SocketLink> link;
    std::unique_ptr<Session> session;
  };

  void make_tls() {
    namespace ssl = asio::ssl;
    tls_ = std::make_shared<ssl::context>(ssl::context::tls_server);
    tls_->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                      ssl::context::no_sslv3 | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
    tls_->use_certificate_chain_file(shared_.options.tls_cert.string());
    tls_->use_private_key_file(shared_.options.tls_key.string(), ssl::context::pem);
    if constexpr (std::is_same_v<C, Tls>) {
      endpoint_.set_tls_init_handler([this](Handle) { return tls_; });
    }
  }

  Peer* find(Handle handle) {
    const auto found = peers_.find(handle);
    return found == peers_.end() ? nullptr : &found->second;
  }

  bool validate(Handle handle) {
    const Connection connection = endpoint_.get_con_from_hdl(handle);
    auto request =
        parse_request(connection->get_resource(), connection->get_request_header("x-goog-api-key"),
                      connection->get_request_header("Authorization"));
    if (!request) {
      connection->set_status(websocketpp::http::status_code::not_found);
      return false;
    }
    Peer peer;
    peer.link = std::make_unique<SocketLink>(connection);
    peer.session =
        std::make_unique<Session>(io_, shared_, *peer.link, ++connections_, std::move(*request));
    if (const auto refusal = peer.session->on_request()) {
      connection->set_status(static_cast<websocketpp::http::status_code::value>(refusal->status));
      connection->set_body(refusal->body);
      return false;
    }
    peers_.emplace(handle, std::move(peer));
    return true;
  }

  // A request that asks for no WebSocket.
  void answer(Handle handle) {
    const Connection connection = endpoint_.get_con_from_hdl(handle);
    connection->append_header("Date", http_date());
    const auto& request = connection->get_request();
    std::optional<HttpAnswer> listed;
    if (request.get_method() == "GET") {
      listed =
          list_models(request.get_uri(), request.get_header("x-goog-api-key"), shared_.options);
    }
    if (!listed) {
      connection->set_status(websocketpp::http::status_code::not_found);
      return;
    }
    shared_.log.write(monotonic_ns(), 0, "listing", {{"status", listed->status}});
    connection->append_header("Content-Type", "application/json; charset=UTF-8");
    connection->set_status(static_cast<websocketpp::http::status_code::value>(listed->status));
    connection->set_body(listed->body);
  }

  void opened(Handle handle) {
    Error error;
    endpoint_.get_con_from_hdl(handle)->get_raw_socket().set_option(asio::ip::tcp::no_delay(true),
                                                                    error);
  }

  bool pinged(Handle handle, const std::string& payload) {
    Peer* const peer = find(handle);
    const std::optional<int> delay = peer ? peer->session->pong_delay_ms() : std::nullopt;
    if (!delay) return true;
    if (*delay < 0) return false;
    timers_.after(std::chrono::milliseconds(*delay), [this, handle, payload] {
      const Peer* const there = find(handle);
      if (!there || there->link->silent()) return;
      Error error;
      endpoint_.pong(handle, payload, error);
    });
    return false;
  }

  void closed(Handle handle) {
    const auto found = peers_.find(handle);
    if (found == peers_.end()) return;
    const Peer peer = std::move(found->second);
    peers_.erase(found);
    const Connection connection = endpoint_.get_con_from_hdl(handle);
    namespace status = websocketpp::close::status;
    const bool by_server = peer.link->by_server();
    const auto remote = connection->get_remote_close_code();
    const bool clean = remote != status::blank && remote != status::abnormal_close;
    if (by_server) {
      peer.session->on_closed(connection->get_local_close_code(),
                              connection->get_local_close_reason(), "server");
    } else if (clean) {
      peer.session->on_closed(remote, connection->get_remote_close_reason(), "client");
    } else {
      peer.session->on_closed(status::abnormal_close, connection->get_ec().message(), "network");
    }
  }

  asio::io_context& io_;
  Shared shared_;
  std::shared_ptr<asio::ssl::context> tls_;
  Endpoint endpoint_;
  std::map<Handle, Peer, std::owner_less<Handle>> peers_;
  std::uint64_t connections_ = 0;
  Timers timers_{io_};
};

}  // namespace

std::unique_ptr<Server> Server::create(asio::io_context& io, const Shared& shared) {
  if (shared.options.tls_cert.empty()) return std::make_unique<SocketServer<Plain>>(io, shared);
  return std::make_unique<SocketServer<Tls>>(io, shared);
}

}  // namespace gv::sim
