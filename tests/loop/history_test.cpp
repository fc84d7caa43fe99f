// The history on a real disk, by the recorder and by who reads it.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/history/recorder.hpp"
#include "daemon/history/store.hpp"
#include "daemon/util/log.hpp"

using namespace std::chrono_literals;
using namespace gv;
using history::Recorder;
using history::Store;
using session::Role;
using store::Access;

namespace {

constexpr auto patience = 20s;

struct Folder {
  std::string path = [] {
    char name[] = "/tmp/gv-history-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    return std::string(name);
  }();
  Folder() = default;
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }

  std::string state() const { return path + "/gemini-voiced"; }
  std::string file() const { return history::history_file(state()); }
  // Of every file there.
  std::string bytes() const {
    std::string all;
    if (!std::filesystem::exists(state())) return all;
    for (const auto& one : std::filesystem::directory_iterator(state())) {
      std::ifstream in(one.path(), std::ios::binary);
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }
  bool holds(const std::string& word) const { return bytes().find(word) != std::string::npos; }
};

struct Talk {
  Folder folder;
  asio::io_context io;
  config::History settings{.enabled = true};
  std::unique_ptr<Recorder> recorder;

  Talk() { begin(); }
  void begin() {
    recorder = std::make_unique<Recorder>(io, folder.state(), [this] { return settings; });
  }
  void start(const std::string& id, bool off_the_record = false) {
    session::SessionInfo info;
    info.id = id;
    info.profile = "assistant";
    info.model = "model";
    info.off_the_record = off_the_record;
    info.time_us = 1'000'000;
    recorder->session_started(info);
  }
  void say(const std::string& words, Role role = Role::user) {
    recorder->transcript_completed(1, role, words, {});
  }
  void end() { recorder->session_ended(session::EndReason::user, ""); }
  bool written() const {
    const auto limit = std::chrono::steady_clock::now() + patience;
    while (!recorder->idle()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      std::this_thread::sleep_for(5ms);
    }
    return true;
  }
  Store read() const { return {folder.file(), Access::read}; }
};

mode_t mode(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

}  // namespace

TEST_CASE("what is said is kept, found and closed to others") {
  Talk talk;
  talk.start("aaaa");
  session::TranscriptDetails details{true, 900, {{"https://a", "A"}}, 1500, 2400};
  talk.recorder->tool_called("c1", "clock", R"({"zone":"UTC"})");
  talk.recorder->tool_finished("c1", "clock", R"({"output":"12:00"})");
  talk.say("When does the café open?");
  talk.recorder->transcript_completed(1, Role::model, "At noon, says the clock.", details);
  talk.say("");
  talk.end();
  REQUIRE(talk.written());
  CHECK(mode(talk.folder.file()) == 0600);
  CHECK(mode(talk.folder.state()) == 0700);

  const auto store = talk.read();
  const auto listed = store.list({});
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].session.reason == "user");
  CHECK(listed[0].entries == 3);
  CHECK(listed[0].first == "When does the café open?");
  const auto entries = store.entries("aaaa");
  REQUIRE(entries.size() == 3);
  CHECK(entries[2].begin_ms == 1500);
  CHECK(entries[2].end_ms == 2400);
  CHECK(entries[2].interrupted);
  CHECK(entries[2].sources == details.sources);
  for (const char* words : {"cafe opens", "CLOCK noon", "\"", "NOT", "a:b", "zone utc", "*", "%"}) {
    CAPTURE(words);
    const auto found = store.search(words, {});
    const std::string looked = words;
    CHECK(found.size() == (looked == "CLOCK noon" || looked == "zone utc" ? 1 : 0));
  }
  CHECK(store.search("caf open", {}).size() == 1);
  CHECK(store.search("caf open", {.profile = "tutor", .since_us = {}, .most = {}}).empty());
  CHECK(store.find("aa", 2).size() == 1);
  CHECK(store.find("%", 2).empty());
}

TEST_CASE("words of scripts without blanks are found within a sentence") {
  Talk talk;
  talk.start("aaaa");
  talk.say("私は日本語を勉強します");
  REQUIRE(talk.written());
  const auto store = talk.read();
  CHECK(store.search("勉強", {}).size() == 1);
  CHECK(store.search("英語", {}).empty());
}

TEST_CASE("without history, and off the record, there is no file") {
  Talk talk;
  SUBCASE("not enabled") {
    talk.settings.enabled = false;
    talk.start("aaaa");
  }
  SUBCASE("off the record") {
    talk.start("aaaa", true);
  }
  talk.say("the secret word");
  talk.end();
  REQUIRE(talk.written());
  CHECK_FALSE(std::filesystem::exists(talk.folder.state()));
}

TEST_CASE("history that is enabled or disabled in mid-session holds from that word on") {
  Talk talk;
  const auto reload = [&talk](bool enabled) {
    talk.settings.enabled = enabled;
    config::Config config;
    config.history = talk.settings;
    talk.recorder->reloaded({config, {"history.enabled"}, {}});
  };
  talk.settings.enabled = false;
  talk.start("aaaa");
  talk.say("walrus");
  talk.recorder->tool_called("c1", "clock", R"({"zone":"pelican"})");
  REQUIRE(talk.written());
  CHECK_FALSE(std::filesystem::exists(talk.folder.state()));
  reload(true);
  talk.say("zebra");
  talk.recorder->tool_called("c2", "clock", R"({"zone":"quetzal"})");
  reload(false);
  talk.say("unicorn");
  talk.recorder->tool_finished("c2", "clock", R"({"output":"axolotl"})");
  reload(true);
  talk.recorder->tool_finished("c1", "clock", R"({"output":"ocelot"})");
  talk.end();
  REQUIRE(talk.written());
  const auto listed = talk.read().list({});
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].entries == 2);
  CHECK(listed[0].session.reason == "user");
  for (const char* word : {"zebra", "ocelot"})
    CHECK(talk.folder.holds(word));
  for (const char* word : {"walrus", "pelican", "unicorn", "quetzal", "axolotl"})
    CHECK_FALSE(talk.folder.holds(word));
}

TEST_CASE("what is too old goes for good, the index too") {
  Talk talk;
  talk.start("aaaa");
  talk.say("xylophone zebra");
  talk.recorder->transcript_completed(2, Role::model, "unicorn xylophone", {});
  talk.end();
  REQUIRE(talk.written());
  CHECK(talk.folder.holds("xylophone"));
  CHECK(talk.folder.holds("zebra"));
  talk.settings.keep = std::chrono::hours(0);
  std::this_thread::sleep_for(1ms);  // so that it is older than now
  SUBCASE("by the recorder") {
    talk.begin();
    talk.recorder.reset();
  }
  SUBCASE("by hand") {
    const Store store(talk.folder.file(), Access::change);
    CHECK(store.remove_session("aaaa").entries == 2);
  }
  for (const char* word : {"xylophone", "zebra", "unicorn", "nicorn", "aaaa"}) {
    CAPTURE(word);
    CHECK_FALSE(talk.folder.holds(word));
  }
  CHECK(talk.read().list({}).empty());
}

TEST_CASE("the end of the daemon loses nothing that was said") {
  Talk talk;
  talk.start("aaaa");
  for (int i = 0; i < 200; ++i)
    talk.say("line" + std::to_string(i));
  talk.end();
  talk.recorder.reset();
  CHECK(talk.read().entries("aaaa").size() == 200);
}

TEST_CASE("a damaged file is put aside and kept, and what is said goes into a new one") {
  Talk talk;
  talk.recorder.reset();  // its thread may look for what is too old while the file is made
  std::filesystem::create_directories(talk.folder.state());
  std::ofstream(talk.folder.file()) << std::string(10'000, 'x');
  talk.begin();
  talk.start("aaaa");
  talk.say("still here");
  REQUIRE(talk.written());
  CHECK(talk.read().search("still", {}).size() == 1);
  int aside = 0;
  for (const auto& one : std::filesystem::directory_iterator(talk.folder.state()))
    aside += one.path().string().find(".corrupt-") != std::string::npos ? 1 : 0;
  CHECK(aside == 1);
  CHECK(talk.folder.holds(std::string(10'000, 'x')));
}

TEST_CASE("what was put aside goes when its words would have gone, with and without a history") {
  Talk talk;
  talk.recorder.reset();
  std::filesystem::create_directories(talk.folder.state());
  const auto old = talk.folder.file() + ".corrupt-20200101T000000Z";
  const auto fresh = talk.folder.file() + ".corrupt-20260101T000000Z";
  for (const auto& name : {old, old + "-journal", fresh})
    std::ofstream(name) << "words";
  const auto two_days_ago = std::filesystem::file_time_type::clock::now() - 48h;
  std::filesystem::last_write_time(old, two_days_ago);
  std::filesystem::last_write_time(old + "-journal", two_days_ago);
  talk.settings = {.enabled = false, .keep = 24h};
  talk.begin();
  const auto limit = std::chrono::steady_clock::now() + patience;
  while (std::filesystem::exists(old) && std::chrono::steady_clock::now() < limit)
    std::this_thread::sleep_for(5ms);
  talk.recorder.reset();
  CHECK_FALSE(std::filesystem::exists(old));
  CHECK_FALSE(std::filesystem::exists(old + "-journal"));
  CHECK(std::filesystem::exists(fresh));
}

TEST_CASE("a file that somebody holds is written when he has let it go; nobody waits for it") {
  Talk talk;
  { const Store store(talk.folder.file(), Access::make); }
  {
    const Store holder(talk.folder.file(), Access::change);
    auto held = holder.together();
    const auto before = std::chrono::steady_clock::now();
    talk.start("aaaa");
    talk.say("patience");
    CHECK(std::chrono::steady_clock::now() - before < 400ms);  // the writer's patience is 500
    std::this_thread::sleep_for(700ms);                        // longer than that
    CHECK_FALSE(talk.recorder->idle());
  }
  REQUIRE(talk.written());
  CHECK(talk.read().search("patience", {}).size() == 1);
}

TEST_CASE("a folder that cannot be costs history and no more, and history comes when it can be") {
  Talk talk;
  std::ofstream(talk.folder.state()) << "in the way";
  talk.start("aaaa");
  talk.say("waits");
  std::this_thread::sleep_for(100ms);
  CHECK_FALSE(talk.recorder->idle());
  std::filesystem::remove(talk.folder.state());
  REQUIRE(talk.written());
  CHECK(talk.read().search("waits", {}).size() == 1);
}

TEST_CASE("what is too old in a file that cannot be opened keeps nobody waiting") {
  Talk talk;
  talk.recorder.reset();
  std::filesystem::create_directories(talk.folder.file());  // a folder in its place
  talk.begin();
  CHECK(talk.recorder->idle());
  talk.start("aaaa");
  talk.end();
  CHECK(talk.recorder->idle());
}

TEST_CASE("a file of a later version stays as it is") {
  Talk talk;
  talk.recorder.reset();  // its thread may look for what is too old while the file is made
  {
    constexpr std::array steps{"CREATE TABLE a (b)", "CREATE TABLE c (d)"};
    const store::Database later(talk.folder.file(), Access::make, {0x67764801, steps});
  }
  const auto before = talk.folder.bytes();
  talk.begin();
  talk.start("aaaa");
  talk.say("not for it");
  REQUIRE(talk.written());
  CHECK(talk.folder.bytes() == before);
}

TEST_CASE("killed in mid-write, the file is whole and holds what was committed") {
  Talk talk;
  talk.recorder.reset();  // no thread over a fork
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    talk.begin();
    talk.start("aaaa");
    for (;;) {
      for (int i = 0; i < 20; ++i)
        talk.say("over and over again");
      if (!talk.written()) ::_exit(1);
    }
  }
  const auto limit = std::chrono::steady_clock::now() + patience;
  std::size_t before = 0;
  while (before < 100 && std::chrono::steady_clock::now() < limit) {
    try {
      before = talk.read().entries("aaaa").size();
    } catch (const store::StoreError&) {  // not there yet
    }
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(before >= 100);
  const Store store(talk.folder.file(), Access::change);
  CHECK(store.entries("aaaa").size() >= before);
  CHECK(store.search("again", {}).size() == store.entries("aaaa").size());
}
