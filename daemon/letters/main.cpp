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

// Drawn so much larger, and shrunk to points, which are half as wide as they are high.
constexpr int scale = 4;
// How much of a point is ink.
constexpr std::uint8_t ink = 100;
// Letters stand apart: between two of them a point at least is empty. Of a line's height.
constexpr double spacing = 0.06;
// A text that is higher is not drawn in whole, whoever asks.
constexpr int most_rows = 500;

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
using Attributes = Owned<PangoAttrList, pango_attr_list_unref>;
using Options = Owned<cairo_font_options_t, cairo_font_options_destroy>;

Layout layout_of(cairo_t* cairo, const std::string& text, const Request& request) {
  Layout layout(pango_cairo_create_layout(cairo));
  auto* context = pango_layout_get_context(layout.get());
  const Options options(cairo_font_options_create());
  cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(context, options.get());
  pango_context_set_round_glyph_positions(context, FALSE);

  // A line as high as was asked for.
  const Font font(pango_font_description_from_string("Sans Bold"));
  const double line = request.rows * 2.0 * scale * PANGO_SCALE;
  pango_font_description_set_absolute_size(font.get(), line);
  Owned<PangoFontMetrics, pango_font_metrics_unref> metrics(
      pango_context_get_metrics(context, font.get(), nullptr));
  const double height = std::max(1, pango_font_metrics_get_ascent(metrics.get()) +
                                        pango_font_metrics_get_descent(metrics.get()));
  pango_font_description_set_absolute_size(font.get(), line * line / height);

  pango_layout_set_font_description(layout.get(), font.get());
  const Attributes attributes(pango_attr_list_new());
  pango_attr_list_insert(attributes.get(),
                         pango_attr_letter_spacing_new(static_cast<int>(line * spacing)));
  pango_layout_set_attributes(layout.get(), attributes.get());
  pango_layout_set_width(layout.get(), request.columns * scale * PANGO_SCALE);
  pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
  pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
  return layout;
}

std::vector<std::string> draw(const std::string& text, const Request& request) {
  const Surface measure(cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1));
  const Cairo measuring(cairo_create(measure.get()));
  int width = 0;
  int height = 0;
  pango_layout_get_pixel_size(layout_of(measuring.get(), text, request).get(), &width, &height);
  constexpr int of_cell = 2 * scale;
  const int needed = (height + of_cell - 1) / of_cell;
  const int rows = std::clamp(needed, 1, std::min(most_rows, request.most_rows));

  // Its end, where not all of it is wanted.
  const Surface surface(
      cairo_image_surface_create(CAIRO_FORMAT_A8, request.columns * scale, rows * of_cell));
  const Cairo cairo(cairo_create(surface.get()));
  cairo_move_to(cairo.get(), 0, (rows - needed) * of_cell);
  pango_cairo_show_layout(cairo.get(), layout_of(cairo.get(), text, request).get());
  cairo_surface_flush(surface.get());
  const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(surface.get()));
  const auto* levels = cairo_image_surface_get_data(surface.get());
  if (levels == nullptr) return {};
  const auto bytes = stride * static_cast<std::size_t>(rows * of_cell);
  return gv::letters::cells_of(
      gv::letters::shrunk(std::span(levels, bytes), stride, scale / 2, scale), ink);
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
