#include "daemon/usage/cost.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace gv::usage {
namespace {

constexpr double per = 1e6;  // the prices' tokens

bool fits(std::string_view pattern, std::string_view model) {
  if (!pattern.ends_with('*')) return pattern == model;
  return model.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool any(const session::TokenUse& use) {
  return use.text_in + use.audio_in + use.image_in + use.text_out + use.audio_out != 0;
}

}  // namespace

const config::Prices* prices_of(std::string_view model, const Prices& prices) {
  constexpr std::string_view prefix = "models/";
  if (model.starts_with(prefix)) model.remove_prefix(prefix.size());
  for (const auto& [name, entry] : prices) {
    const auto fit = [model](const std::string& pattern) { return fits(pattern, model); };
    if (std::ranges::any_of(entry.models, fit)) return &entry;
  }
  return nullptr;
}

std::optional<double> cost(const session::TokenUse& use, const Prices& prices) {
  const config::Prices* price = prices_of(use.model, prices);
  if (price == nullptr) return std::nullopt;
  const auto of = [](std::uint64_t tokens, double dollars) {
    return static_cast<double>(tokens) * dollars / per;
  };
  return of(use.text_in, price->text_in) + of(use.audio_in, price->audio_in) +
         of(use.image_in, price->image_in) + of(use.text_out, price->text_out) +
         of(use.audio_out, price->audio_out);
}

void add(session::TokenUse& sum, const session::TokenUse& more) {
  sum.text_in += more.text_in;
  sum.audio_in += more.audio_in;
  sum.image_in += more.image_in;
  sum.text_out += more.text_out;
  sum.audio_out += more.audio_out;
}

void Bill::add(const session::TokenUse& use, const Prices& prices) {
  const auto known = cost(use, prices);
  dollars += known.value_or(0);
  complete = complete && (known || !any(use));
}

std::string in_dollars(double dollars) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), dollars < 0.1 ? "$%.4f" : "$%.2f", dollars);
  return text.data();
}

}  // namespace gv::usage
