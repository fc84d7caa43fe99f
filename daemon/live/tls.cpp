#include "daemon/live/tls.hpp"

#include <asio/ssl/host_name_verification.hpp>

namespace gv::live {

std::shared_ptr<asio::ssl::context> make_tls_context(const std::string& ca_file) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  context->set_verify_mode(asio::ssl::verify_peer);
  if (ca_file.empty()) {
    context->set_default_verify_paths();
  } else {
    context->load_verify_file(ca_file);
  }
  return context;
}

namespace {

using Stream = asio::ssl::stream<asio::ip::tcp::socket>;

void trust_host(Stream& stream, const std::string& host,
                const std::shared_ptr<std::string>& fault) {
  stream.set_verify_mode(asio::ssl::verify_peer);
  // Called by OpenSSL, through which nothing may be thrown: without memory, nobody is trusted.
  stream.set_verify_callback([host, fault, verify = asio::ssl::host_name_verification(host)](
                                 bool preverified, asio::ssl::verify_context& chain) {
    try {
      if (!preverified) {
        const int error = X509_STORE_CTX_get_error(chain.native_handle());
        *fault =
            std::string("its certificate was refused: ") + X509_verify_cert_error_string(error);
        return false;
      }
      if (verify(preverified, chain)) return true;
      *fault = "its certificate is for another host than " + host;
    } catch (...) {
      fault->clear();
    }
    return false;
  });
}

}  // namespace

void verify_host(Stream& stream, const std::string& host,
                 const std::shared_ptr<std::string>& fault) noexcept {
  try {
    trust_host(stream, host, fault);
  } catch (...) {
    // Half set up it might trust anybody.
    SSL_set_verify(stream.native_handle(), SSL_VERIFY_PEER,
                   [](int /*preverified*/, X509_STORE_CTX* /*chain*/) { return 0; });
  }
}

}  // namespace gv::live
