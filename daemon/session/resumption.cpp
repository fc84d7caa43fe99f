#include "daemon/session/resumption.hpp"

#include <utility>

#include "daemon/util/text.hpp"

namespace gv::session {
namespace {

// Two connections with one handle that do not last: the handle is what is wrong with them.
constexpr std::chrono::seconds short_life{30};
constexpr unsigned most_bad_ends = 2;
// Where the service was not told that the connection before is over, it refuses for as long as it
// believes in that one (section 7.2): one more try, some seconds later. Longer nobody would wait
// for what a fresh session that is told the last turns can give as well.
constexpr unsigned most_bad_ends_contested = 3;

}  // namespace

void Resumption::begin(Handle kept) {
  handle_ = std::move(kept);
  contested_ = false;
  known_.clear();
  last_offered_.clear();
  remember();
  offered_ = false;
  current_ = false;
  bad_ends_ = 0;
}

std::string_view Resumption::offer(std::string_view model) {
  if (any() && handle_.model != model) forget();
  offered_ = any();
  if (offered_) last_offered_ = handle_.value;
  current_ = any();
  return handle_.value;
}

bool Resumption::update(std::string_view value, bool resumable, std::string_view model) {
  current_ = resumable && !value.empty();
  if (!current_) return false;
  const bool news = value != handle_.value;
  handle_ = {std::string(value), std::string(model)};
  if (news) remember();
  return news;
}

void Resumption::ended(live::Remedy remedy, std::chrono::nanoseconds lived) {
  const bool used = std::exchange(offered_, false);
  current_ = false;
  switch (remedy) {
    case live::Remedy::other_session:
    case live::Remedy::less_context:
      return forget();
    case live::Remedy::network:
      contested_ = true;
      return;
    case live::Remedy::other_model:  // offer() looks at the model
    case live::Remedy::quota:
    case live::Remedy::none:
      return;  // says nothing about the handle
    case live::Remedy::resume:
    case live::Remedy::overload:
      break;
  }
  if (!used || lived >= short_life) {
    bad_ends_ = 0;
    contested_ = false;
  } else if (++bad_ends_ >= (contested_ ? most_bad_ends_contested : most_bad_ends)) {
    forget();
  }
}

void Resumption::remember() {
  if (!any()) return;
  known_.push_back(handle_.value);
  if (known_.size() > most_known) known_.pop_front();
}

void Resumption::hide(std::string& text) const {
  hide_secret(text, last_offered_, "[handle]");
  for (const auto& handle : known_)
    hide_secret(text, handle, "[handle]");
}

void Resumption::forget() {
  handle_ = {};
  current_ = false;
  bad_ends_ = 0;
  contested_ = false;
}

}  // namespace gv::session
