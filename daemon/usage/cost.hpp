// What tokens cost, by the price table of the configuration (usage.prices): an estimate, as the
// bill is the service's. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/config/config.hpp"
#include "daemon/session/control.hpp"

namespace gv::usage {

using Prices = std::map<std::string, config::Prices>;

// The first entry, in the order of their names, one of whose `models` fits; nullptr: none does.
const config::Prices* prices_of(std::string_view model, const Prices& prices);

// US dollars; nullopt: nobody has said what the model costs.
std::optional<double> cost(const session::TokenUse& use, const Prices& prices);

// Adds the tokens, whosever they are.
void add(session::TokenUse& sum, const session::TokenUse& more);

// What several models have cost together.
struct Bill {
  double dollars = 0;
  bool complete = true;  // there were no tokens of a model without a price
  void add(const session::TokenUse& use, const Prices& prices);
};

// "$1.25", "$0.0042".
std::string in_dollars(double dollars);

}  // namespace gv::usage
