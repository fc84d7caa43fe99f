#include "daemon/session/billing.hpp"

#include "daemon/live/tokens.hpp"

namespace gv::session {
namespace {

std::uint64_t growth(std::uint64_t before, std::uint64_t now) {
  return now > before ? now - before : 0;
}

// One side. Where a later report sees the same tokens as of another kind, the growth of the kinds
// is more than that of the whole, and only this is billed.
live::Tokens newly(const live::Tokens& before, const live::Tokens& now) {
  const live::Tokens grown{growth(before.total, now.total), growth(before.text, now.text),
                           growth(before.audio, now.audio), growth(before.image, now.image)};
  return grown.total == 0 ? live::Tokens{} : live::share_out(grown, live::Rest::audio);
}

live::Tokens input(const live::Usage& usage) {
  return {usage.in(), usage.text_in, usage.audio_in, usage.image_in};
}

live::Tokens output(const live::Usage& usage) {
  return {usage.out(), usage.text_out, usage.audio_out, 0};
}

}  // namespace

void Billing::activity() {
  if (!complete_) return;
  told_ = {};
  complete_ = false;
}

void Billing::turn_complete() {
  activity();
  complete_ = true;
}

live::Usage Billing::report(const live::Usage& reported) {
  const auto in = newly(input(told_), input(reported));
  const auto out = newly(output(told_), output(reported));
  const live::Usage billed{in.text, in.audio, in.image, out.text, out.audio};
  told_ += billed;
  return billed;
}

}  // namespace gv::session
