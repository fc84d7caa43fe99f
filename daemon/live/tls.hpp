// TLS for the connection to the service: certificate and host name are both verified, and the
// reason of a refusal is kept. Main thread.
#pragma once

#include <memory>
#include <string>

#include <asio/ip/tcp.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>

namespace gv::live {

// TLS 1.2 or newer, peer verified. ca_file: PEM, instead of the system's store; empty: the store.
// Throws std::system_error where ca_file cannot be read.
std::shared_ptr<asio::ssl::context> make_tls_context(const std::string& ca_file);

// Verifies that the certificate is for `host` (RFC 6125; websocketpp itself accepts any). What was
// wrong with it is written to *fault. Where memory is short, nobody is trusted.
void verify_host(asio::ssl::stream<asio::ip::tcp::socket>& stream, const std::string& host,
                 const std::shared_ptr<std::string>& fault) noexcept;

}  // namespace gv::live
