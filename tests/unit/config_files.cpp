// Where the configuration and the API key are found.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <type_traits>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/config/paths.hpp"
#include "daemon/config/replace_file.hpp"
#include "daemon/config/secret.hpp"

using gv::Failure;
using gv::config::Api;
using gv::config::ApiKey;
using gv::config::Environment;
using gv::config::Secret;

namespace {

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "gv-config-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }

  std::string name(const std::string& file) const { return (path / file).string(); }
  std::string write(const std::string& file, const std::string& text, mode_t mode = 0600) const {
    const std::string full = name(file);
    std::filesystem::create_directories(std::filesystem::path(full).parent_path());
    std::ofstream(full) << text;
    REQUIRE(::chmod(full.c_str(), mode) == 0);
    return full;
  }
};

Environment with(std::map<std::string, std::string> variables) {
  return [variables](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

// "SOURCE: KEY", or what is said.
std::string found(const Api& api, const Environment& environment) {
  const auto result = gv::config::find_api_key(api, environment);
  if (const auto* failure = std::get_if<Failure>(&result)) {
    CHECK(failure->error == gv::Error::no_api_key);
    return failure->message;
  }
  const auto& key = std::get<ApiKey>(result);
  return key.source + ": " + std::string(key.key.reveal());
}

std::string found_in_file(const std::string& file) {
  Api api;
  api.key_file = file;
  return found(api, with({}));
}

}  // namespace

TEST_CASE("the search for the configuration file follows the contract's order") {
  const Folder folder;
  const auto file = [&folder](const std::string& name) {
    return folder.write(name + "/gemini-voiced/config.yaml", "");
  };
  std::map<std::string, std::string> variables{
      {"HOME", folder.name("home")},
      {"XDG_CONFIG_DIRS", folder.name("a") + ":relative::" + folder.name("b")},
  };
  const auto find = [&variables](const std::optional<std::string>& option = std::nullopt) {
    return gv::config::find_config_file(option, with(variables));
  };
  CHECK(find() == std::nullopt);
  const std::string b = file("b");
  CHECK(find() == b);
  const std::string a = file("a");
  CHECK(find() == a);
  const std::string home = file("home/.config");
  CHECK(find() == home);
  variables["XDG_CONFIG_HOME"] = "relative";
  CHECK(find() == home);
  variables["XDG_CONFIG_HOME"] = folder.name("xdg");
  CHECK(find() == a);  // no file there, and ~/.config no longer counts
  const std::string xdg = file("xdg");
  CHECK(find() == xdg);
  variables["GEMINI_VOICE_CONFIG"] = "";
  CHECK(find() == xdg);
  variables["GEMINI_VOICE_CONFIG"] = "/nowhere.yaml";
  CHECK(find() == "/nowhere.yaml");
  CHECK(find("mine.yaml") == "mine.yaml");
}

TEST_CASE("a configuration file that is there but cannot be followed is not passed over") {
  const Folder folder;
  std::filesystem::create_directories(folder.name("xdg/gemini-voiced"));
  const std::string file = folder.name("xdg/gemini-voiced/config.yaml");
  std::filesystem::create_symlink("config.yaml", file);  // ELOOP
  CHECK(gv::config::find_config_file(std::nullopt,
                                     with({{"XDG_CONFIG_HOME", folder.name("xdg")}})) == file);
}

TEST_CASE("where init writes") {
  using gv::config::user_config_file;
  CHECK(user_config_file(std::nullopt, with({})) == std::nullopt);
  CHECK(user_config_file(std::nullopt, with({{"HOME", "/h"}})) ==
        "/h/.config/gemini-voiced/config.yaml");
  CHECK(user_config_file(std::nullopt, with({{"HOME", "/h"}, {"XDG_CONFIG_HOME", "/x"}})) ==
        "/x/gemini-voiced/config.yaml");
  CHECK(user_config_file(std::nullopt, with({{"GEMINI_VOICE_CONFIG", "/y"}})) == "/y");
  CHECK(user_config_file("z", with({{"GEMINI_VOICE_CONFIG", "/y"}})) == "z");
}

TEST_CASE("~ is the home folder") {
  using gv::config::expand_home;
  CHECK(expand_home("~/a", with({{"HOME", "/h"}})) == "/h/a");
  CHECK(expand_home("/a/~/b", with({{"HOME", "/h"}})) == "/a/~/b");
  CHECK(expand_home("~root/a", with({{"HOME", "/h"}})) == "~root/a");
  CHECK(expand_home("~/a", with({})) == "~/a");
}

TEST_CASE("the sources of the API key, in the contract's order") {
  const Folder folder;
  Api api;
  api.key_file = "~/key";
  folder.write("key", "from-file\n");
  std::map<std::string, std::string> variables{{"HOME", folder.path.string()}};
  CHECK(found(api, with(variables)) == "the key file " + folder.name("key") + ": from-file");
  variables["GOOGLE_API_KEY"] = "from-google";
  CHECK(found(api, with(variables)) == "$GOOGLE_API_KEY: from-google");
  variables["GEMINI_API_KEY"] = "";
  CHECK(found(api, with(variables)) == "$GOOGLE_API_KEY: from-google");
  variables["GEMINI_API_KEY"] = " from-gemini\n";
  CHECK(found(api, with(variables)) == "$GEMINI_API_KEY: from-gemini");
  variables["CREDENTIALS_DIRECTORY"] = folder.name("credentials");
  CHECK(found(api, with(variables)) == "$GEMINI_API_KEY: from-gemini");
  folder.write("credentials/gemini-api-key", "\tfrom-systemd\r\n", 0440);
  CHECK(found(api, with(variables)) == "the systemd credential gemini-api-key: from-systemd");
}

TEST_CASE("no key: every way to give one is told") {
  const std::string said = found({}, with({}));
  for (const char* way : {"GEMINI_API_KEY", "GOOGLE_API_KEY", "api.key_file", "mode 600",
                          "LoadCredential=gemini-api-key:", "api.key_command",
                          "gemini-voicectl config set-key", "https://aistudio.google.com/apikey"}) {
    CAPTURE(way);
    CHECK(said.find(way) != std::string::npos);
  }
}

TEST_CASE("where no source answers at once, those that take a while may be asked") {
  Api api;
  api.keyring = true;
  CHECK_FALSE(gv::config::find_ready_key(api, with({})));
  CHECK(gv::config::find_ready_key(api, with({{"GOOGLE_API_KEY", "k"}})));
  api.key_file = "/nonexistent";  // what is wrong with it is told, not passed over
  CHECK(std::holds_alternative<Failure>(*gv::config::find_ready_key(api, with({}))));
}

TEST_CASE("a key file that others can read is refused, with the cure") {
  const Folder folder;
  for (const mode_t mode : {0640, 0604, 0660, 0620, 0602, 0610, 0644, 0777}) {
    CAPTURE(mode);
    const std::string file = folder.write("key", "k-e-y", mode);
    CHECK(found_in_file(file) ==
          "the key file " + file + " is open to other users; close it with: chmod 600 " + file);
  }
  for (const mode_t mode : {0600, 0400, 0700}) {
    const std::string file = folder.name("key");
    REQUIRE(::chmod(file.c_str(), mode) == 0);
    CHECK(found_in_file(file) == "the key file " + file + ": k-e-y");
  }
}

TEST_CASE("a key file of another user is refused") {
  if (::geteuid() != 0) return;  // only root can make one
  const Folder folder;
  const std::string file = folder.write("key", "k-e-y");
  if (::chown(file.c_str(), 65534, 65534) != 0) {
    REQUIRE(errno == EINVAL);
    MESSAGE("not tested: this user namespace has no other user");
    return;
  }
  CHECK(found_in_file(file).starts_with("the key file " + file + " belongs to another user"));
}

TEST_CASE("key files that are none") {
  const Folder folder;
  CHECK(found_in_file(folder.name("none")) == "the key file " + folder.name("none") +
                                                  " (api.key_file) cannot be read: No such file or "
                                                  "directory");
  const std::string fifo = folder.name("fifo");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(found_in_file(fifo).ends_with("cannot be read: it is not a regular file"));
  CHECK(found_in_file(folder.path.string()).ends_with("cannot be read: it is a directory"));
  CHECK(found_in_file(folder.write("large", std::string(100'000, 'a')))
            .ends_with("cannot be read: it is larger than 4 KiB"));
}

TEST_CASE("a key that cannot be one is refused without repeating it") {
  const std::string source = "the API key from $GEMINI_API_KEY ";
  const auto said = [](const std::string& key) {
    return found({}, with({{"GEMINI_API_KEY", key}}));
  };
  CHECK(said(" \n").starts_with(source + "is empty"));
  for (const char* key :
       {"two words", "line\nbreak", "tab\tin", "\x01", "esc\x1b[2J", "umlaut-ä"}) {
    const std::string all = said(key);
    CHECK(all.starts_with(source + "holds spaces, control characters"));
    CHECK(all.find(key) == std::string::npos);
  }
  CHECK(said(std::string(4097, 'a')).starts_with(source + "is longer than 4096 bytes"));
  CHECK(said(std::string(4096, 'a')) == "$GEMINI_API_KEY: " + std::string(4096, 'a'));
}

TEST_CASE("a file is replaced where its links lead, also where nothing is there yet") {
  const Folder folder;
  const auto text_of = [](const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  };
  const std::string link = folder.name("link");
  std::filesystem::create_symlink("hop", link);
  std::filesystem::create_directory(folder.name("stow"));
  std::filesystem::create_symlink("stow/../stow/real", folder.name("hop"));
  for (const char* text : {"made", "replaced"}) {
    gv::config::replace_file(link, text, 0600);
    CHECK(std::filesystem::is_symlink(link));
    CHECK(std::filesystem::is_symlink(folder.name("hop")));
    CHECK(text_of(folder.name("stow/real")) == text);
  }
  // Folders are made for what is named, not for the link.
  std::filesystem::create_symlink(folder.name("new/real"), folder.name("far"));
  gv::config::replace_file(folder.name("far"), "made", 0600);
  CHECK(text_of(folder.name("new/real")) == "made");

  std::filesystem::create_symlink("ring", folder.name("ring"));
  CHECK_THROWS_AS(gv::config::replace_file(folder.name("ring"), "", 0600), std::system_error);
  CHECK(std::filesystem::is_symlink(folder.name("ring")));
}

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

TEST_CASE("a secret moves, is not copied, is not printed") {
  static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
  static_assert(!Printable<Secret> && Printable<int>);
  Secret one("hidden");
  const char* const where = one.reveal().data();
  Secret two(std::move(one));
  CHECK(two.reveal() == "hidden");
  CHECK(two.reveal().data() == where);  // no copy was left behind
  CHECK(one.empty());                   // NOLINT(bugprone-use-after-move): that is the point
  Secret three("other");
  three = std::move(two);
  CHECK(three.reveal() == "hidden");
  CHECK(Secret().empty());
}
