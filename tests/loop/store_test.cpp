// SQLite files as they are on a real disk: their modes, and what is made of trouble with them.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/store/aside.hpp"
#include "daemon/store/database.hpp"

using namespace std::chrono_literals;
using gv::store::Access;
using gv::store::Database;
using gv::store::Schema;
using gv::store::StoreError;
using gv::store::Transaction;
using gv::store::Trouble;

namespace {

constexpr std::array first{"CREATE TABLE lines (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"};
constexpr std::array both{first[0], "ALTER TABLE lines ADD COLUMN number INTEGER DEFAULT 7"};
constexpr Schema schema{0x67760001, first};
constexpr Schema later{0x67760001, both};
constexpr Schema other{0x12345678, first};

struct Folder {
  std::string path = [] {
    char name[] = "/tmp/gv-store-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    return std::string(name);
  }();
  Folder() = default;
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }

  std::string state() const { return path + "/home/state"; }
  std::string file() const { return state() + "/test.db"; }
  Database open(Access access = Access::make, const Schema& kind = schema) const {
    return {file(), access, kind, 50ms};
  }
  std::string bytes() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& bytes) const {
    std::filesystem::create_directories(state());
    std::ofstream(file(), std::ios::binary) << bytes;
  }
};

mode_t mode(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

void add(const Database& database, const std::string& text) {
  database.prepare("INSERT INTO lines (text) VALUES (?)").with(text).run();
}

std::int64_t count(const Database& database) {
  auto lines = database.prepare("SELECT count(*) FROM lines");
  REQUIRE(lines.next());
  return lines.number(0);
}

template <class Body>
Trouble trouble(const Body& body, std::string* words = nullptr) {
  try {
    body();
  } catch (const StoreError& e) {
    if (words != nullptr) *words = e.what();
    return e.trouble();
  }
  FAIL("nothing went wrong");
  return Trouble::other;
}

// In a process of its own, which a limit or a signal may end; its wait status.
template <class Body>
int in_child(const Body& body) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int code = 99;
    try {
      code = body();
    } catch (...) {
      code = 98;
    }
    ::_exit(code);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

TEST_CASE("file, journal and folder are closed to others, whatever the umask") {
  for (const mode_t mask : {0000U, 0022U, 0077U, 0777U}) {
    CAPTURE(mask);
    const Folder folder;
    std::filesystem::create_directories(folder.path + "/home");
    const mode_t before = ::umask(mask);
    auto database = folder.open();
    {
      Transaction transaction(database);
      add(database, "in the journal");
      CHECK(mode(folder.file() + "-journal") == 0600);
      transaction.commit();
    }
    ::umask(before);
    CHECK(mode(folder.file()) == 0600);
    CHECK(mode(folder.state()) == 0700);
    CHECK_FALSE(std::filesystem::exists(folder.file() + "-journal"));
  }
}

TEST_CASE("a file that was open to others is closed to them") {
  const Folder folder;
  { auto database = folder.open(); }
  std::filesystem::permissions(folder.file(), std::filesystem::perms{0644});
  { auto database = folder.open(Access::read); }
  CHECK(mode(folder.file()) == 0644);
  { auto database = folder.open(Access::change); }
  CHECK(mode(folder.file()) == 0600);
}

TEST_CASE("values come back as they went in") {
  const Folder folder;
  auto database = folder.open();
  const std::string odd("a\0b\xC3\xA9", 5);
  auto all = database.prepare("SELECT ?, ?, ?, ?, ?");
  REQUIRE(all.with(std::int64_t{-1} << 62, 0.5, odd, "", std::optional<int>()).next());
  CHECK(all.number(0) == std::int64_t{-1} << 62);
  CHECK(all.real(1) == 0.5);
  CHECK(all.text(2) == odd);
  CHECK(all.text(3).empty());
  CHECK_FALSE(all.null(3));
  CHECK(all.null(4));
  CHECK_FALSE(all.next());
}

TEST_CASE("a transaction that is not committed leaves nothing") {
  const Folder folder;
  auto database = folder.open();
  {
    Transaction transaction(database);
    add(database, "half");
  }
  CHECK(count(database) == 0);
}

TEST_CASE(
    "an older file gets the newer schema and keeps what it holds; the older program says so") {
  const Folder folder;
  {
    auto database = folder.open();
    add(database, "kept");
  }
  CHECK(trouble([&] { folder.open(Access::read, later); }) == Trouble::missing);
  {
    auto database = folder.open(Access::change, later);
    auto line = database.prepare("SELECT text, number FROM lines");
    REQUIRE(line.next());
    CHECK(line.text(0) == "kept");
    CHECK(line.number(1) == 7);
  }
  const auto before = folder.bytes();
  std::string words;
  CHECK(trouble([&] { folder.open(); }, &words) == Trouble::newer);
  CHECK(words.find("schema version 2") != std::string::npos);
  CHECK(folder.bytes() == before);
}

TEST_CASE("two programs of two versions make a file at once: it is the newer one's") {
  for (int i = 0; i < 40; ++i) {
    const Folder folder;
    std::filesystem::create_directories(folder.state());
    std::thread old_one([&folder] {
      try {
        Database{folder.file(), Access::make, schema};
      } catch (const StoreError& e) {
        CHECK(e.trouble() == Trouble::newer);
      }
    });
    Database{folder.file(), Access::make, later};
    old_one.join();
    CHECK(count(folder.open(Access::read, later)) == 0);
  }
}

TEST_CASE("what is no file of ours is told, and put aside with its journal") {
  const Folder folder;
  SUBCASE("garbage") {
    folder.write(std::string(8192, 'x'));
  }
  SUBCASE("of another program") {
    folder.open(Access::make, other);
  }
  SUBCASE("cut in the middle") {
    {
      auto database = folder.open();
      for (int i = 0; i < 100; ++i)
        add(database, std::string(1000, 'y'));
    }
    std::filesystem::resize_file(folder.file(), 5000);
  }
  const auto before = folder.bytes();
  CHECK(trouble([&] {
          auto database = folder.open();
          add(database, "more");
          count(database);
        }) == Trouble::corrupt);
  std::ofstream(folder.file() + "-journal") << "old";
  const auto aside = gv::store::put_aside(folder.file());
  CHECK(aside.starts_with(folder.file() + ".corrupt-"));
  CHECK(std::filesystem::file_size(aside) == before.size());
  CHECK(std::filesystem::exists(aside + "-journal"));
  auto database = folder.open();
  add(database, "anew");
  CHECK(count(database) == 1);
}

TEST_CASE("no file, and nothing in it yet, are missing to who reads") {
  const Folder folder;
  CHECK(trouble([&] { folder.open(Access::read); }) == Trouble::missing);
  CHECK_FALSE(std::filesystem::exists(folder.state()));
  folder.write("");
  CHECK(trouble([&] { folder.open(Access::read); }) == Trouble::missing);
}

TEST_CASE("a folder that cannot be is refused, by its name and the system's reason") {
  const Folder folder;
  std::ofstream(folder.path + "/home") << "a file";
  std::string words;
  CHECK(trouble([&] { folder.open(); }, &words) == Trouble::refused);
  CHECK(words.find(folder.file() + ": Not a directory. Try: ") == 0);
}

TEST_CASE("a file that another program holds is waited for so long, and no longer") {
  const Folder folder;
  auto holder = folder.open();
  auto database = folder.open();
  {
    Transaction held(holder);
    CHECK(trouble([&] { add(database, "now"); }) == Trouble::locked);
  }
  add(database, "then");
  CHECK(count(database) == 1);
}

TEST_CASE("a full disk is told as such, and what was written before stays") {
  const Folder folder;
  { auto database = folder.open(); }
  const int status = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    auto database = folder.open();
    add(database, "before");
    const rlimit limit{64 * 1024, 64 * 1024};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    try {
      add(database, std::string(1024 * 1024, 'z'));
    } catch (const StoreError& e) {
      return e.trouble() == Trouble::full && count(database) == 1 ? 0 : 2;
    }
    return 3;
  });
  CHECK(status == 0);
  CHECK(count(folder.open()) == 1);
}

TEST_CASE(
    "a process that is killed in mid-write leaves what was committed, and its journal is undone") {
  const Folder folder;
  { add(folder.open(), "whole"); }
  const int status = in_child([&] {
    auto database = folder.open();
    database.run("PRAGMA cache_size = 1");  // so that it writes before the commit
    const Transaction transaction(database);
    for (int i = 0; i < 100; ++i)
      add(database, std::string(4000, 'h'));
    return std::raise(SIGKILL);
  });
  CHECK(WIFSIGNALED(status));
  CHECK(std::filesystem::exists(folder.file() + "-journal"));
  CHECK(count(folder.open(Access::read)) == 1);
  CHECK(count(folder.open(Access::change)) == 1);
}

TEST_CASE("what is deleted is gone from the file") {
  const Folder folder;
  auto database = folder.open();
  add(database, "the secret word");
  CHECK(folder.bytes().find("secret word") != std::string::npos);
  database.run("DELETE FROM lines");
  CHECK(folder.bytes().find("secret word") == std::string::npos);
}
