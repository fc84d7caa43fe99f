// What must not leave this machine in a bug report, taken out. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.hpp"

namespace gv::ctl {

// Who and where we are. What is empty is not looked for.
struct Identity {
  std::string home;  // "/home/alice"
  std::string user;
  std::string full_name;
  std::string host;
};

class Redactor {
 public:
  // secrets: to be found literally, and by their beginnings: the key, where it is known.
  Redactor(Identity identity, std::vector<std::string> secrets);
  ~Redactor();
  Redactor(const Redactor&) = delete;
  Redactor& operator=(const Redactor&) = delete;

  // Without keys, tokens, handles and whatever looks like one, mail and network addresses; the home
  // folder is ~, the user USER, the host HOST.
  std::string operator()(std::string text) const;

 private:
  Identity identity_;
  std::vector<std::string> secrets_;
};

// A unit or a drop-in (systemd.syntax(7)), its continued lines joined: of variables, credentials
// and programs only the names stay, of comments nothing.
std::string redacted_unit(std::string_view text);

// What people wrote for the model, and what they run, is replaced by its size; names of devices,
// models, profiles and tools stay.
config::Config redacted(config::Config config);

}  // namespace gv::ctl
