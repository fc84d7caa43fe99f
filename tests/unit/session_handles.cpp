// The state file of paused conversations, read and written for real.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "daemon/session/handle_store.hpp"

using gv::session::Handle;
using gv::session::HandleStore;

namespace {

constexpr std::int64_t noon = 1'800'000'000;
constexpr const char* service = "wss://service";

struct Folder {
  std::string path = [] {
    char name[] = "/tmp/gv-handles-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    return std::string(name);
  }();
  Folder() = default;
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }

  std::string state() const { return path + "/state"; }
  std::string file() const { return state() + "/handles.json"; }
  std::string text() const {
    std::ifstream in(file());
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& text) const {
    std::filesystem::create_directories(state());
    std::ofstream(file()) << text;
  }
  HandleStore store() const { return HandleStore(state()); }
};

HandleStore& with(HandleStore& store, const std::string& profile, const std::string& value) {
  store.keep(profile, service, {value, "model"}, noon);
  store.save();
  return store;
}

}  // namespace

TEST_CASE("the folder is closed to others, also where its name ends with slashes") {
  for (const char* slashes : {"", "/", "//"}) {
    const Folder folder;
    HandleStore store(folder.path + "/above/state" + slashes);
    with(store, "assistant", "h1");
    struct stat status {};
    REQUIRE(::stat((folder.path + "/above/state").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0700U);
  }
}

TEST_CASE("a handle outlives the process, for its profile and its service, for two hours") {
  const Folder folder;
  auto first = folder.store();
  with(first, "assistant", "h1");
  const auto next = folder.store();
  const auto found = next.find("assistant", service, noon + 2 * 60 * 60 - 1);
  CHECK(found.value == "h1");
  CHECK(found.model == "model");
  CHECK(next.find("assistant", service, noon + 2 * 60 * 60).value.empty());
  CHECK(next.find("assistant", service, noon - 1).value.empty());  // the clock was set back
  CHECK(next.find("assistant", "wss://other", noon).value.empty());
  CHECK(next.find("tutor", service, noon).value.empty());
}

TEST_CASE("nobody else can read it") {
  const Folder folder;
  auto store = folder.store();
  with(store, "assistant", "h1");
  struct stat file {};
  struct stat state {};
  REQUIRE(stat(folder.file().c_str(), &file) == 0);
  REQUIRE(stat(folder.state().c_str(), &state) == 0);
  CHECK((file.st_mode & 0777) == 0600);
  CHECK((state.st_mode & 0777) == 0700);
}

TEST_CASE("what is too old or dead leaves the file with the next write") {
  const Folder folder;
  auto store = folder.store();
  with(with(store, "assistant", "h1"), "tutor", "h2");
  store.keep("assistant", service, {}, noon);
  store.save();
  CHECK(folder.text().find("h1") == std::string::npos);
  store.keep("guide", service, {"h3", "model"}, noon + 3 * 60 * 60);
  store.save();
  CHECK(folder.text().find("h2") == std::string::npos);
  CHECK(folder.text().find("h3") != std::string::npos);
}

TEST_CASE("a file that is damaged, foreign or far too large costs the continuation, no more") {
  for (const auto& text :
       {std::string("{\"assistant\": {\"handle"), std::string("[1, 2]"),
        std::string(R"({"assistant": 7, "tutor": {"handle": [], "saved": "x"}})"),
        std::string("\0\xff", 2), std::string(300'000, ' ') + "{}"}) {
    const Folder folder;
    folder.write(text);
    auto store = folder.store();
    CHECK(store.find("assistant", service, noon).value.empty());
    CHECK(store.find("tutor", service, noon).value.empty());
    with(store, "assistant", "h1");
    CHECK(folder.store().find("assistant", service, noon).value == "h1");
  }
}

TEST_CASE("forgetting removes the file, also one that could not be read") {
  const Folder folder;
  folder.write("{ damaged \"h1\"");
  folder.store().forget_all();
  CHECK_FALSE(std::filesystem::exists(folder.file()));
  auto store = folder.store();
  with(store, "assistant", "h1").forget_all();
  CHECK_FALSE(std::filesystem::exists(folder.file()));
  CHECK(store.find("assistant", service, noon).value.empty());
}

TEST_CASE("without a folder nothing outlives the process") {
  HandleStore store("");
  store.keep("assistant", service, {"h1", "model"}, noon);
  store.save();
  CHECK(store.find("assistant", service, noon).value == "h1");
}
