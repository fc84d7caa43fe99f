#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "daemon/desktop/file_uri.hpp"
#include "daemon/desktop/key_repeat.hpp"
#include "daemon/desktop/picture_kind.hpp"
#include "daemon/desktop/question_text.hpp"

using namespace gv::desktop;

TEST_CASE("the address of a file on this machine is its path, decoded") {
  CHECK(path_of("file:///tmp/a.png") == "/tmp/a.png");
  CHECK(path_of("file://localhost/tmp/a.png") == "/tmp/a.png");
  CHECK(path_of("file:///home/u/Bilder/Bildschirmfoto%20vom%2003.10.%C3%A4%3f.png") ==
        "/home/u/Bilder/Bildschirmfoto vom 03.10.\xc3\xa4?.png");
  CHECK(path_of("file:///a%25b") == "/a%b");
  for (const char* bad :
       {"", "/tmp/a", "http://h/a", "file:/a", "file://other/a", "file://localhosta/b",
        "file:///a%", "file:///a%4", "file:///a%4g", "file:///a%00b", "file:///a%-1", "file:///a?b",
        "file:///a#b", "FILE:///a"}) {
    CAPTURE(bad);
    CHECK_FALSE(path_of(bad));
  }
  CHECK_FALSE(path_of(std::string_view("file:///a\0b", 11)));
}

TEST_CASE("a question is verbatim, and markup in it is text") {
  const QuestionText text = question_text("note", "sh\n-c\n'<b>a</b> & \"x\"'", "c1", true, true);
  CHECK(text.whole);
  CHECK(text.summary == "Allow note?");
  CHECK(text.body == "sh\n-c\n&apos;&lt;b&gt;a&lt;/b&gt; &amp; &quot;x&quot;&apos;");
  CHECK(question_text("note", "a <b>", "c1", false, true).body == "a <b>");
}

TEST_CASE("without buttons it says what to type") {
  CHECK(question_text("note", "x", "c 1", false, false).body ==
        "x\n\nTo allow it, type: gemini-voicectl approve 'c 1'");
}

TEST_CASE("what is cut says so, and where all of it is") {
  const QuestionText text =
      question_text("note", std::string(1999, 'a') + "\xc3\xa4 and rm -rf", "c1", true, true);
  CHECK_FALSE(text.whole);
  CHECK(text.body ==
        std::string(1999, 'a') +
            "…\n\nCut here: 13 bytes more will run. To see all of it, and to allow it, type: "
            "gemini-voicectl approve");
  std::string lines;
  for (int i = 0; i < 31; ++i)
    lines += "\n";
  const QuestionText tall = question_text("note", lines + "rm", "c1", false, true);
  CHECK_FALSE(tall.whole);
  CHECK(tall.body.starts_with(std::string(29, '\n') + "…\n\nCut here: 4 bytes"));
}

TEST_CASE("the kind of a picture is what it begins with") {
  CHECK(mime_type(picture_kind("\x89PNG\r\n\x1a\n...")) == "image/png");
  CHECK(mime_type(picture_kind("\xff\xd8\xff\xe0")) == "image/jpeg");
  CHECK(mime_type(picture_kind("GIF89a")) == "image/gif");
  CHECK(mime_type(picture_kind("RIFF....WEBPVP8 ")) == "image/webp");
  CHECK(mime_type(picture_kind("BM....")) == "image/bmp");
  CHECK(mime_type(picture_kind("RIFF....WAVE")).empty());
  CHECK(mime_type(picture_kind("RIFF")).empty());
  CHECK(mime_type(picture_kind("")).empty());
}

TEST_CASE("a key that is held is pressed once") {
  constexpr std::int64_t ms = 1'000'000;
  KeyRepeat key;
  SUBCASE("with releases made up") {
    CHECK(key.press(0));
    for (std::int64_t at = 500; at < 2000; at += 30) {
      key.release(at * ms);
      CHECK_FALSE(key.press(at * ms + 1));
    }
    key.release(2000 * ms);
    CHECK(key.press(2200 * ms));
  }
  SUBCASE("without") {
    CHECK(key.press(0));
    for (std::int64_t at = 660; at < 2000; at += 30)
      CHECK_FALSE(key.press(at * ms));
    key.release(2000 * ms);
    CHECK(key.press(2200 * ms));
  }
  SUBCASE("and a release that got lost does not take it away") {
    CHECK(key.press(0));
    CHECK(key.press(800 * ms));
  }
}
