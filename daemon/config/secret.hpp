// The API key: where it is found, and a holder that forgets it. Any thread; reads files, never
// waits.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/config/config.hpp"
#include "daemon/config/paths.hpp"
#include "daemon/util/error.hpp"

namespace gv::config {

// Text that is wiped when it goes, cannot be copied by accident and cannot be printed.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text);
  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  // Lives as long as this object holds it.
  std::string_view reveal() const { return {text_.get(), size_}; }
  bool empty() const { return size_ == 0; }

 private:
  void wipe();

  std::unique_ptr<char[]> text_;
  std::size_t size_ = 0;
};

std::ostream& operator<<(std::ostream&, const Secret&) = delete;

struct ApiKey {
  Secret key;
  std::string source;  // for people, e.g. "$GEMINI_API_KEY" or "key file /home/a/.key"
};

// The key in what a source gave: without blanks around it, and fit for a header. No message holds
// any of the text.
std::variant<ApiKey, Failure> take_api_key(std::string_view text, const std::string& source);

// Of the sources that answer at once, in order: the systemd credential gemini-api-key,
// $GEMINI_API_KEY, $GOOGLE_API_KEY, api.key_file. The first that is set decides: what is wrong with
// it is told (Error::no_api_key), not passed over. nullopt: none of them is set.
std::optional<std::variant<ApiKey, Failure>> find_ready_key(const Api& api,
                                                            const Environment& environment);

// The same, with every way to give a key as the failure where none is set. api.key_command and
// api.keyring are not asked (daemon/keys/finder.hpp).
std::variant<ApiKey, Failure> find_api_key(const Api& api, const Environment& environment);

}  // namespace gv::config
