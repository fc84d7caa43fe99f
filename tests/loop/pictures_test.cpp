#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// The real converter of pictures, run as the daemon runs it: on pictures of every kind, and on what
// only claims to be one. The pictures are made here, with the library's own writers.
#include "daemon/desktop/pictures.hpp"

#include <functional>
#include <optional>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <sys/mman.h>
#include <unistd.h>
#include <webp/encode.h>

#include "tests/loop/desktop_bench.hpp"
#include "tests/support/emulator.hpp"

using namespace gv;
using desktop::File;
using test::run_until;
using Outcome = std::variant<tools::Picture, Failure>;

namespace {

GdkPixbuf* painted(int width, int height, bool alpha, bool noise = false) {
  GdkPixbuf* pixbuf = gdk_pixbuf_new(GDK_COLORSPACE_RGB, alpha, 8, width, height);
  gdk_pixbuf_fill(pixbuf, alpha ? 0x00000000 : 0x2040c0ff);
  unsigned state = 1;
  if (!noise) return pixbuf;
  guchar* bytes = gdk_pixbuf_get_pixels(pixbuf);
  for (gsize i = 0; i < gdk_pixbuf_get_byte_length(pixbuf); ++i) {
    state = state * 1664525U + 1013904223U;
    bytes[i] = static_cast<guchar>(state >> 24U);
  }
  return pixbuf;
}

std::string saved(GdkPixbuf* pixbuf, const char* kind) {
  gchar* bytes = nullptr;
  gsize size = 0;
  REQUIRE(gdk_pixbuf_save_to_buffer(pixbuf, &bytes, &size, kind, nullptr, nullptr) != 0);
  g_object_unref(pixbuf);
  std::string text(bytes, size);
  g_free(bytes);
  return text;
}

// The smallest there is: a white pixel, and a black one.
std::string gif(int width, int height) {
  std::string text = "GIF89a";
  const auto word = [&text](int value) {
    text += static_cast<char>(value & 0xff);
    text += static_cast<char>(value >> 8);
  };
  word(width);
  word(height);
  text += std::string("\x80\x00\x00\xff\xff\xff\x00\x00\x00", 9);
  text += std::string("\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b", 16);
  return text;
}

std::string webp(int width, int height) {
  GdkPixbuf* pixbuf = painted(width, height, false);
  std::uint8_t* bytes = nullptr;
  const std::size_t size = WebPEncodeRGB(gdk_pixbuf_get_pixels(pixbuf), width, height,
                                         gdk_pixbuf_get_rowstride(pixbuf), 80, &bytes);
  g_object_unref(pixbuf);
  std::string text(reinterpret_cast<const char*>(bytes), size);
  WebPFree(bytes);
  return text;
}

// A JPEG with an Exif segment: which way is up, and where it was taken.
std::string turned(std::string jpeg, char orientation) {
  std::string exif("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 25);
  exif += orientation;
  exif += std::string("\0\0\0\0\0\0", 6) + "at home, 52.5 N";
  std::string segment("\xff\xe1", 2);
  segment += static_cast<char>((exif.size() + 2) >> 8U);
  segment += static_cast<char>((exif.size() + 2) & 0xffU);
  return jpeg.insert(2, segment + exif);
}

File file_with(const std::string& bytes) {
  File file(::memfd_create("picture", MFD_CLOEXEC));
  REQUIRE(::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  REQUIRE(::lseek(file.get(), 0, SEEK_SET) == 0);
  return file;
}

struct World {
  asio::io_context io;
  tools::Runner runner{io};
  desktop::Pictures pictures{io, runner, GV_PICTURE};

  Outcome convert(int fd) {
    std::optional<Outcome> outcome;
    pictures.convert(fd, [&outcome](Outcome o) { outcome = std::move(o); });
    REQUIRE(run_until(io, [&outcome] { return outcome.has_value(); }));
    return *outcome;
  }
  Outcome convert(const std::string& bytes) { return convert(file_with(bytes).get()); }
  std::string refusal(const std::string& bytes) {
    const Outcome outcome = convert(bytes);
    if (!std::holds_alternative<Failure>(outcome)) return "a picture";
    CHECK(std::get<Failure>(outcome).error == Error::invalid_argument);
    return std::get<Failure>(outcome).message;
  }
};

struct Decoded {
  int width = 0;
  int height = 0;
  unsigned red_of_first = 0;
};
// What came out is a JPEG, within the limits.
Decoded decoded(const Outcome& outcome) {
  if (!std::holds_alternative<tools::Picture>(outcome)) {
    FAIL(std::get<Failure>(outcome).message);
  }
  const tools::Picture& picture = std::get<tools::Picture>(outcome);
  CHECK(picture.mime_type == "image/jpeg");
  CHECK(picture.bytes.size() <= 400 * 1024);
  CHECK(picture.bytes.find("Exif") == std::string::npos);
  CHECK(picture.bytes.find("at home") == std::string::npos);
  GdkPixbufLoader* loader = gdk_pixbuf_loader_new_with_type("jpeg", nullptr);
  const auto* bytes = reinterpret_cast<const guchar*>(picture.bytes.data());
  REQUIRE(gdk_pixbuf_loader_write(loader, bytes, picture.bytes.size(), nullptr) != 0);
  REQUIRE(gdk_pixbuf_loader_close(loader, nullptr) != 0);
  const GdkPixbuf* pixbuf = gdk_pixbuf_loader_get_pixbuf(loader);
  const Decoded found{gdk_pixbuf_get_width(pixbuf), gdk_pixbuf_get_height(pixbuf),
                      gdk_pixbuf_read_pixels(pixbuf)[0]};
  g_object_unref(loader);
  return found;
}

void check_size(const Outcome& outcome, int width, int height) {
  const Decoded found = decoded(outcome);
  CHECK(found.width == width);
  CHECK(found.height == height);
}

}  // namespace

TEST_CASE("every kind becomes a JPEG, made smaller only where it is large") {
  World w;
  check_size(w.convert(saved(painted(300, 200, false), "png")), 300, 200);
  check_size(w.convert(saved(painted(4000, 1000, false), "png")), 1568, 392);
  check_size(w.convert(saved(painted(1000, 4000, false), "jpeg")), 392, 1568);
  check_size(w.convert(saved(painted(64, 48, false), "bmp")), 64, 48);
  check_size(w.convert(gif(1, 1)), 1, 1);
  check_size(w.convert(webp(2000, 1000)), 1568, 784);
  check_size(w.convert(saved(painted(20000, 1, false), "png")), 1568, 1);
}

TEST_CASE("noise fits, too; what shows through is white") {
  World w;
  const Decoded noise = decoded(w.convert(saved(painted(1568, 1568, false, true), "png")));
  CHECK(noise.width >= 600);
  CHECK(decoded(w.convert(saved(painted(50, 50, true), "png"))).red_of_first >= 250);
}

TEST_CASE("up is up, and the place is not told") {
  World w;
  const std::string jpeg = saved(painted(300, 200, false), "jpeg");
  check_size(w.convert(turned(jpeg, 1)), 300, 200);
  check_size(w.convert(turned(jpeg, 6)), 200, 300);
  check_size(w.convert(turned(saved(painted(3000, 2000, false), "jpeg"), 8)), 1045, 1568);
}

TEST_CASE("what is no picture, or broken, is refused with the reason") {
  World w;
  CHECK(w.refusal("").find("nothing came") != std::string::npos);
  CHECK(w.refusal("#!/bin/sh\nrm -rf /\n").starts_with("this is no picture"));
  CHECK(w.refusal("<svg xmlns='http://www.w3.org/2000/svg'/>").starts_with("this is no picture"));
  const std::string png = saved(painted(900, 900, false, true), "png");
  CHECK(w.refusal(png.substr(0, png.size() / 2)) ==
        "the picture begins as png and is broken or cut off");
  CHECK(w.refusal(png.substr(0, 30)).find("broken") != std::string::npos);
  CHECK(w.refusal(webp(100, 100).substr(0, 60)).find("broken") != std::string::npos);
  CHECK(w.refusal("\xff\xd8\xff" + std::string(5000, 'x')).find("broken") != std::string::npos);
  CHECK(w.refusal("BM" + std::string(5000, '\xff')).find("picture") != std::string::npos);
  std::string shuffled = png;
  for (std::size_t i = 60; i < shuffled.size(); i += 7)
    shuffled[i] = static_cast<char>(shuffled[i] ^ 0x55);
  CHECK(w.refusal(shuffled).find("broken") != std::string::npos);
}

TEST_CASE("a bomb is refused before it is unpacked") {
  World w;
  // 72 megapixels in a few kilobytes, and a GIF that claims 4 gigapixels in fifty bytes.
  CHECK(w.refusal(saved(painted(12000, 6000, false), "png")).find("12000 x 6000 pixels") !=
        std::string::npos);
  CHECK(w.refusal(gif(65535, 65535)).find("65535 x 65535 pixels") != std::string::npos);
  check_size(w.convert(saved(painted(7000, 7000, false), "png")), 1568, 1568);
}

TEST_CASE("a pipe without end") {
  World w;
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const File from(ends[0]);
  const pid_t flood = ::fork();
  if (flood == 0) {
    const std::string zeros(65536, '\0');
    while (::write(ends[1], zeros.data(), zeros.size()) > 0) {
    }
    ::_exit(0);
  }
  const File to(ends[1]);
  const Outcome outcome = w.convert(from.get());
  CHECK(std::get<Failure>(outcome).message.find("more than 32 MiB") != std::string::npos);
  ::kill(flood, SIGKILL);
  ::waitpid(flood, nullptr, 0);
}

TEST_CASE("one after the other, and not without bound") {
  World w;
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  File from(ends[0]);
  std::optional<File> to{File(ends[1])};
  std::vector<std::string> order;
  const auto note = [&order](const char* name) {
    return [&order, name](const Outcome& outcome) {
      order.push_back(std::string(name) +
                      (std::holds_alternative<Failure>(outcome)
                           ? ' ' + std::string(contract_name(std::get<Failure>(outcome).error))
                           : ""));
    };
  };
  const File good = file_with(gif(1, 1));
  w.pictures.convert(from.get(), note("a"));
  w.pictures.convert(good.get(), note("b"));
  w.pictures.convert(good.get(), note("c"));
  w.pictures.convert(good.get(), note("d"));
  w.pictures.convert(good.get(), note("e"));  // too many
  w.pictures.convert(-1, note("f"));
  CHECK(order.empty());  // whoever asks is not called from within
  CHECK(run_until(w.io, [&order] { return order.size() == 2; }));
  CHECK(order == std::vector<std::string>{"e Busy", "f Busy"});
  to.reset();
  CHECK(run_until(w.io, [&order] { return order.size() == 6; }));
  // They share the descriptor's place: the first to come reads all of it.
  CHECK(order == std::vector<std::string>{"e Busy", "f Busy", "a InvalidArgument", "b",
                                          "c InvalidArgument", "d InvalidArgument"});
}

TEST_CASE("a program that is not there" * doctest::skip(!test::spawning_says_why())) {
  World w;
  const File good = file_with(gif(1, 1));
  desktop::Pictures missing(w.io, w.runner, "/nowhere/gemini-voice-picture");
  std::optional<Outcome> outcome;
  missing.convert(good.get(), [&outcome](Outcome o) { outcome = std::move(o); });
  REQUIRE(run_until(w.io, [&outcome] { return outcome.has_value(); }));
  CHECK(std::get<Failure>(*outcome).error == Error::device_unavailable);
  CHECK(std::get<Failure>(*outcome).message.find("could not be started") != std::string::npos);
}
