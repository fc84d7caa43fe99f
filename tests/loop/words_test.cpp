// The list of new words and the transcripts of a profile, on disk; and the command line that shows
// the list without a daemon.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "daemon/transcripts/files.hpp"
#include "daemon/util/log.hpp"
#include "daemon/words/store.hpp"
#include "tests/loop/ctl_process.hpp"

using namespace gv;
namespace fs = std::filesystem;
using session::Role;

namespace {

struct Home {
  std::string path = fs::temp_directory_path() / "gv-words-XXXXXX";
  std::string state;
  Home() {
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    state = path + "/state/gemini-voiced";
    ::setenv("XDG_STATE_HOME", (path + "/state").c_str(), 1);
    ::setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere", 1);
    log::set_level(log::Level::error);
  }
  ~Home() { fs::remove_all(path); }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
};

unsigned mode(const std::string& path) {
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 0777U;
}

std::string text_of(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<fs::path> files_in(const std::string& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder))
    found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

// A session that said something, from beginning to end.
void hold(transcripts::Files& files, session::SessionInfo info, const std::string& words) {
  info.id = "0123456789abcdef";
  info.profile = "support";
  info.time_us = 1'800'000'000'000'000;
  files.session_started(info);
  if (!words.empty()) files.transcript_completed(1, Role::user, words, {});
  files.session_ended(session::EndReason::user, "");
}

}  // namespace

TEST_CASE("words are kept for the user alone, and survive") {
  Home home;
  words::Store store(home.state);
  CHECK(store.read().all().empty());
  CHECK(store.keep({"casa", "house", "", "", "Spanish", 0}) == words::List::Kept::added);
  CHECK(store.keep({"CASA", "home", "", "", "Spanish", 0}) == words::List::Kept::updated);
  CHECK(mode(home.state) == 0700);
  CHECK(mode(store.path()) == 0600);
  const auto words = words::Store(home.state).read().all();
  REQUIRE(words.size() == 1);
  CHECK(words[0].saved_s > 1'700'000'000);
  // Nothing else is left behind.
  CHECK(files_in(home.state).size() == 2);
}

TEST_CASE("a damaged list is put aside, and nothing of it is lost") {
  Home home;
  words::Store store(home.state);
  store.keep({"casa", "house", "", "", "", 0});
  for (const char* bad : {"{\"words\":[", "[]"}) {
    std::ofstream(store.path()) << bad;
    CHECK_THROWS_AS(store.read(), std::runtime_error);
    CHECK_THROWS_AS(store.change([](words::List&) { return true; }), std::runtime_error);
    CHECK(text_of(store.path()) == bad);
    CHECK(store.keep({"perro", "dog", "", "", "", 0}) == words::List::Kept::added);
  }
  CHECK(text_of(store.path() + ".damaged-1") == "{\"words\":[");
  CHECK(text_of(store.path() + ".damaged-2") == "[]");
  CHECK(store.read().all().size() == 1);
}

TEST_CASE("who changes the list keeps others from it; the main loop does not wait") {
  Home home;
  words::Store store(home.state);
  store.keep({"casa", "house", "", "", "", 0});
  const int fd = ::open((home.state + "/words.lock").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(::flock(fd, LOCK_EX) == 0);
  CHECK_THROWS_AS(store.keep({"perro", "dog", "", "", "", 0}), std::runtime_error);
  CHECK(store.read().all().size() == 1);
  ::close(fd);
  CHECK(store.keep({"perro", "dog", "", "", "", 0}) == words::List::Kept::added);
}

TEST_CASE("the command line lists, exports and deletes, without a daemon") {
  Home home;
  CHECK(test::run({"words", "list"}).out.empty());
  words::Store store(home.state);
  store.keep({"la casa", "house", "Mi casa.", "f.", "Spanish", 0});
  store.keep({"=cmd()", "x", "", "", "Italian", 0});
  CHECK(test::run({"words", "list"}).out ==
        "la casa: house — Mi casa. — f. [Spanish]\n=cmd(): x [Italian]\n");
  const auto csv = test::run({"words", "export"});
  CHECK(csv.exit == 0);
  CHECK(
      csv.out.starts_with("word,translation,example,note,language,saved\r\n"
                          "\"la casa\",\"house\",\"Mi casa.\",\"f.\",\"Spanish\",2"));
  CHECK(csv.out.find("\r\n\"'=cmd()\",") != std::string::npos);
  CHECK(test::run({"words", "export", "--format=anki", "--language", "spanish"}).out ==
        "#separator:tab\n#html:false\n#columns:Front\tBack\n"
        "\"la casa\"\t\"house — Mi casa. — f.\"\n");
  CHECK(test::run({"--json", "words", "list"})
            .out.starts_with("{\"word\":\"la casa\",\"translation\":\"house\","));
  CHECK(test::run({"words", "delete", "La Casa"}).exit == 0);
  CHECK(store.read().all().size() == 1);
  const auto again = test::run({"words", "delete", "la casa"});
  CHECK(again.exit == 1);
  CHECK(test::one_error_line(again));
  CHECK(test::run({"words", "delete", "--all"}).out == "deleted: 1\n");
  CHECK(store.read().all().empty());
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"words", "sort"},
                                                {"words", "delete"},
                                                {"words", "delete", "x", "--all"},
                                                {"words", "list", "x"},
                                                {"words", "export", "--format", "pdf"}}) {
    const auto outcome = test::run(wrong);
    CAPTURE(outcome.err);
    CHECK(outcome.exit == 2);
    CHECK(test::one_error_line(outcome));
  }
  std::ofstream(store.path()) << "not a list";
  const auto damaged = test::run({"words", "export"});
  CHECK(damaged.exit == 1);
  CHECK(damaged.out.empty());
  CHECK(test::one_error_line(damaged));
}

TEST_CASE("a transcript is written at the session's end, closed to others, never over another") {
  Home home;
  const std::string folder = home.path + "/below/transcripts";
  transcripts::Files files([&home](const char* name) -> std::optional<std::string> {
    if (std::string(name) == "HOME") return home.path;
    return std::nullopt;
  });
  session::SessionInfo info;
  info.transcript_folder = "~/below/transcripts";
  hold(files, info, "first");
  hold(files, info, "second");
  hold(files, info, "");  // nothing was said
  info.off_the_record = true;
  hold(files, info, "secret");
  info.off_the_record = false;
  info.transcript_folder.clear();
  hold(files, info, "unwanted");
  const auto found = files_in(folder);
  REQUIRE(found.size() == 2);
  CHECK(mode(folder) == 0700);
  CHECK(mode(found[0]) == 0600);
  CHECK(text_of(found[0]).find(": second") != std::string::npos);  // "…-2.md" sorts first
  CHECK(text_of(found[1]).find(": first") != std::string::npos);
  CHECK(found[1].filename().string().ends_with("-support-01234567.md"));
}

TEST_CASE(
    "a transcript that cannot be written costs a line in the log, and of a long one the end is "
    "kept") {
  Home home;
  transcripts::Files files([](const char*) { return std::nullopt; });
  session::SessionInfo info;
  info.transcript_folder = "/proc/nothing/here";
  hold(files, info, "lost");
  info.transcript_folder = home.path + "/t";
  info.time_us = 1'800'000'000'000'000;
  files.session_started(info);
  const std::string megabyte(1024 * 1024, 'x');
  for (int i = 0; i < 6; ++i)
    files.transcript_completed(1, Role::model, std::to_string(i) + megabyte, {});
  files.session_ended(session::EndReason::user, "");
  const auto found = files_in(home.path + "/t");
  REQUIRE(found.size() == 1);
  const auto text = text_of(found[0]);
  CHECK(text.find("3 earlier entries are left out") != std::string::npos);
  CHECK(text.find(": 5x") != std::string::npos);
  CHECK(text.size() < transcripts::Files::most_bytes + 10'000);
}
