// history list|show|search|export|delete: read the file of past conversations, daemon or not.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "ctl/dates.hpp"
#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/render.hpp"
#include "ctl/state.hpp"
#include "ctl/verbs.hpp"
#include "daemon/history/export.hpp"
#include "daemon/history/store.hpp"
#include "daemon/store/aside.hpp"
#include "daemon/util/text.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

using history::Entry;
using history::Session;
using history::Store;

// A history verb at work.
struct Asked {
  const Call& call;
  std::string what;                // "history show"
  std::vector<std::string> words;  // after that
};

[[noreturn]] void wrong_usage(const Asked& asked, std::string why) {
  throw Problem(Exit::usage, asked.what, std::move(why), "gemini-voicectl history --help");
}

// The options of all these verbs are known to the command line; this one has some of them.
void refuse_others(const Asked& asked, std::initializer_list<std::string_view> known) {
  for (const std::string_view option : {"--profile", "--since", "--newest", "--format", "--output",
                                        "--before", "--all", "--dry-run"}) {
    if (!asked.call.arguments.has(option) || std::ranges::find(known, option) != known.end()) {
      continue;
    }
    wrong_usage(asked, "has no option " + std::string(option));
  }
}

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string file() {
  return history::history_file(state_folder("history"));
}

// The messages of the store end with what to try.
[[noreturn]] void fail(const std::string& what, const store::StoreError& error) {
  if (error.trouble() == store::Trouble::missing) {
    throw Problem(Exit::failed, what, "there is no history yet",
                  "history: {enabled: true} in the configuration");
  }
  const auto exit = error.trouble() == store::Trouble::locked ? Exit::refused : Exit::failed;
  throw Problem(exit, what, error.what());
}

std::optional<std::int64_t> time_option(const Asked& asked, std::string_view option) {
  if (!asked.call.arguments.has(option)) return std::nullopt;
  const std::string text = asked.call.arguments.value(option);
  const auto time = moment(text, now_us());
  if (!time) {
    wrong_usage(asked, std::string(option) + ": '" + printable(text) +
                           "' is no time such as 2026-07-14, '2026-07-14 10:15', today or 7d");
  }
  return time;
}

Store::Which which(const Asked& asked) {
  Store::Which which;
  const auto& given = asked.call.arguments;
  if (given.has("--profile")) which.profile = given.value("--profile");
  which.since_us = time_option(asked, "--since");
  if (given.has("--newest")) {
    const std::string text = given.value("--newest");
    std::int64_t most = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), most);
    if (error != std::errc() || end != text.data() + text.size() || most <= 0)
      wrong_usage(asked, "-n: '" + printable(text) + "' is not a positive number");
    which.most = most;
  }
  return which;
}

json::object to_object(const Session& session) {
  return {{"id", session.id},
          {"profile", session.profile},
          {"model", session.model},
          {"begun_us", session.begun_us},
          {"ended_us", session.ended_us},
          {"reason", session.reason},
          {"goes_on", session.goes_on}};
}

json::object to_object(const Entry& entry) {
  json::array sources;
  for (const auto& source : entry.sources)
    sources.push_back(json::object{{"address", source.address}, {"title", source.title}});
  return {{"turn", entry.turn},
          {"role", std::string(contract_name(entry.role))},
          {"text", entry.text},
          {"time_us", entry.time_us},
          {"begin_ms", entry.begin_ms},
          {"end_ms", entry.end_ms},
          {"interrupted", entry.interrupted},
          {"heard_ms", entry.heard_ms},
          {"sources", std::move(sources)}};
}

std::string short_text(const std::string& text, std::size_t most) {
  const std::string line = printable(text);
  const std::string_view shown = beginning(line, most);
  return std::string(shown) + (shown.size() < line.size() ? "…" : "");
}

std::string duration_of(const Session& session) {
  if (session.ended_us <= session.begun_us) return "-";
  const std::int64_t seconds = (session.ended_us - session.begun_us) / 1'000'000;
  const std::string rest = std::to_string(seconds % 60);
  return std::to_string(seconds / 60) + (rest.size() < 2 ? ":0" : ":") + rest;
}

// The one session that an id or its beginning names, or "last".
Session named(const Asked& asked, const Store& store) {
  if (asked.words.size() != 1) wrong_usage(asked, "wants one session");
  const std::string& id = asked.words[0];
  if (id == "last") {
    if (auto newest = store.last()) return *newest;
    throw Problem(Exit::failed, asked.what, "there is no conversation in the history");
  }
  auto found = id.empty() ? std::vector<Session>{} : store.find(id, 2);
  if (found.size() == 1) return std::move(found.front());
  throw Problem(Exit::failed, asked.what,
                found.empty() ? "there is no session '" + printable(id) + "'"
                              : "more than one session begins with '" + printable(id) + "'",
                "gemini-voicectl history list");
}

int list(const Asked& asked) {
  refuse_others(asked, {"--profile", "--since", "--newest"});
  if (!asked.words.empty()) wrong_usage(asked, "unexpected '" + printable(asked.words[0]) + "'");
  const auto wanted = which(asked);
  const Store store(file(), store::Access::read);
  for (const auto& one : store.list(wanted)) {
    if (asked.call.options.json) {
      auto object = to_object(one.session);
      object["entries"] = one.entries;
      object["first"] = one.first;
      print(object);
      continue;
    }
    print(pad(printable(one.session.id), 18) + history::local_time(one.session.begun_us) + ' ' +
          pad(duration_of(one.session), 7) + pad(printable(one.session.profile), 12) +
          short_text(one.first, 60));
  }
  return 0;
}

int show(const Asked& asked) {
  refuse_others(asked, {});
  const Store store(file(), store::Access::read);
  const Session session = named(asked, store);
  if (asked.call.options.json) {
    auto object = to_object(session);
    object["entries"] = json::array();
    for (const Entry& entry : store.entries(session.id))
      object["entries"].get_array().push_back(to_object(entry));
    print(object);
    return 0;
  }
  print(history::local_time(session.begun_us) + ", " + printable(session.profile) + ", " +
        printable(session.model) + (session.goes_on ? ", goes on with an earlier one" : ""));
  for (const Entry& entry : store.entries(session.id)) {
    std::string line = clock_time(entry.time_us) + ' ' + speaker(contract_name(entry.role)) + ": " +
                       printable(entry.text);
    if (entry.interrupted) line += " (interrupted)";
    for (const auto& source : entry.sources)
      line += "\n  source: " + printable(source.title) + " <" + printable(source.address) + '>';
    print(line);
  }
  return 0;
}

int search(const Asked& asked) {
  refuse_others(asked, {"--profile", "--since", "--newest"});
  if (asked.words.empty()) wrong_usage(asked, "wants words to look for");
  std::string words;
  for (const std::string& word : asked.words)
    words += (words.empty() ? "" : " ") + word;
  const auto wanted = which(asked);
  const Store store(file(), store::Access::read);
  for (const auto& found : store.search(words, wanted)) {
    if (asked.call.options.json) {
      auto object = to_object(found.entry);
      object["session"] = to_object(found.session);
      object["excerpt"] = found.excerpt;
      print(object);
      continue;
    }
    print(pad(printable(found.session.id), 18) + history::local_time(found.entry.time_us) + ' ' +
          speaker(contract_name(found.entry.role)) + ": " + short_text(found.excerpt, 300));
  }
  return 0;
}

// Closed to others, and never over a file that is there.
void write_file(const Asked& asked, const std::string& name, std::string_view text) {
  const auto failed = [&](int error) {
    throw Problem(error == EEXIST ? Exit::refused : Exit::failed, asked.what,
                  name + ": " + std::generic_category().message(error), "another -o FILE");
  };
  const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) failed(errno);
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int reason = errno;
      ::close(fd);
      ::unlink(name.c_str());
      failed(reason);
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::close(fd) != 0) failed(errno);
}

int export_session(const Asked& asked) {
  refuse_others(asked, {"--format", "--output"});
  const auto& given = asked.call.arguments;
  const std::string output = given.value("--output");
  std::string name = given.value("--format");
  if (!given.has("--format")) {
    const std::string extension = std::filesystem::path(output).extension().string();
    name = extension.empty() ? "md" : extension.substr(1);
    if (asked.call.options.json) name = "json";
  }
  const auto format = history::format_of(name);
  if (!format) {
    wrong_usage(asked,
                "'" + printable(name) + "' is not a format; there are md, json, srt and vtt");
  }
  const Store store(file(), store::Access::read);
  const Session session = named(asked, store);
  const std::string text = history::exported(*format, session, store.entries(session.id));
  if (given.has("--output") && output != "-") {
    write_file(asked, output, text);
  } else if (output_is_terminal()) {
    print_raw(printable(text, true));
  } else {
    print_raw(text);
  }
  return 0;
}

std::string counted(std::int64_t number, const std::string& one, const std::string& many) {
  return std::to_string(number) + ' ' + (number == 1 ? one : many);
}

Store::Removed remove_from_file(const Asked& asked, std::optional<std::int64_t> before) {
  const auto& given = asked.call.arguments;
  const Store store(file(), store::Access::change);
  Store::Removed removed;
  auto together = store.together();
  if (given.has("--all")) {
    removed = store.remove_all();
  } else if (before) {
    removed = store.remove_before(*before);
  } else {
    removed = store.remove_session(named(asked, store).id);
  }
  if (!given.has("--dry-run")) together.commit();
  return removed;
}

int remove(const Asked& asked) {
  refuse_others(asked, {"--before", "--all", "--dry-run"});
  const auto& given = asked.call.arguments;
  const auto before = time_option(asked, "--before");
  const bool all = given.has("--all");
  const bool dry_run = given.has("--dry-run");
  if (asked.words.size() + (before ? 1 : 0) + (all ? 1 : 0) != 1) {
    wrong_usage(asked, "wants one of a session, --before and --all");
  }
  std::vector<std::string> aside;  // what was damaged once holds words, too
  if (all || before) aside = store::files_aside(file(), before);
  Store::Removed removed;
  try {
    removed = remove_from_file(asked, before);
  } catch (const store::StoreError& e) {
    if (e.trouble() != store::Trouble::missing || aside.empty()) throw;
  }
  if (!dry_run) store::remove_aside(aside);
  if (asked.call.options.json) {
    print(json::object{{"sessions", removed.sessions},
                       {"entries", removed.entries},
                       {"damaged_files", aside.size()},
                       {"dry_run", dry_run}});
    return 0;
  }
  std::string line = dry_run ? "would delete " : "deleted ";
  line += counted(removed.sessions, "session", "sessions") + " with " +
          counted(removed.entries, "entry", "entries");
  if (!aside.empty()) {
    line += ", and " + counted(static_cast<std::int64_t>(aside.size()), "file", "files") +
            " that had been put aside as damaged";
  }
  print(line);
  return 0;
}

}  // namespace

int history(const Call& call) {
  const auto& words = call.arguments.words;
  const std::string& verb = words[0];
  const Asked asked{call, "history " + verb, {words.begin() + 1, words.end()}};
  try {
    if (verb == "list") return list(asked);
    if (verb == "show") return show(asked);
    if (verb == "search") return search(asked);
    if (verb == "export") return export_session(asked);
    if (verb == "delete") return remove(asked);
  } catch (const store::StoreError& e) {
    fail(asked.what, e);
  }
  throw Problem(Exit::usage, "history", "unknown verb '" + printable(verb) + "'",
                "gemini-voicectl history --help");
}

}  // namespace gv::ctl
