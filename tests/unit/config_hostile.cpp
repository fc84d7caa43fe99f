// Files that nobody writes by hand: the loader answers each with diagnostics, soon.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/config/document.hpp"
#include "daemon/config/load.hpp"

using gv::config::Config;
using gv::config::load;
using gv::config::load_file;

namespace {

std::string said(const std::string& text) {
  return gv::config::format(load(text, "f").diagnostics);
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i)
    all += text;
  return all;
}

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
  std::string file(const std::string& name) const { return (path / name).string(); }
};

}  // namespace

TEST_CASE("nesting without end") {
  CHECK(said(std::string(1024 * 1024, '[')).ends_with(": nested too deeply\n"));
  CHECK(said(std::string(10'000, '[')).ends_with(": nested too deeply\n"));
  CHECK(said(repeated("{a: ", 10'000)).ends_with(": nested too deeply\n"));
  CHECK(said(repeated("- ", 10'000)) == "f:1:65: nested too deeply\n");
  CHECK(said(repeated("? ", 10'000)) == "f:1:65: nested too deeply\n");
  // Within the limit, in a place that is not read, it is just an unknown key.
  CHECK(said("a: " + std::string(31, '[') + std::string(31, ']')) == "f:1:1: a: unknown key\n");
}

TEST_CASE("a bomb of aliases is refused at its first anchor") {
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before +
            "]\n";
  }
  CHECK(said(bomb).starts_with("f:1:5: YAML anchors (&) and aliases (*) are not allowed here"));
  CHECK(said("a: *nowhere").starts_with("f:1:4: not valid YAML:"));
}

TEST_CASE("size") {
  const std::string comment(gv::config::largest_file - 1, '#');
  CHECK(load(comment + "\n", "f").ok());
  CHECK(said(comment + "\n\n") == "f: larger than 1 MiB\n");
  // A megabyte of mistakes, and one of good lines.
  const auto many = load(repeated("bogus\\: 1\n", 100), "f");
  CHECK_FALSE(many.ok());
  std::string lines = "profiles:\n";
  for (int i = 0; i < 30'000; ++i)
    lines += "  p" + std::to_string(i) + ": {voice: Kore}\n";
  CHECK(load(lines, "f").config.profiles.size() == 30'004);
  CHECK(load(repeated("a: 1\n", 100'000), "f").diagnostics.size() <= 100'000);
  // Tools, and profiles that name none of them.
  const auto tools = [](int number, int profiles) {
    std::string text = "tools:\n  commands:\n";
    for (int i = 0; i < number; ++i)
      text += "    c" + std::to_string(i) + ": {description: a, argv: [./a, '{x}']}\n";
    text += "profiles:\n";
    for (int i = 0; i < profiles; ++i)
      text += "  p" + std::to_string(i) + ": {tools: [tool]}\n";
    return load(text, "f").diagnostics.size();
  };
  CHECK(tools(100, 30'000) == 30'200);
  CHECK(tools(10'000, 10'000) == 1);
}

TEST_CASE("characters") {
  using namespace std::string_literals;
  const std::string control = "holds a NUL or another control character; is this a text file?\n";
  CHECK(said("log:\n  level: info\0audio: nonsense"s) == "f:2:14: " + control);
  CHECK(said("log: {level: info}\n\x04 nonsense") == "f:2:1: " + control);
  CHECK(said(std::string(4096, '\0')) == "f:1:1: " + control);
  CHECK(said("log: {level: inf\xff}") == "f:1:17: not valid UTF-8; save the file as UTF-8\n");
  for (const char* bad : {"\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                          "\xe2\x82", "\x80", "\xf0\x80\x80\x80"}) {
    CHECK(said(bad) == "f:1:1: not valid UTF-8; save the file as UTF-8\n");
  }
  // UTF-16 is not UTF-8, with its mark or without.
  CHECK_FALSE(load("\xff\xfel\0o\0g\0"s, "f").ok());
  CHECK_FALSE(load("l\0o\0g\0"s, "f").ok());
  // Umlauts, Chinese and emoji are welcome.
  const auto result = load("profiles: {a: {description: 'Küche 厨房 🍳'}}", "f");
  CHECK(result.ok());
  CHECK(result.config.profiles.at("a").description == "Küche 厨房 🍳");
}

TEST_CASE("a byte order mark and DOS line ends change neither values nor places") {
  CHECK(said("\xef\xbb\xbflog: {level: x}\r\naudio:\r\n  period: 1ms\r\n") ==
        "f:1:14: log.level: \"x\" is not error, warning, info or debug\n"
        "f:3:11: audio.period: 1ms is out of range: from 5ms to 100ms\n");
  CHECK(load("log:\r\n  level: debug\r\n", "f").config.log_level == gv::config::LogLevel::debug);
}

TEST_CASE("what is quoted in a message stays on its line, and short") {
  const std::string all =
      said("\"a\\nb\\e[31m\": 1\nlog: {level: \"x\\ny\\e[2J" + std::string(500, 'z') + "\"}\n");
  CHECK(all ==
        "f:1:1: a?b?[31m: unknown key\n"
        "f:2:14: log.level: \"x?y?[2J" +
            std::string(33, 'z') + "…\" is not error, warning, info or debug\n");
}

TEST_CASE("a long key is cut between two characters") {
  const auto key = [](int letters) { return "x" + repeated("ä", letters); };
  CHECK(said(key(60) + ": 1\n") == "f:1:1: " + key(39) + "…: unknown key\n");
}

TEST_CASE("syntax errors keep their place") {
  CHECK(said("log:\n  level: info\n level: x\n").starts_with("f:3:2: not valid YAML: "));
  for (const char* quote : {"'", "\""}) {
    for (const char* rest : {"x", "x\n", "x\n\n", "x\nlog: {level: info}\n", ""}) {
      CAPTURE(rest);
      CHECK(said(std::string("default_profile: ") + quote + rest)
                .find("not valid YAML: illegal EOF") != std::string::npos);
    }
  }
  CHECK(load("profiles: {a: {}}\ndefault_profile: a", "f").ok());
  CHECK(said("log: info: x\n").starts_with("f:1:10: not valid YAML: "));
  CHECK(said("\tlog: {}\n").starts_with("f:1:"));
  CHECK(said("%YAML 7.3\n---\nlog: {}\n").find("not valid YAML") != std::string::npos);
  for (const char* text : {"&",
                           "*",
                           "!",
                           "!!",
                           "|",
                           ">",
                           "?",
                           "- - -",
                           "%",
                           "@",
                           "`",
                           "'",
                           "\"",
                           "\"\\",
                           "\"\\x",
                           "\"\\U00110000\"",
                           "{",
                           "}",
                           "]",
                           ",",
                           "? {",
                           "!<",
                           "---",
                           "...",
                           "--- ---",
                           "a: |9",
                           "{,}",
                           "[,]",
                           "!!binary x: y",
                           ": :",
                           "a: b: c",
                           "{? a, : }"}) {
    CAPTURE(text);
    load(text, "f");  // says something or nothing, and comes back
  }
}

TEST_CASE("files that cannot be read say why, and none is waited for") {
  const Folder folder;
  const auto told = [](const std::string& path) {
    return gv::config::format(load_file(path).diagnostics);
  };
  const std::string none = folder.file("none.yaml");
  CHECK(told(none) == none + ": cannot be read: No such file or directory\n");
  CHECK_FALSE(load_file(none).ok());
  CHECK(told(folder.path.string()) ==
        folder.path.string() + ": cannot be read: it is a directory\n");
  const std::string fifo = folder.file("fifo");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(told(fifo) == fifo + ": cannot be read: it is not a regular file\n");
  CHECK(told("/dev/zero") == "/dev/zero: cannot be read: it is not a regular file\n");
  const std::string loop = folder.file("loop");
  std::filesystem::create_symlink("loop", loop);
  CHECK(told(loop).starts_with(loop + ": cannot be read: "));
  const std::string large = folder.file("large.yaml");
  std::ofstream(large) << std::string(1024 * 1024 + 1, '#');
  CHECK(told(large) == large + ": cannot be read: it is larger than 1024 KiB\n");
  const std::string good = folder.file("good.yaml");
  std::ofstream(good) << "log: {level: debug}\n";
  CHECK(load_file(good).ok());
  CHECK(load_file(good).config.log_level == gv::config::LogLevel::debug);
}
