// gemini-voice-picture: a picture on standard input, a JPEG on standard output, small enough to be
// shown to a model and with nothing in it but the picture. What is wrong with it goes to standard
// error, one line; the exit status is a PictureExit.
//
// A process of its own, because decoders of pictures are where files that somebody prepared do
// their harm: it holds no secret, and what it may use is bounded before it reads a byte.
#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <webp/decode.h>

#include "daemon/desktop/picture_kind.hpp"
#include "daemon/desktop/picture_limits.hpp"

namespace gv::desktop {
namespace {

constexpr int patience_ms = 15'000;  // for the next bytes
constexpr rlim_t most_memory = rlim_t{1} << 30;
constexpr rlim_t most_cpu_seconds = 15;

struct Unreferencer {
  void operator()(GdkPixbuf* pixbuf) const { g_object_unref(pixbuf); }
  void operator()(GdkPixbufLoader* loader) const { g_object_unref(loader); }
};
using Pixbuf = std::unique_ptr<GdkPixbuf, Unreferencer>;
using Loader = std::unique_ptr<GdkPixbufLoader, Unreferencer>;

// From within C callbacks, too: nothing is unwound.
[[noreturn]] void fail(PictureExit exit, std::string_view why) {
  const std::string line = std::string(why) + '\n';
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
  ::_exit(static_cast<int>(exit));
}

void limit(__rlimit_resource resource, rlim_t most) {
  const rlimit bounds{most, most};
  if (::setrlimit(resource, &bounds) != 0) fail(PictureExit::failed, "the limits cannot be set");
}

void confine() {
#ifndef GV_ADDRESS_SANITIZER  // which reserves terabytes
  limit(RLIMIT_AS, most_memory);
#endif
  limit(RLIMIT_CPU, most_cpu_seconds);
  limit(RLIMIT_CORE, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

std::string read_input() {
  std::string input;
  std::array<char, 65536> buffer{};
  while (true) {
    pollfd ready{STDIN_FILENO, POLLIN, 0};
    const int events = ::poll(&ready, 1, patience_ms);
    if (events < 0 && errno == EINTR) continue;
    if (events == 0) fail(PictureExit::failed, "the picture does not come to an end");
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(PictureExit::failed, "the picture cannot be read");
    if (got == 0) return input;
    input.append(buffer.data(), static_cast<std::size_t>(got));
    if (input.size() > picture_input_bytes) {
      fail(PictureExit::too_large, "the picture has more than " +
                                       std::to_string(picture_input_bytes >> 20) +
                                       " MiB; send a smaller one");
    }
  }
}

void check_size(int width, int height) {
  if (width <= 0 || height <= 0) fail(PictureExit::unreadable, "the picture is empty");
  if (static_cast<long long>(width) * height > picture_pixels) {
    fail(PictureExit::too_large, "the picture has " + std::to_string(width) + " x " +
                                     std::to_string(height) + " pixels, more than " +
                                     std::to_string(picture_pixels / 1'000'000) +
                                     " megapixels; send a smaller one");
  }
}

struct Size {
  int width;
  int height;
};
// With the same proportions, but no pixel less than one.
Size within(int width, int height, int side) {
  const int longer = std::max(width, height);
  if (longer <= side) return {width, height};
  const auto scaled = [longer, side](int length) {
    return std::max(
        1, static_cast<int>((static_cast<long long>(length) * side + longer / 2) / longer));
  };
  return {scaled(width), scaled(height)};
}

[[noreturn]] void broken(const char* kind) {
  fail(PictureExit::unreadable,
       std::string("the picture begins as ") + kind + " and is broken or cut off");
}

// Decoders make do with half a picture, which a model would take for all of it.
bool has_end(std::string_view input, std::string_view mark) {
  return input.rfind(mark) != input.npos;
}

// Before a pixel is decoded.
void on_size(GdkPixbufLoader* loader, int width, int height, gpointer /*data*/) {
  check_size(width, height);
  const Size size = within(width, height, picture_side);
  gdk_pixbuf_loader_set_size(loader, size.width, size.height);
}

Pixbuf decode(const char* kind, std::string_view input) {
  const Loader loader(gdk_pixbuf_loader_new_with_type(kind, nullptr));
  if (!loader) fail(PictureExit::failed, std::string("gdk-pixbuf here reads no ") + kind);
  g_signal_connect(loader.get(), "size-prepared", G_CALLBACK(on_size), nullptr);
  const bool good =
      gdk_pixbuf_loader_write(loader.get(), reinterpret_cast<const guchar*>(input.data()),
                              input.size(), nullptr) != 0;
  const bool ended = gdk_pixbuf_loader_close(loader.get(), nullptr) != 0;
  GdkPixbuf* const pixbuf = gdk_pixbuf_loader_get_pixbuf(loader.get());
  if (!good || !ended || pixbuf == nullptr) broken(kind);
  return Pixbuf(gdk_pixbuf_apply_embedded_orientation(pixbuf));
}

Pixbuf decode_webp(std::string_view input) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(input.data());
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) fail(PictureExit::failed, "libwebp is of another kind");
  if (WebPGetFeatures(bytes, input.size(), &config.input) != VP8_STATUS_OK) broken("webp");
  check_size(config.input.width, config.input.height);
  if (config.input.has_animation != 0) {
    fail(PictureExit::unreadable, "an animated WebP cannot be shown; send one picture of it");
  }
  const Size size = within(config.input.width, config.input.height, picture_side);
  config.options.use_scaling = 1;
  config.options.scaled_width = size.width;
  config.options.scaled_height = size.height;
  config.output.colorspace = MODE_RGBA;
  if (WebPDecode(bytes, input.size(), &config) != VP8_STATUS_OK) broken("webp");
  const WebPRGBABuffer& rgba = config.output.u.RGBA;
  const Pixbuf lent(gdk_pixbuf_new_from_data(rgba.rgba, GDK_COLORSPACE_RGB, TRUE, 8, size.width,
                                             size.height, rgba.stride, nullptr, nullptr));
  Pixbuf own(lent ? gdk_pixbuf_copy(lent.get()) : nullptr);
  WebPFreeDecBuffer(&config.output);
  return own;
}

Pixbuf decode(std::string_view input) {
  switch (picture_kind(input)) {
    case PictureKind::png:
      if (!has_end(input, "IEND")) broken("png");
      return decode("png", input);
    case PictureKind::jpeg:
      if (!has_end(input, "\xff\xd9")) broken("jpeg");
      return decode("jpeg", input);
    case PictureKind::gif:
      return decode("gif", input);
    case PictureKind::bmp:
      return decode("bmp", input);
    case PictureKind::webp:
      return decode_webp(input);
    case PictureKind::none:
      break;
  }
  fail(PictureExit::unreadable,
       input.empty() ? "there is no picture: nothing came"
                     : "this is no picture that can be shown: PNG, JPEG, GIF, WebP or BMP");
}

// What shows through is white.
Pixbuf opaque(Pixbuf pixbuf) {
  if (gdk_pixbuf_get_has_alpha(pixbuf.get()) == 0) return pixbuf;
  constexpr guint32 white = 0xffffff;
  constexpr int square = 8;
  constexpr int whole = 255;
  return Pixbuf(gdk_pixbuf_composite_color_simple(pixbuf.get(), gdk_pixbuf_get_width(pixbuf.get()),
                                                  gdk_pixbuf_get_height(pixbuf.get()),
                                                  GDK_INTERP_NEAREST, whole, square, white, white));
}

std::string encode(GdkPixbuf* pixbuf, int quality) {
  gchar* bytes = nullptr;
  gsize size = 0;
  if (gdk_pixbuf_save_to_buffer(pixbuf, &bytes, &size, "jpeg", nullptr, "quality",
                                std::to_string(quality).c_str(), nullptr) == 0) {
    fail(PictureExit::failed, "the picture cannot be written as JPEG: no memory");
  }
  std::string jpeg(bytes, size);
  g_free(bytes);
  return jpeg;
}

// The best that fits.
std::string shrink(Pixbuf pixbuf) {
  while (pixbuf) {
    for (const int quality : {88, 80, 70, 55, 40}) {
      std::string jpeg = encode(pixbuf.get(), quality);
      if (jpeg.size() <= picture_output_bytes) return jpeg;
    }
    const int width = gdk_pixbuf_get_width(pixbuf.get());
    const int height = gdk_pixbuf_get_height(pixbuf.get());
    const Size size = within(width, height, std::max(width, height) * 3 / 4);
    pixbuf.reset(
        gdk_pixbuf_scale_simple(pixbuf.get(), size.width, size.height, GDK_INTERP_BILINEAR));
  }
  fail(PictureExit::failed, "there is not enough memory for the picture");
}

void write_output(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(PictureExit::failed, "the picture cannot be written");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void say_nothing(const gchar*, GLogLevelFlags, const gchar*, gpointer) {}

}  // namespace
}  // namespace gv::desktop

int main(int argc, char**) {
  using namespace gv::desktop;
  if (argc != 1) {
    fail(PictureExit::usage,
         "gemini-voice-picture takes no arguments: a picture on standard input, a JPEG on standard "
         "output");
  }
  confine();
  g_log_set_default_handler(say_nothing, nullptr);  // a library's complaints are no line of ours
  try {
    Pixbuf pixbuf = decode(read_input());
    if (pixbuf) pixbuf = opaque(std::move(pixbuf));
    write_output(shrink(std::move(pixbuf)));
  } catch (const std::exception&) {
    fail(PictureExit::failed, "there is not enough memory for the picture");
  }
  return 0;
}
