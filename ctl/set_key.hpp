// Where an API key is put, and how the configuration and the daemon hear of it. Blocks; throws
// Problem.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ctl/options.hpp"
#include "daemon/config/secret.hpp"

namespace gv::ctl {

enum class KeyPlace {
  best,     // the keyring where there is one that can be used, else a file
  keyring,  // api.keyring
  file,     // for the user alone: api.key_file, or one beside the configuration
};

struct StoredKey {
  bool in_keyring = false;
  std::string file;        // where not in the keyring
  std::string config;      // the file that names the place
  std::string credential;  // the unit's file that gives it a credential, which goes first; or empty
  bool reloaded = false;
  std::vector<std::string> notes;  // for people: what else they may want to know
};

// typed: as it was read; blanks around it are not part of it. What is wrong with it, or with the
// configuration, is told before anything is stored. Where the configuration cannot be written the
// key is stored, and the Problem says where.
StoredKey store_key(const config::Secret& typed, KeyPlace place, const Options& options);

// As config set-key tells it, for people.
std::string describe(const StoredKey& stored);

// Lets a daemon that runs read the configuration anew; false: none runs. note: why it could not.
bool reload_daemon(const Options& options, std::string& note);

// The key by the configuration in force, from the environment of this program; why there is none.
std::variant<config::ApiKey, Failure> find_key(const config::Api& api);

}  // namespace gv::ctl
