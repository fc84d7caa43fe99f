// Certificates made at run time: one authority, and server certificates of every kind that a client
// must accept or refuse.
#pragma once

#include "tests/e2e/support/files.hpp"

namespace gv::e2e {

struct Certificate {
  path chain;  // PEM
  path key;    // PEM
};

enum class CertificateKind {
  good,        // for localhost and 127.0.0.1, by the authority
  wrong_name,  // by the authority, for another host
  expired,     // by the authority, until yesterday
  self_signed  // for localhost and 127.0.0.1, by itself
};

// Keeps its files in `dir`.
class Authority {
 public:
  explicit Authority(path dir);
  const path& file() const { return file_; }  // PEM, for api.ca_file
  Certificate issue(CertificateKind kind) const;

 private:
  path dir_;
  path file_;
  path key_file_;
};

}  // namespace gv::e2e
