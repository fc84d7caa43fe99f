#include "daemon/usage/books.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "daemon/store/aside.hpp"
#include "daemon/store/database.hpp"
#include "daemon/usage/cost.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/log.hpp"

namespace gv::usage {

using store::Access;
using store::Database;
using store::StoreError;
using store::Trouble;

namespace {

constexpr std::array steps{
    "CREATE TABLE tokens (day TEXT NOT NULL, profile TEXT NOT NULL, model TEXT NOT NULL,"
    " text_in INTEGER NOT NULL, audio_in INTEGER NOT NULL, image_in INTEGER NOT NULL,"
    " text_out INTEGER NOT NULL, audio_out INTEGER NOT NULL,"
    " PRIMARY KEY (day, profile, model)) WITHOUT ROWID;"
    "CREATE TABLE warnings (day TEXT PRIMARY KEY, budget REAL NOT NULL) WITHOUT ROWID;"};
constexpr store::Schema schema{0x67767573, steps};  // "gvus"

// After a disk that was full or a program that held the file.
constexpr std::chrono::seconds next_attempt{30};
// Short: whoever ends the daemon waits for it.
constexpr std::chrono::milliseconds patience{500};

Entries read_entries(const Database& database, const std::string& since_day) {
  Entries entries;
  auto rows = database.prepare(
      "SELECT day, profile, model, text_in, audio_in, image_in, text_out, audio_out FROM tokens"
      " WHERE day >= ? ORDER BY day, profile, model");
  rows.with(since_day);
  const auto tokens = [&rows](int column) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, rows.number(column)));
  };
  while (rows.next()) {
    entries.push_back(
        {rows.text(0),
         {rows.text(1), rows.text(2), tokens(3), tokens(4), tokens(5), tokens(6), tokens(7)}});
  }
  return entries;
}

}  // namespace

std::string books_file(const std::string& state_folder) {
  return state_folder.empty() ? "" : state_folder + "/usage.db";
}

Entries read_books(const std::string& file, const std::string& since_day) {
  if (file.empty()) return {};
  try {
    return read_entries(Database(file, Access::read, schema), since_day);
  } catch (const StoreError& e) {
    if (e.trouble() == Trouble::missing) return {};
    throw;
  }
}

Books::Books(std::string file) : file_(std::move(file)) {
  if (!file_.empty()) thread_ = std::thread([this] { run(); });
}

Books::~Books() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Known Books::known(const std::string& day) {
  Known known;
  if (file_.empty()) return known;
  try {
    const Database database(file_, Access::read, schema);
    known.entries = read_entries(database, day);
    auto warned = database.prepare("SELECT budget FROM warnings WHERE day = ?");
    if (warned.with(day).next()) known.warned = warned.real(0);
  } catch (const StoreError& e) {
    if (e.trouble() == Trouble::missing) return known;
    if (e.trouble() == Trouble::corrupt) {
      guarded("the books", [this] {
        log::error("usage", file_ + " is damaged, and put aside as " + store::put_aside(file_) +
                                ": what was used today is not known");
      });
    } else {
      log::error("usage", std::string("what was used today is not known: ") + e.what());
    }
    return {};
  }
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : known.entries) {
    known_.entries[{entry.day, entry.use.profile, entry.use.model}] = entry.use;
  }
  return known;
}

bool Books::idle() const {
  const std::lock_guard lock(mutex_);
  return failed_ || (waiting_.empty() && !saving_);
}

void Books::write(const Entry& entry) {
  Pages pages;
  pages.entries[{entry.day, entry.use.profile, entry.use.model}] = entry.use;
  const std::lock_guard lock(mutex_);
  if (thread_.joinable()) waiting_.add(pages);
  changed_.notify_one();
}

void Books::remember(const Warning& warning) {
  const std::lock_guard lock(mutex_);
  if (thread_.joinable()) waiting_.warning = warning;
  changed_.notify_one();
}

void Books::Pages::add(const Pages& more) {
  for (const auto& [key, use] : more.entries)
    usage::add(entries[key], use);
  if (more.warning) warning = more.warning;
}

void Books::Pages::keep_newest_day() {
  if (entries.empty()) return;
  const std::string newest = std::get<0>(entries.rbegin()->first);
  std::erase_if(entries, [&newest](const auto& e) { return std::get<0>(e.first) < newest; });
}

// The thread

void Books::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Pages pages = std::exchange(waiting_, {});
    known_.add(pages);
    known_.keep_newest_day();
    saving_ = true;
    lock.unlock();
    const bool saved = save(pages);
    lock.lock();
    saving_ = false;
    failed_ = !saved;
    if (saved) continue;
    if (ending_) return;
    waiting_.add(pages);
    changed_.wait_for(lock, next_attempt, [this] { return ending_; });
  }
}

// False: it has to be tried again.
bool Books::save(const Pages& pages) {
  try {
    try {
      put(anew_ ? known_ : pages);
    } catch (const StoreError& e) {
      if (e.trouble() != Trouble::corrupt) throw;
      log::error("usage", file_ + " is damaged, and put aside as " + store::put_aside(file_) +
                              ": the new one has what is known here of today");
      anew_ = true;
      put(known_);
    }
    anew_ = trouble_told_ = false;
    return true;
  } catch (const std::exception& e) {
    if (!std::exchange(trouble_told_, true)) {
      log::error("usage", std::string("what was used cannot be written down yet: ") + e.what());
    }
    return false;
  }
}

void Books::put(const Pages& pages) const {
  const Database database(file_, Access::make, schema, patience);
  store::Transaction transaction(database);
  auto more = database.prepare(
      "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
      " ON CONFLICT (day, profile, model) DO UPDATE SET"
      " text_in = text_in + excluded.text_in, audio_in = audio_in + excluded.audio_in,"
      " image_in = image_in + excluded.image_in, text_out = text_out + excluded.text_out,"
      " audio_out = audio_out + excluded.audio_out");
  for (const auto& [key, use] : pages.entries) {
    const auto& [day, profile, model] = key;
    more.with(day, profile, model, use.text_in, use.audio_in, use.image_in, use.text_out,
              use.audio_out)
        .run();
  }
  if (pages.warning) {
    database.prepare("INSERT OR REPLACE INTO warnings VALUES (?, ?)")
        .with(pages.warning->day, pages.warning->budget)
        .run();
  }
  transaction.commit();
}

}  // namespace gv::usage
