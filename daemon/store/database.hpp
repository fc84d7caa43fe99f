// SQLite files of the state folder: opened, closed to others, brought to the schema of this
// version, and read and written by prepared statements. One thread at a time each; opening, and
// every statement, may wait for the disk and for another program: not for the main loop
// (writer.hpp).
//
// A rollback journal, no WAL: what is deleted leaves the file with the commit (secure_delete), a
// reader needs no right to write, and nothing lies beside the file between two commits. The journal
// gets the mode of the file by SQLite; what would be temporary files is memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/util/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace gv::store {

// What can be done about it depends on this.
enum class Trouble {
  missing,  // there is no such file, or nothing in it yet
  locked,   // another program holds it for longer than the patience
  full,     // no room on the disk
  refused,  // by the rights of the file, the folder or the disk
  corrupt,  // it is damaged, or not ours
  newer,    // of a later version of this program: left as it is
  other,
};

// Its message says what, why and what to try, and holds nothing of the file's content. Its error is
// Error::busy: the contract has none that is nearer.
class StoreError : public FailureError {
 public:
  StoreError(Trouble trouble, std::string message)
      : FailureError(Error::busy, std::move(message)), trouble_(trouble) {}
  Trouble trouble() const { return trouble_; }

 private:
  Trouble trouble_;
};

// What a file of one kind looks like. steps[n] is the SQL that brings version n to version n + 1
// (SQLite's user_version); a new file is version 0. Steps are only ever added.
struct Schema {
  std::int32_t application_id = 0;  // says whose file it is
  std::span<const char* const> steps;
};

enum class Access {
  read,    // nothing is written, but what an interrupted write left is undone; Trouble::missing
           // where there is no file
  change,  // the file must be there
  make,    // it is made where it is missing: 0600, its folder 0700, whatever the umask
};

class Database;

// A prepared statement; the database outlives it. Indices of parameters and columns begin at 0.
class Statement {
 public:
  // From the start again, with these in the place of its ?s, the rest NULL. Texts are copied.
  template <class... Values>
  Statement& with(const Values&... values) {
    reset();
    int index = 0;
    (bind(index++, values), ...);
    return *this;
  }
  // One more, by its index.
  template <class Value>
  void also(int index, const Value& value) {
    bind(index, value);
  }
  // To the next row; false: there is none. Throws StoreError.
  bool next();
  // To the end, for what gives no rows.
  void run() {
    while (next()) {
    }
  }

  std::int64_t number(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  bool null(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(const Database& database, sqlite3_stmt* statement)
      : database_(&database), statement_(statement) {}

  void reset();
  void bind(int index, std::int64_t value);
  void bind(int index, double value);
  void bind(int index, std::string_view value);
  void bind(int index, bool value) { bind(index, std::int64_t{value}); }
  void bind(int index, int value) { bind(index, std::int64_t{value}); }
  void bind(int index, std::uint32_t value) { bind(index, std::int64_t{value}); }
  void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
  void bind(int index, const char* value) { bind(index, std::string_view(value)); }
  template <class Value>
  void bind(int index, const std::optional<Value>& value) {
    if (value) bind(index, *value);
  }
  void check(int result) const;

  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  // patience: for another program that holds the file, here and with every statement. Throws
  // StoreError.
  Database(const std::string& path, Access access, const Schema& schema,
           std::chrono::milliseconds patience = std::chrono::seconds(5));

  Statement prepare(std::string_view sql) const;
  // SQL without parameters and results; several statements, too.
  void run(const std::string& sql) const;
  // Rows that the last statement changed; the row that was last added.
  std::int64_t changes() const;
  std::int64_t last_row() const;
  const std::string& path() const { return path_; }

  // What a result code of SQLite means, for this file.
  [[noreturn]] void fail(int result) const;

 private:
  friend class Transaction;
  struct Close {
    void operator()(sqlite3* database) const;
  };
  void undo() const;
  void configure(Access access) const;
  void bring_up_to_date(Access access, const Schema& schema) const;
  std::int64_t version(const Schema& schema) const;
  std::int64_t pragma(const char* name) const;

  std::string path_;
  std::unique_ptr<sqlite3, Close> database_;
};

// Everything until commit() or nothing. It holds the file for itself from its beginning.
class Transaction {
 public:
  explicit Transaction(const Database& database);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  const Database& database_;
};

}  // namespace gv::store
