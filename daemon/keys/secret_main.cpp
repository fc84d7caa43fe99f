// gemini-voice-secret lookup|store: the desktop's keyring (Secret Service), for the daemon and the
// command line. lookup writes the API key to standard output, store reads it from standard input;
// it is never an argument. The exit status is a SecretExit; standard error says why, in one line
// that never holds the key.
//
// A process of its own, because the keyring's library brings GLib with its main loop, and waits
// for the user where the keyring is locked.
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

#include <libsecret/secret.h>
#include <string.h>  // explicit_bzero
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/keys/secret_exit.hpp"

namespace gv::keys {
namespace {

constexpr std::size_t most_input = 4096 + 64;

// Without its name: what `secret-tool store application gemini-voiced type api-key` keeps is ours
// as well.
const SecretSchema* schema() {
  static const SecretSchema it = {
      "org.geminivoice.Voice1",
      SECRET_SCHEMA_DONT_MATCH_NAME,
      {{"application", SECRET_SCHEMA_ATTRIBUTE_STRING}, {"type", SECRET_SCHEMA_ATTRIBUTE_STRING}},
      0,
      nullptr,
      nullptr,
      nullptr,
      nullptr,
      nullptr,
      nullptr,
      nullptr};
  return &it;
}

struct ErrorFree {
  void operator()(GError* error) const { g_error_free(error); }
};
using ErrorPtr = std::unique_ptr<GError, ErrorFree>;

struct PasswordFree {
  void operator()(gchar* password) const { secret_password_free(password); }
};

int fail(SecretExit exit, std::string_view why) {
  const std::string line = std::string(why) + '\n';
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
  return static_cast<int>(exit);
}

int tell(const ErrorPtr& error) {
  const bool nobody =
      g_error_matches(error.get(), G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) != 0 ||
      g_error_matches(error.get(), G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) != 0 ||
      g_error_matches(error.get(), G_DBUS_ERROR, G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND) != 0 ||
      error->domain == G_IO_ERROR;  // no bus
  g_dbus_error_strip_remote_error(error.get());
  return fail(nobody ? SecretExit::no_service : SecretExit::refused, error->message);
}

// Whether there is a key that was not given: one in a locked keyring, which nobody unlocked.
bool kept_back() {
  GHashTable* const attributes =
      secret_attributes_build(schema(), "application", "gemini-voiced", "type", "api-key", nullptr);
  GList* const items = secret_service_search_sync(nullptr, schema(), attributes, SECRET_SEARCH_NONE,
                                                  nullptr, nullptr);
  g_hash_table_unref(attributes);
  const bool any = items != nullptr;
  g_list_free_full(items, g_object_unref);
  return any;
}

int lookup() {
  GError* raw = nullptr;
  const std::unique_ptr<gchar, PasswordFree> key(secret_password_lookup_sync(
      schema(), nullptr, &raw, "application", "gemini-voiced", "type", "api-key", nullptr));
  if (const ErrorPtr error{raw}) return tell(error);
  if (!key && kept_back()) return fail(SecretExit::refused, "it is locked, and was not unlocked");
  if (!key) return fail(SecretExit::not_found, "it has no key of gemini-voice");
  std::string_view rest = key.get();
  while (!rest.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(SecretExit::refused, "the key cannot be handed over");
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return static_cast<int>(SecretExit::done);
}

int store() {
  std::array<char, most_input + 1> input{};
  std::size_t size = 0;
  while (size < most_input) {
    const ssize_t got = ::read(STDIN_FILENO, input.data() + size, most_input - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  while (size > 0 && (input[size - 1] == '\n' || input[size - 1] == '\r'))
    input[--size] = '\0';
  if (size == 0) return fail(SecretExit::usage, "there is no key on standard input");
  GError* raw = nullptr;
  secret_password_store_sync(schema(), SECRET_COLLECTION_DEFAULT, "Gemini API key (gemini-voice)",
                             input.data(), nullptr, &raw, "application", "gemini-voiced", "type",
                             "api-key", nullptr);
  explicit_bzero(input.data(), input.size());
  if (const ErrorPtr error{raw}) return tell(error);
  return static_cast<int>(SecretExit::done);
}

void say_nothing(const gchar*, GLogLevelFlags, const gchar*, gpointer) {}

// It holds the key: nobody else of the user's looks into its memory.
void confine() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

}  // namespace
}  // namespace gv::keys

int main(int argc, char** argv) {
  using namespace gv::keys;
  const std::string_view verb = argc == 2 ? argv[1] : "";
  if (verb != "lookup" && verb != "store") {
    return fail(SecretExit::usage,
                "Usage: gemini-voice-secret lookup|store (the key on standard output or input)");
  }
  confine();
  g_log_set_default_handler(say_nothing, nullptr);  // a library's complaints are no line of ours
  return verb == "lookup" ? lookup() : store();
}
