#include "daemon/store/database.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <new>
#include <system_error>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gv::store {
namespace {

Trouble trouble_of(int result) {
  // SQLite's word for a quota and for a limit on the size of files.
  if (result == SQLITE_IOERR_WRITE) return Trouble::full;
  switch (result & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Trouble::locked;
    case SQLITE_FULL:
      return Trouble::full;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return Trouble::refused;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Trouble::corrupt;
    default:
      return Trouble::other;
  }
}

std::string_view advice(Trouble trouble) {
  switch (trouble) {
    case Trouble::missing:
      return "";
    case Trouble::locked:
      return ". Try: again, when the program that holds it has let it go";
    case Trouble::full:
      return ". Try: df and quota, and to make room on that disk";
    case Trouble::refused:
      return ". Try: ls -ld on the file and its folder, which must be yours to write to";
    case Trouble::corrupt:
      return ". Try: to move it away; a new one is made";
    case Trouble::newer:
      return ". Try: the version of gemini-voice that has written it, or a later one";
    case Trouble::other:
      return ". Try: again";
  }
  return "";
}

StoreError error(Trouble trouble, const std::string& path, const std::string& why) {
  return {trouble, path + ": " + why + std::string(advice(trouble))};
}

std::string system_words(int code) {
  return std::generic_category().message(code);
}

// The folder, 0700, with what is missing above it.
void make_folder(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  std::error_code ignored;
  std::filesystem::create_directories(folder.parent_path(), ignored);
  if (::mkdir(folder.c_str(), 0700) == 0) ::chmod(folder.c_str(), 0700);  // whatever the umask
}

// An empty file is a database without tables. SQLite would make it readable by others, and gives
// its journals the mode of the file.
void make_file(const std::string& path) {
  make_folder(path);
  const int made =
      ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (made >= 0) {
    ::fchmod(made, S_IRUSR | S_IWUSR);
    ::close(made);
    return;
  }
  if (errno != EEXIST) throw error(Trouble::refused, path, system_words(errno));
}

void check_file(const std::string& path, Access access) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    throw error(missing ? Trouble::missing : Trouble::refused, path, system_words(errno));
  }
  if (!S_ISREG(status.st_mode)) throw error(Trouble::refused, path, "it is no regular file");
  const bool open_to_others = (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
  if (access != Access::read && open_to_others && status.st_uid == ::geteuid()) {
    ::chmod(path.c_str(), S_IRUSR | S_IWUSR);
  }
}

sqlite3* open_file(const std::string& path, Access access, int& result) {
  const int flags = access == Access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  sqlite3* database = nullptr;
  result = ::sqlite3_open_v2(path.c_str(), &database, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (database == nullptr) throw std::bad_alloc();
  ::sqlite3_extended_result_codes(database, 1);
  return database;
}

int look(sqlite3* database) {
  return ::sqlite3_exec(database, "PRAGMA schema_version", nullptr, nullptr, nullptr);
}

}  // namespace

void Database::Close::operator()(sqlite3* database) const {
  ::sqlite3_close_v2(database);
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  ::sqlite3_finalize(statement);
}

Database::Database(const std::string& path, Access access, const Schema& schema,
                   std::chrono::milliseconds patience)
    : path_(path) {
  if (access == Access::make) make_file(path);
  check_file(path, access);
  int result = SQLITE_OK;
  database_.reset(open_file(path, access, result));
  if (result != SQLITE_OK) fail(result);
  ::sqlite3_busy_timeout(database_.get(), static_cast<int>(patience.count()));
  if (access == Access::read && look(database_.get()) == SQLITE_READONLY_ROLLBACK) undo();
  configure(access);
  bring_up_to_date(access, schema);
}

// Who was killed in mid-write has left a journal, which even a reader must have undone first.
void Database::undo() const {
  int result = SQLITE_OK;
  const std::unique_ptr<sqlite3, Close> writer(open_file(path_, Access::change, result));
  if (result == SQLITE_OK) result = look(writer.get());
  if (result != SQLITE_OK) fail(result);
}

void Database::configure(Access access) const {
  // What stands in the file is data, whoever wrote it.
  ::sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  ::sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  run("PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON;");
  if (access != Access::read) run("PRAGMA journal_mode = DELETE; PRAGMA secure_delete = ON;");
}

void Database::bring_up_to_date(Access access, const Schema& schema) const {
  const auto known = static_cast<std::int64_t>(schema.steps.size());
  if (version(schema) == known) return;
  if (access == Access::read) {
    throw error(Trouble::missing, path_,
                pragma("user_version") == 0
                    ? "there is nothing in it yet"
                    : "it is of an earlier version, until gemini-voiced writes to it");
  }
  Transaction transaction(*this);
  // Another program, perhaps of another version, may have been quicker.
  for (auto step = version(schema); step < known; ++step)
    run(schema.steps[static_cast<std::size_t>(step)]);
  run("PRAGMA application_id = " + std::to_string(schema.application_id));
  run("PRAGMA user_version = " + std::to_string(known));
  transaction.commit();
}

// Of the file, which is one that this program knows.
std::int64_t Database::version(const Schema& schema) const {
  const auto known = static_cast<std::int64_t>(schema.steps.size());
  const auto version = pragma("user_version");
  if (version > known) {
    throw error(Trouble::newer, path_,
                "it is of schema version " + std::to_string(version) +
                    ", and this program knows those up to " + std::to_string(known));
  }
  // In this order: it may be made between the two.
  const bool empty = pragma("schema_version") == 0;
  const bool ours = pragma("application_id") == schema.application_id;
  if (!ours && !empty) throw error(Trouble::corrupt, path_, "it is a file of another program");
  return version;
}

std::int64_t Database::pragma(const char* name) const {
  auto statement = prepare(std::string("PRAGMA ") + name);
  return statement.next() ? statement.number(0) : 0;
}

Statement Database::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int result = ::sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                          &statement, nullptr);
  if (result != SQLITE_OK) fail(result);
  return {*this, statement};
}

void Database::run(const std::string& sql) const {
  const int result = ::sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) fail(result);
}

std::int64_t Database::changes() const {
  return ::sqlite3_changes64(database_.get());
}

std::int64_t Database::last_row() const {
  return ::sqlite3_last_insert_rowid(database_.get());
}

// Not sqlite3_errmsg(): it quotes what was asked for, which may be words of a conversation.
void Database::fail(int result) const {
  if ((result & 0xFF) == SQLITE_NOMEM) throw std::bad_alloc();
  std::string why = ::sqlite3_errstr(result);
  const auto trouble = trouble_of(result);
  const int code = ::sqlite3_system_errno(database_.get());
  if (code != 0 && trouble == Trouble::refused) why += " (" + system_words(code) + ")";
  throw error(trouble, path_, why);
}

bool Statement::next() {
  const int result = ::sqlite3_step(statement_.get());
  if (result != SQLITE_ROW && result != SQLITE_DONE) {
    ::sqlite3_reset(statement_.get());  // it would hold the file
    database_->fail(result);
  }
  if (result == SQLITE_DONE) ::sqlite3_reset(statement_.get());
  return result == SQLITE_ROW;
}

void Statement::reset() {
  ::sqlite3_reset(statement_.get());
  ::sqlite3_clear_bindings(statement_.get());
}

void Statement::check(int result) const {
  if (result != SQLITE_OK) database_->fail(result);
}

void Statement::bind(int index, std::int64_t value) {
  check(::sqlite3_bind_int64(statement_.get(), index + 1, value));
}

void Statement::bind(int index, double value) {
  check(::sqlite3_bind_double(statement_.get(), index + 1, value));
}

// A copy, which is SQLite's: its own word for that is a cast that clang-tidy does not like.
void Statement::bind(int index, std::string_view value) {
  auto* const copy = static_cast<char*>(::sqlite3_malloc64(value.size() + 1));
  if (copy == nullptr) throw std::bad_alloc();
  std::ranges::copy(value, copy);
  check(::sqlite3_bind_text64(statement_.get(), index + 1, copy, value.size(), ::sqlite3_free,
                              SQLITE_UTF8));
}

std::int64_t Statement::number(int column) const {
  return ::sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  return ::sqlite3_column_double(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* text = ::sqlite3_column_text(statement_.get(), column);
  if (text == nullptr) return {};
  const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement_.get(), column));
  return {reinterpret_cast<const char*>(text), size};
}

bool Statement::null(int column) const {
  return ::sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Transaction::Transaction(const Database& database) : database_(database) {
  database_.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  // SQLite has rolled back by itself after some errors.
  auto* const database = database_.database_.get();
  if (::sqlite3_get_autocommit(database) == 0) {
    ::sqlite3_exec(database, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
}

}  // namespace gv::store
