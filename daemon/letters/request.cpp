#include "daemon/letters/request.hpp"

#include <utility>

#include <boost/json.hpp>

#include "daemon/util/text.hpp"

namespace gv::letters {

namespace json = boost::json;

namespace {

constexpr int most_columns = 1000;
constexpr int most_cell_rows = 500;
constexpr std::size_t most_texts = 64;

std::optional<json::value> parsed(std::string_view line) {
  json::error_code ec;
  auto value = json::parse({line.data(), line.size()}, ec);
  if (ec) return std::nullopt;
  return value;
}

// 0: it is not there, or out of bounds.
int number(const json::object& object, const char* key, int most) {
  const auto* value = object.if_contains(key);
  const auto* found = value == nullptr ? nullptr : value->if_int64();
  return found == nullptr || *found < 1 || *found > most ? 0 : static_cast<int>(*found);
}

std::optional<std::vector<std::string>> texts_of(const json::value* value) {
  if (value == nullptr || !value->is_array()) return std::nullopt;
  std::vector<std::string> texts;
  for (const auto& text : value->get_array()) {
    if (!text.is_string()) return std::nullopt;
    texts.emplace_back(text.get_string());
    if (!is_utf8(texts.back())) return std::nullopt;
  }
  return texts;
}

}  // namespace

std::string to_line(const Request& request) {
  return json::serialize(json::object{{"columns", request.columns},
                                      {"rows", request.rows},
                                      {"most_rows", request.most_rows},
                                      {"texts", json::value_from(request.texts)}}) +
         "\n";
}

std::string to_line(const Drawn& drawn) {
  return json::serialize(json::value_from(drawn)) + "\n";
}

std::optional<Request> request_of(std::string_view line) {
  const auto value = parsed(line);
  if (!value || !value->is_object()) return std::nullopt;
  const auto& object = value->get_object();
  Request request{number(object, "columns", most_columns),
                  number(object, "rows", most_cell_rows),
                  number(object, "most_rows", most_cell_rows),
                  {}};
  auto texts = texts_of(object.if_contains("texts"));
  if (request.columns == 0 || request.rows == 0 || request.most_rows == 0 || !texts ||
      texts->size() > most_texts) {
    return std::nullopt;
  }
  request.texts = std::move(*texts);
  return request;
}

std::optional<Drawn> drawn_of(std::string_view line) {
  const auto value = parsed(line);
  if (!value || !value->is_array()) return std::nullopt;
  Drawn drawn;
  for (const auto& one : value->get_array()) {
    auto rows = texts_of(&one);
    if (!rows) return std::nullopt;
    drawn.push_back(std::move(*rows));
  }
  return drawn;
}

}  // namespace gv::letters
