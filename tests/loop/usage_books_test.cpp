// The books on a real disk: kept over restarts, closed to others, put aside where they are damaged.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/database.hpp"
#include "daemon/usage/books.hpp"
#include "daemon/util/log.hpp"

using namespace gv;
using namespace std::chrono_literals;
using namespace gv::usage;

namespace {

struct Folder {
  std::string path = [] {
    char name[] = "/tmp/gv-books-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    return std::string(name);
  }();
  Folder() { log::set_level(log::Level::error); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }

  std::string file() const { return books_file(path + "/state"); }
  int damaged() const {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path + "/state")) {
      count += entry.path().filename().string().find(".corrupt-") != std::string::npos ? 1 : 0;
    }
    return count;
  }
  void damage() const {
    std::filesystem::create_directories(path + "/state");
    std::ofstream(file(), std::ios::binary | std::ios::trunc) << std::string(8192, 'x');
  }
};

Entry entry(const std::string& day, std::uint64_t tokens, const std::string& model = "m") {
  return {day, {"assistant", model, tokens, 2, 3, 4, 5}};
}

constexpr const char* today = "2026-11-28";

}  // namespace

TEST_CASE("what was written is there after a restart, and adds up") {
  const Folder folder;
  {
    Books books(folder.file());
    CHECK(books.known(today).entries.empty());
    books.write(entry("2026-11-27", 7));
    books.write(entry(today, 10));
    books.write(entry(today, 1));
    books.write(entry(today, 5, "n"));
    books.remember({today, 2.5});
  }
  struct stat status {};
  REQUIRE(::stat(folder.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);
  {
    Books books(folder.file());
    const Known known = books.known(today);
    REQUIRE(known.entries.size() == 2);
    CHECK(known.entries[0].use.text_in == 11);
    CHECK(known.entries[0].use.audio_out == 10);
    CHECK(known.warned == 2.5);
    books.write(entry(today, 100));
  }
  const Entries all = read_books(folder.file(), "2026-11-01");
  REQUIRE(all.size() == 3);
  CHECK(all[0].day == "2026-11-27");
  CHECK(all[1].use.text_in == 111);
  CHECK(read_books(folder.file(), today).size() == 2);
}

TEST_CASE("no books, no place for them: nothing is known, nothing fails") {
  const Folder folder;
  CHECK(read_books(folder.file(), today).empty());
  CHECK(read_books("", today).empty());
  Books books("");
  books.write(entry(today, 1));
  CHECK(books.known(today).entries.empty());
}

TEST_CASE("damaged books are put aside, and counting goes on") {
  const Folder folder;
  folder.damage();
  {
    Books books(folder.file());
    CHECK(books.known(today).entries.empty());
    CHECK(folder.damaged() == 1);
    books.write(entry(today, 3));
  }
  CHECK(read_books(folder.file(), today).at(0).use.text_in == 3);
}

TEST_CASE("damaged while it runs: the new books have what this process knows of today") {
  const Folder folder;
  {
    Books books(folder.file());
    books.write(entry("2026-11-27", 1));
    books.write(entry(today, 40));
  }
  {
    Books books(folder.file());
    CHECK(books.known(today).entries.size() == 1);
    folder.damage();
    books.write(entry(today, 2));
  }
  CHECK(folder.damaged() == 1);
  const Entries all = read_books(folder.file(), "2026-11-01");
  REQUIRE(all.size() == 1);
  CHECK(all[0].use.text_in == 42);
}

TEST_CASE("who ends the daemon knows when all is written, and does not wait where it cannot be") {
  const auto idle = [](const Books& books) {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (!books.idle()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  };
  const Folder folder;
  Books books(folder.file());
  CHECK(books.idle());
  books.write(entry(today, 1));
  REQUIRE(idle(books));
  CHECK(read_books(folder.file(), today).at(0).use.text_in == 1);
  const store::Database holder(folder.file(), store::Access::change,
                               {0x67767573, std::array{"SELECT 1"}});
  auto held = std::make_optional<store::Transaction>(holder);
  books.write(entry(today, 2));
  CHECK_FALSE(books.idle());  // it is tried for 500 ms
  const auto begun = std::chrono::steady_clock::now();
  REQUIRE(idle(books));
  CHECK(std::chrono::steady_clock::now() - begun < 4s);
  held.reset();
}

TEST_CASE("two daemons add up") {
  const Folder folder;
  {
    Books one(folder.file());
    Books two(folder.file());
    for (int i = 0; i < 50; ++i) {
      one.write(entry(today, 1));
      two.write(entry(today, 1));
    }
  }
  CHECK(read_books(folder.file(), today).at(0).use.text_in == 100);
}
