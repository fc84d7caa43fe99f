#include "ctl/key_file.hpp"

#include <filesystem>
#include <system_error>
#include <variant>

#include <string.h>  // explicit_bzero
#include <unistd.h>

#include "ctl/problem.hpp"
#include "daemon/config/read_file.hpp"
#include "daemon/config/replace_file.hpp"
#include "daemon/config/secret.hpp"
#include "daemon/config/text.hpp"

namespace gv::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_bytes = 8192;  // more than any key

// A single word alone may be anybody's password: it must have the form of Google's keys.
bool is_ours(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == text.npos) return true;
  return config::holds_api_key(text) &&
         std::holds_alternative<config::ApiKey>(config::take_api_key(text, ""));
}

bool may_be_replaced(const std::string& file) {
  std::error_code none;
  const fs::file_status status = fs::symlink_status(file, none);
  if (status.type() == fs::file_type::not_found) return true;
  if (!fs::is_regular_file(status)) return false;  // a link's file is somewhere else for a reason
  auto read = config::read_regular_file(file, most_bytes);
  auto* found = std::get_if<config::FileText>(&read);
  if (found == nullptr) return false;
  const bool ours = found->owner == ::geteuid() && is_ours(found->text);
  explicit_bzero(found->text.data(), found->text.size());
  return ours;
}

}  // namespace

std::string own_key_file(const std::string& folder) {
  for (const char* name : {"/key", "/gemini-voice-key"}) {
    std::string file = folder + name;
    if (may_be_replaced(file)) return file;
  }
  throw Problem(Exit::refused, "config set-key",
                "key and gemini-voice-key in " + folder +
                    " are there already and hold something else than an API key, so nothing was "
                    "written",
                "to move one of them away, or api.key_file: FILE in the configuration");
}

std::string put_into_file(const std::string& file, std::string_view key) {
  std::error_code none;
  const fs::file_status status = fs::status(file, none);
  if (fs::exists(status) && !fs::is_regular_file(status)) return "it is not a regular file";
  const config::Secret line(std::string(key) + '\n');
  try {
    config::replace_file(file, line.reveal(), 0600);
  } catch (const std::system_error& e) {
    return e.code().message();
  }
  return "";
}

}  // namespace gv::ctl
