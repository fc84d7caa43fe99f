#include "tests/e2e/support/certificates.hpp"

#include <cstdio>
#include <memory>
#include <stdexcept>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace gv::e2e {
namespace {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freer<X509_free>>;
using File = std::unique_ptr<std::FILE, Freer<std::fclose>>;

constexpr long day = 86'400;  // seconds

void expect(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

File open_file(const path& file, const char* mode) {
  File result(std::fopen(file.c_str(), mode));
  expect(result != nullptr, file.c_str());
  return result;
}

Key make_key() {
  // EVP_EC_gen() is a macro with a cast that clang warns of.
  return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
}

void add_extension(X509* cert, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  expect(extension != nullptr && X509_add_ext(cert, extension, -1) == 1, value);
  X509_EXTENSION_free(extension);
}

Cert make_cert(EVP_PKEY* key, const char* common_name, long from_days, long to_days) {
  static long serial = 1;
  Cert cert(X509_new());
  X509_set_version(cert.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), from_days * day);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), to_days * day);
  X509_set_pubkey(cert.get(), key);
  // OpenSSL takes text as unsigned char.
  const auto* name = reinterpret_cast<const unsigned char*>(common_name);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.get()), "CN", MBSTRING_ASC, name, -1, -1,
                             0);
  return cert;
}

void sign(X509* cert, X509* issuer, EVP_PKEY* issuer_key) {
  X509_set_issuer_name(cert, X509_get_subject_name(issuer));
  expect(X509_sign(cert, issuer_key, EVP_sha256()) > 0, "signing");
}

void write(const path& cert_file, const path& key_file, X509* cert, EVP_PKEY* key) {
  expect(PEM_write_X509(open_file(cert_file, "w").get(), cert) == 1, "writing a certificate");
  expect(PEM_write_PrivateKey(open_file(key_file, "w").get(), key, nullptr, nullptr, 0, nullptr,
                              nullptr) == 1,
         "writing a key");
}

}  // namespace

Authority::Authority(path dir)
    : dir_(std::move(dir)), file_(dir_ / "ca.pem"), key_file_(dir_ / "ca-key.pem") {
  const Key key = make_key();
  const Cert cert = make_cert(key.get(), "gemini-voice test authority", -2, 30);
  add_extension(cert.get(), cert.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(cert.get(), cert.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(cert.get(), cert.get(), NID_subject_key_identifier, "hash");
  sign(cert.get(), cert.get(), key.get());
  write(file_, key_file_, cert.get(), key.get());
}

Certificate Authority::issue(CertificateKind kind) const {
  const Cert authority(PEM_read_X509(open_file(file_, "r").get(), nullptr, nullptr, nullptr));
  const Key authority_key(
      PEM_read_PrivateKey(open_file(key_file_, "r").get(), nullptr, nullptr, nullptr));

  const bool wrong_name = kind == CertificateKind::wrong_name;
  const bool expired = kind == CertificateKind::expired;
  const bool self_signed = kind == CertificateKind::self_signed;
  const Key key = make_key();
  const Cert cert = make_cert(key.get(), wrong_name ? "other.example" : "localhost",
                              expired ? -9 : -2, expired ? -1 : 30);
  X509* const issuer = self_signed ? cert.get() : authority.get();
  add_extension(cert.get(), issuer, NID_subject_alt_name,
                wrong_name ? "DNS:other.example" : "DNS:localhost,IP:127.0.0.1");
  add_extension(cert.get(), issuer, NID_ext_key_usage, "serverAuth");
  sign(cert.get(), issuer, self_signed ? key.get() : authority_key.get());

  const std::string stem = "server-" + std::to_string(static_cast<int>(kind));
  Certificate result{dir_ / (stem + ".pem"), dir_ / (stem + "-key.pem")};
  write(result.chain, result.key, cert.get(), key.get());
  return result;
}

}  // namespace gv::e2e
