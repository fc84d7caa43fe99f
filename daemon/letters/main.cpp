// gemini-voice-letters: draws texts with the system's fonts, in any script, out of the cells of a
// terminal. A line of JSON on standard input asks, one on standard output answers (request.hpp),
// until the input ends. Started by gemini-voicectl for `watch --captions --large`; alone with the
// libraries that shape and draw, and nothing else in its hands.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <span>
#include <string>

#include <pango/pangocairo.h>

#include "daemon/letters/cells.hpp"
#include "daemon/letters/request.hpp"

namespace {

using gv::letters::Drawn;
using gv::letters::Request;

// How much of a point is ink.
constexpr std::uint8_t ink = 112;
// A text that is higher is not drawn in whole: its end is what is looked at.
constexpr int most_points = 16'000;

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
template <class T, auto release>
using Owned = std::unique_ptr<T, Release<release>>;

using Surface = Owned<cairo_surface_t, cairo_surface_destroy>;
using Cairo = Owned<cairo_t, cairo_destroy>;
using Layout = Owned<PangoLayout, g_object_unref>;
using Font = Owned<PangoFontDescription, pango_font_description_free>;
using Options = Owned<cairo_font_options_t, cairo_font_options_destroy>;

// Points are half as wide as they are high.
void prepare(cairo_t* cairo) {
  cairo_scale(cairo, 2, 1);
}

Layout layout_of(cairo_t* cairo, const std::string& text, const Request& request) {
  Layout layout(pango_cairo_create_layout(cairo));
  auto* context = pango_layout_get_context(layout.get());
  const Options options(cairo_font_options_create());
  cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_FULL);
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(context, options.get());
  pango_context_set_round_glyph_positions(context, FALSE);

  // A line as high as was asked for.
  const Font font(pango_font_description_from_string("Sans Bold"));
  const double line = request.rows * 2.0 * PANGO_SCALE;
  pango_font_description_set_absolute_size(font.get(), line);
  Owned<PangoFontMetrics, pango_font_metrics_unref> metrics(
      pango_context_get_metrics(context, font.get(), nullptr));
  const double height = std::max(1, pango_font_metrics_get_ascent(metrics.get()) +
                                        pango_font_metrics_get_descent(metrics.get()));
  pango_font_description_set_absolute_size(font.get(), line * line / height);

  pango_layout_set_font_description(layout.get(), font.get());
  pango_layout_set_width(layout.get(), request.columns * PANGO_SCALE);
  pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
  pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
  return layout;
}

std::vector<std::string> draw(const std::string& text, const Request& request) {
  const Surface measure(cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1));
  const Cairo measuring(cairo_create(measure.get()));
  prepare(measuring.get());
  int width = 0;
  int height = 0;
  pango_layout_get_pixel_size(layout_of(measuring.get(), text, request).get(), &width, &height);
  const int shown = std::clamp(height, 2, std::min(most_points, request.most_rows * 2));
  const int points = (shown + 1) / 2 * 2;

  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_A8, request.columns * 2, points));
  const Cairo cairo(cairo_create(surface.get()));
  prepare(cairo.get());
  cairo_move_to(cairo.get(), 0, shown - height);  // the end of it
  pango_cairo_show_layout(cairo.get(), layout_of(cairo.get(), text, request).get());
  cairo_surface_flush(surface.get());
  const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(surface.get()));
  const auto rows = static_cast<std::size_t>(cairo_image_surface_get_height(surface.get()));
  const auto* levels = cairo_image_surface_get_data(surface.get());
  if (levels == nullptr) return {};
  return gv::letters::cells_of(std::span(levels, stride * rows),
                               static_cast<std::size_t>(request.columns) * 2, rows, stride, ink);
}

bool has_fonts() {
  PangoFontFamily** families = nullptr;
  int count = 0;
  pango_font_map_list_families(pango_cairo_font_map_get_default(), &families, &count);
  g_free(families);
  return count > 0;
}

}  // namespace

int main() {
  if (!has_fonts()) {
    std::cerr << "gemini-voice-letters: there are no fonts. Try: apt install fonts-dejavu-core\n";
    return EXIT_FAILURE;
  }
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto request =
        line.size() > gv::letters::longest_request ? std::nullopt : gv::letters::request_of(line);
    if (!request) {
      std::cerr << "gemini-voice-letters: that is no request\n";
      return EXIT_FAILURE;
    }
    Drawn drawn;
    for (const std::string& text : request->texts)
      drawn.push_back(draw(text, *request));
    std::cout << gv::letters::to_line(drawn) << std::flush;
  }
  return EXIT_SUCCESS;
}
