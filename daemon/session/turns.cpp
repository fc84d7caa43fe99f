#include "daemon/session/turns.hpp"

#include <algorithm>
#include <utility>

#include "daemon/util/text.hpp"

namespace gv::session {

namespace {

// Fragments come with the blanks between words, the first one often with a blank before it.
std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// For those who read the transcript: the pages that an answer rests on.
std::string listed(const std::vector<WebSource>& sources) {
  std::string text = "Google Search:";
  for (const WebSource& source : sources) {
    text += text.ends_with(':') ? " " : "; ";
    text += source.title.empty() ? source.address : source.title + " <" + source.address + ">";
  }
  return text;
}

}  // namespace

Turn& Turns::open() {
  if (open_.size() >= max_open) {
    const auto oldest = std::ranges::find_if(
        open_, [](const Turn& turn) { return !turn.server_done || turn.audible; });
    if (oldest != open_.end()) {
      oldest->interrupted = true;
      oldest->server_done = true;
      oldest->audible = false;
    }
  }
  open_.push_back({});
  open_.back().id = ++last_id_;
  return open_.back();
}

Turn& Turns::current() {
  auto* turn = running();
  return turn != nullptr ? *turn : open();
}

Turn* Turns::running() {
  auto* turn = last();
  return turn != nullptr && !turn->server_done && !turn->interrupted ? turn : nullptr;
}

Turn* Turns::unfinished() {
  const auto found =
      std::ranges::find_if(open_, [](const Turn& turn) { return !turn.server_done; });
  return found == open_.end() ? nullptr : &*found;
}

bool Turns::all_finished() const {
  return std::ranges::all_of(open_, &Turn::server_done);
}

Turn* Turns::to_complete() {
  auto* running_turn = running();
  if (running_turn == nullptr || !running_turn->got_audio) return unfinished();
  // The service works on one turn at a time: whatever is older lost its turnComplete.
  for (auto& turn : open_) {
    if (&turn != running_turn) turn.server_done = true;
  }
  return running_turn;
}

Turn* Turns::find(std::uint64_t id) {
  const auto found = std::ranges::find(open_, id, &Turn::id);
  return found == open_.end() ? nullptr : &*found;
}

void Turns::append(std::string& text, std::string_view fragment) {
  if (text.size() + fragment.size() <= max_text) text += fragment;
}

void Turns::add_source(Turn& turn, std::string_view address, std::string_view title) {
  constexpr std::size_t longest_address = 2048;
  constexpr std::size_t longest_title = 200;
  if (turn.sources.size() >= max_sources) return;
  WebSource source{printable(address, longest_address), printable(title, longest_title)};
  if (std::ranges::find(turn.sources, source) != turn.sources.end()) return;
  turn.sources.push_back(std::move(source));
}

bool Turns::any_audible() const {
  return std::ranges::any_of(open_, &Turn::audible);
}

bool Turns::answering() const {
  return std::ranges::any_of(open_, [](const Turn& turn) {
    return !turn.interrupted && (turn.audible || (turn.got_audio && !turn.server_done));
  });
}

bool Turns::arriving() const {
  return std::ranges::any_of(open_, [](const Turn& turn) {
    return turn.got_audio && !turn.server_done && !turn.interrupted;
  });
}

bool Turns::cuttable() const {
  return answering() || (!open_.empty() && !open_.back().server_done && !open_.back().interrupted);
}

void Turns::cut() {
  for (auto& turn : open_) {
    if (turn.audible || !turn.server_done) turn.interrupted = true;
  }
}

bool Turns::awaiting_answer() const {
  return !open_.empty() && !open_.back().server_done && !open_.back().interrupted &&
         open_.back().has_input && !open_.back().got_audio;
}

void Turns::abandon(std::uint64_t kept) {
  for (auto& turn : open_) {
    if (turn.id == kept) continue;
    if (!turn.ended && !turn.server_done && (turn.got_audio || !turn.model_text.empty())) {
      turn.interrupted = true;
    }
    turn.server_done = true;
  }
}

void Turns::cut_audible() {
  for (auto& turn : open_)
    turn.interrupted = turn.interrupted || turn.audible;
}

void Turns::silence() {
  for (auto& turn : open_)
    turn.audible = false;
}

void Turns::complete(Actions& actions) {
  while (!open_.empty() && open_.front().server_done && !open_.front().audible) {
    const auto& turn = open_.front();
    if (!turn.user_text.empty()) {
      TranscriptDetails said;
      said.begin_ms = turn.said.begin_ms;
      said.end_ms = turn.said.end_ms;
      actions.push_back(action::Completed{turn.id, Role::user, trimmed(turn.user_text), said});
    }
    if (!turn.model_text.empty() || turn.got_audio) {
      actions.push_back(action::Completed{
          turn.id,
          Role::model,
          trimmed(turn.model_text),
          {turn.interrupted, turn.heard_ms, turn.sources, turn.heard.begin_ms, turn.heard.end_ms}});
    }
    if (!turn.sources.empty()) {
      actions.push_back(action::Completed{turn.id, Role::tool, listed(turn.sources), {}});
    }
    Values details{{"interrupted", turn.interrupted},
                   {"heard_ms", std::uint64_t{turn.heard_ms}},
                   {"latency_ms", turn.latency_ms},
                   {"tokens_in", turn.usage.in()},
                   {"tokens_out", turn.usage.out()}};
    if (!turn.sources.empty()) details.emplace("sources", turn.sources);
    actions.push_back(action::TurnDone{turn.id, std::move(details)});
    open_.pop_front();
  }
}

}  // namespace gv::session
