#include "daemon/config/secret.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <string.h>  // explicit_bzero
#include <unistd.h>

#include "daemon/config/read_file.hpp"

namespace gv::config {
namespace {

constexpr std::size_t longest_key = 4096;
constexpr std::string_view blank = " \t\r\n";

struct Wiped {
  std::string text;
  explicit Wiped(std::string value) : text(std::move(value)) {}
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() { explicit_bzero(text.data(), text.size()); }
};

Failure failure(std::string message) {
  return {Error::no_api_key, std::move(message)};
}

// What is wrong with the trimmed text as an HTTP header value, or empty.
std::string_view unfit(std::string_view key) {
  if (key.empty()) return "is empty";
  if (key.size() > longest_key) return "is longer than 4096 bytes";
  const bool printable =
      std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  return printable ? "" : "holds spaces, control characters or letters that no key has";
}

std::variant<FileText, FileError> read_key(const std::string& path) {
  return read_regular_file(path, longest_key + 64);  // room for blanks around it
}

// nullopt: this source is not there.
std::optional<std::variant<ApiKey, Failure>> from_credential(const Environment& environment) {
  const auto folder = environment("CREDENTIALS_DIRECTORY");
  if (!folder || folder->empty()) return std::nullopt;
  auto read = read_key(*folder + "/gemini-api-key");
  if (const auto* error = std::get_if<FileError>(&read)) {
    if (error->code == ENOENT) return std::nullopt;
    return failure("the systemd credential gemini-api-key cannot be read: " + error->message);
  }
  const Wiped text(std::move(std::get<FileText>(read).text));
  return take_api_key(text.text, "the systemd credential gemini-api-key");
}

std::variant<ApiKey, Failure> from_file(const std::string& path) {
  auto read = read_key(path);
  if (const auto* error = std::get_if<FileError>(&read)) {
    return failure("the key file " + path + " (api.key_file) cannot be read: " + error->message);
  }
  FileText& file = std::get<FileText>(read);
  const Wiped text(std::move(file.text));
  if (file.owner != ::geteuid()) {
    return failure("the key file " + path +
                   " belongs to another user, who could change it; copy it to a file of your own "
                   "and: chmod 600 FILE");
  }
  if ((file.mode & 077) != 0) {
    return failure("the key file " + path + " is open to other users; close it with: chmod 600 " +
                   path);
  }
  return take_api_key(text.text, "the key file " + path);
}

}  // namespace

Secret::Secret(std::string_view text)
    : text_(std::make_unique<char[]>(text.size())), size_(text.size()) {
  std::memcpy(text_.get(), text.data(), text.size());
}

Secret::~Secret() {
  wipe();
}

Secret::Secret(Secret&& other) noexcept
    : text_(std::move(other.text_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    text_ = std::move(other.text_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

void Secret::wipe() {
  if (text_) explicit_bzero(text_.get(), size_);
}

std::variant<ApiKey, Failure> take_api_key(std::string_view text, const std::string& source) {
  const std::size_t first = text.find_first_not_of(blank);
  text = first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(blank) - first + 1);
  if (const std::string_view wrong = unfit(text); !wrong.empty()) {
    return failure("the API key from " + source + " " + std::string(wrong) +
                   "; it must be the key alone, on one line. Try: get one at "
                   "https://aistudio.google.com/apikey");
  }
  return ApiKey{Secret(text), source};
}

std::optional<std::variant<ApiKey, Failure>> find_ready_key(const Api& api,
                                                            const Environment& environment) {
  if (auto found = from_credential(environment)) return found;
  for (const char* name : {"GEMINI_API_KEY", "GOOGLE_API_KEY"}) {
    auto value = environment(name);
    if (!value || value->empty()) continue;
    const Wiped text(std::move(*value));
    return take_api_key(text.text, std::string("$") + name);
  }
  if (!api.key_file.empty()) return from_file(expand_home(api.key_file, environment));
  return std::nullopt;
}

std::variant<ApiKey, Failure> find_api_key(const Api& api, const Environment& environment) {
  if (auto found = find_ready_key(api, environment)) return std::move(*found);
  return failure(
      "no API key was found. Try: get one at https://aistudio.google.com/apikey and type "
      "gemini-voicectl config set-key; or set api.key_file to a file of mode 600 that holds it; "
      "add LoadCredential=gemini-api-key:FILE to the unit (systemctl --user edit gemini-voiced); "
      "let api.key_command print it; or set GEMINI_API_KEY (or GOOGLE_API_KEY) in the daemon's "
      "environment");
}

}  // namespace gv::config
