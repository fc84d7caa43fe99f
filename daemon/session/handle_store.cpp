#include "daemon/session/handle_store.hpp"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <variant>

#include <boost/json.hpp>

#include "daemon/config/read_file.hpp"
#include "daemon/util/log.hpp"
#include "daemon/util/private_file.hpp"

namespace gv::session {

namespace json = boost::json;

namespace {

constexpr std::size_t most_bytes = 256UL * 1024;

std::string text_of(const json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

}  // namespace

HandleStore::HandleStore(std::string folder) : folder_(std::move(folder)) {
  load();
}

bool HandleStore::Entry::valid(std::int64_t now_s) const {
  // A clock that was set back proves nothing.
  return saved_s <= now_s && now_s - saved_s < validity_s;
}

Handle HandleStore::find(const std::string& profile, const std::string& endpoint,
                         std::int64_t now_s) const {
  const auto found = entries_.find(profile);
  if (found == entries_.end() || found->second.endpoint != endpoint) return {};
  return found->second.valid(now_s) ? found->second.handle : Handle{};
}

void HandleStore::keep(const std::string& profile, const std::string& endpoint,
                       const Handle& handle, std::int64_t now_s) {
  std::erase_if(entries_, [now_s](const auto& entry) { return !entry.second.valid(now_s); });
  if (handle.value.empty()) {
    entries_.erase(profile);
  } else {
    entries_.insert_or_assign(profile, Entry{endpoint, handle, now_s});
  }
  unsaved_ = true;
}

void HandleStore::forget_all() {
  entries_.clear();
  unsaved_ = false;
  if (folder_.empty()) return;
  // Also a file that could not be read: it may hold one.
  std::error_code ec;
  std::filesystem::remove(path(), ec);
  if (!ec) return;
  log::warning("session", "the kept conversations cannot be forgotten: " + path() + ": " +
                              ec.message() + ". Try: remove it by hand.");
}

void HandleStore::load() {
  if (folder_.empty()) return;
  const auto read = config::read_regular_file(path(), most_bytes);
  if (const auto* error = std::get_if<config::FileError>(&read)) {
    if (error->code != ENOENT && error->code != ENOTDIR) {
      log::warning("session", path() + " cannot be read (" + error->message +
                                  "): no earlier conversation is gone on with");
    }
    return;
  }
  json::error_code ec;
  const auto parsed = json::parse(std::get<config::FileText>(read).text, ec);
  if (ec || !parsed.is_object()) {
    log::warning("session", path() + " is damaged: no earlier conversation is gone on with");
    return;
  }
  for (const auto& [profile, value] : parsed.get_object()) {
    if (!value.is_object()) continue;
    const auto& object = value.get_object();
    const auto* saved = object.if_contains("saved");
    Entry entry{text_of(object, "endpoint"),
                {text_of(object, "handle"), text_of(object, "model")},
                saved != nullptr && saved->is_int64() ? saved->get_int64() : 0};
    if (!entry.handle.value.empty()) entries_.emplace(profile, std::move(entry));
  }
}

void HandleStore::save() {
  if (folder_.empty() || !std::exchange(unsaved_, false)) return;
  json::object all;
  for (const auto& [profile, entry] : entries_) {
    all[profile] = {{"endpoint", entry.endpoint},
                    {"model", entry.handle.model},
                    {"handle", entry.handle.value},
                    {"saved", entry.saved_s}};
  }
  if (private_folder(folder_) && write_private(path(), json::serialize(all) + "\n")) return;
  log::warning("session", "the conversation cannot be kept for later: " + folder_ + ": " +
                              std::generic_category().message(errno));
}

}  // namespace gv::session
