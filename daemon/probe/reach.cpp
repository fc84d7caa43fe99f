#include "daemon/probe/reach.hpp"

#include <memory>

#include <asio/connect.hpp>
#include <asio/ssl/stream.hpp>

#include "daemon/live/tls.hpp"

namespace gv::probe {

namespace json = boost::json;
using asio::ip::tcp;

namespace {

json::object failed(const std::string& why) {
  return {{"ok", false}, {"error", why}};
}

}  // namespace

json::object resolve(asio::io_context& io, const Errand& errand, Addresses& found) {
  asio::error_code error;
  tcp::resolver resolver(io);
  found = resolver.resolve(errand.endpoint.host, errand.endpoint.port, error);
  if (error) return failed(error.message());
  json::array addresses;
  for (const auto& entry : found)
    addresses.emplace_back(entry.endpoint().address().to_string());
  return {{"ok", true}, {"addresses", std::move(addresses)}};
}

json::object connect(const Addresses& addresses, tcp::socket& socket) {
  asio::error_code error;
  const tcp::endpoint reached = asio::connect(socket, addresses, error);
  if (error) return failed(error.message());
  return {{"ok", true}, {"address", reached.address().to_string()}};
}

json::object shake_hands(tcp::socket socket, const Errand& errand) {
  const auto fault = std::make_shared<std::string>();
  const auto context = live::make_tls_context(errand.ca_file);
  asio::ssl::stream<tcp::socket> stream(std::move(socket), *context);
  live::verify_host(stream, errand.endpoint.host, fault);
  // One address may serve many names.
  std::string name = errand.endpoint.host;
  SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           name.data());
  asio::error_code error;
  stream.handshake(asio::ssl::stream_base::client, error);
  if (!error) return {{"ok", true}, {"protocol", SSL_get_version(stream.native_handle())}};
  json::object told = failed(fault->empty() ? error.message() : *fault);
  const long verdict = SSL_get_verify_result(stream.native_handle());
  told["about_time"] =
      verdict == X509_V_ERR_CERT_HAS_EXPIRED || verdict == X509_V_ERR_CERT_NOT_YET_VALID;
  return told;
}

}  // namespace gv::probe
