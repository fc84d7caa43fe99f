// Finds the API key in the contract's order. Sources that take a while, a command of the user's and
// the keyring, are programs that run beside us. Main thread only; nothing waits.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <asio/io_context.hpp>

#include "daemon/keys/source.hpp"
#include "daemon/tools/runner.hpp"

namespace gv::keys {

class Finder final : public Source {
 public:
  // environment: ours, NAME=value. io must outlive this.
  Finder(asio::io_context& io, std::vector<std::string> environment);
  ~Finder() override = default;  // what still runs is killed
  Finder(const Finder&) = delete;
  Finder& operator=(const Finder&) = delete;

  std::optional<config::ApiKey> find(const config::Api& api, Found found) override;
  void cancel() override;

 private:
  config::Environment lookup() const;
  void ask_command(const std::vector<std::string>& argv);
  void ask_keyring();
  void finish(std::variant<config::ApiKey, Failure> result);

  std::vector<std::string> environment_;
  tools::Runner runner_;
  std::uint64_t run_ = 0;  // 0: nothing is being looked for
  Found found_;
};

}  // namespace gv::keys
