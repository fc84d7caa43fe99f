#include "daemon/audio/cleaner.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "daemon/util/level.hpp"
#include "daemon/util/log.hpp"

namespace gv::audio {
namespace {

// A meter shows silence when nothing has come for so long.
constexpr std::int64_t meter_ns = 200'000'000;

constexpr std::size_t learning_samples = std::size_t{echo::rate} * 3 / 2;
constexpr std::size_t finding_samples = std::size_t{echo::rate} * 3;
constexpr std::size_t again_samples = echo::rate;
constexpr std::size_t late_samples = echo::rate;
constexpr std::size_t hold_samples = echo::rate / 10;
constexpr double loud_db = 6;  // above the microphone's own noise
constexpr std::size_t most_places = 8;

bool loud(const echo::Measures& measures) {
  return measures.captured_dbfs() > measures.floor_dbfs() + loud_db;
}

std::optional<double> known(double value) {
  return std::isnan(value) ? std::nullopt : std::optional(value);
}

}  // namespace

void Cleaner::use(std::unique_ptr<echo::Canceller> canceller, const echo::Settings& settings) {
  std::unique_ptr<echo::EchoFilter> filter;
  if (canceller) filter = std::make_unique<echo::EchoFilter>(std::move(canceller), far_end_);
  filter_ = std::move(filter);
  cleaned_.reserve(echo::rate);  // a second, as what it takes turns with
  does_more_ = settings.high_pass || settings.noise_suppression || settings.gain_control;
  microphone_.clear();
  places_.clear();
  set_mode(mode_);
}

void Cleaner::set_mode(EchoHandling mode) {
  mode_ = mode;
  if (filter_) filter_->cancel(mode == EchoHandling::cancel);
  erle_db_ = unknown;
  coupling_db_ = unknown;
  bad_s_ = 0;
}

void Cleaner::microphone(const std::string& device) {
  erle_db_ = unknown;
  coupling_db_ = unknown;
  bad_s_ = 0;
  keep_back_ = 0;
  late_ = 0;
  told_dead_ = false;
  if (std::exchange(microphone_, device) != device) {
    arrive();
  } else if (filter_) {
    filter_->resume();
  }
}

void Cleaner::speaker(const std::string& device) {
  if (std::exchange(speaker_, device) == device) return;
  far_end_.reset();
  arrive();
}

// Of where we were before the delay is kept, and that it is a room of which a second is enough: the
// canceller knows one room at a time, and forgets that.
void Cleaner::arrive() {
  if (!filter_ || microphone_.empty()) return;
  const auto known = std::ranges::find_if(places_, [this](const Place& place) {
    return place.microphone == microphone_ && place.speaker == speaker_;
  });
  if (known != places_.end()) {
    std::rotate(known, known + 1, places_.end());
    places_.back().learn_again();
  } else {
    if (places_.size() == most_places) places_.erase(places_.begin());
    places_.push_back({.microphone = microphone_, .speaker = speaker_});
  }
  filter_->reset(places_.back().untold_ns);
}

std::int64_t Cleaner::clean(std::vector<std::int16_t>& samples, std::int64_t last_ns) {
  if (active()) {
    cleaned_.clear();
    filter_->process(samples, last_ns, cleaned_, last_ns);
    samples.swap(cleaned_);
  }
  if (!samples.empty()) {
    microphone_dbfs_ = dbfs(samples);
    microphone_ns_ = last_ns;
  }
  if (active() && mode_ == EchoHandling::cancel) {
    watch(samples.size());
    keep_back(samples);
  }
  return last_ns;
}

// What the filter has found out.
void Cleaner::watch(std::size_t samples) {
  const echo::Measures& measures = filter_->measures();
  erle_db_ = measures.erle_db().value_or(unknown);
  coupling_db_ = measures.coupling_db().value_or(unknown);
  const bool was_good = bad_s_.exchange(measures.bad_s()) == 0;
  if (measures.dead() && !std::exchange(told_dead_, true)) {
    log::warning("audio", "the microphone '" + microphone_ +
                              "' gives nothing but silence. Is it muted? Try: gemini-voicectl "
                              "doctor --audio");
  }
  if (places_.empty()) return;
  Place& place = places_.back();
  // Its echo became louder, say: what is left of it would be taken for the user.
  if (was_good && measures.bad_s() > 0) place.learn_again();
  if (std::exchange(place.untold_ns, filter_->untold_ns()) != filter_->untold_ns()) {
    // Once: where two ways are heard that take turns nobody's words would ever be sent.
    if (!std::exchange(place.moved, true)) place.learn_again();
    log::info("audio", "the speaker is heard " + std::to_string(place.untold_ns / 1'000'000) +
                           " ms later than '" + speaker_ + "' says: the echo is cancelled there");
  }
  if (!learning() || !measures.far_active()) return;
  place.learnt += samples;
  if (loud(measures)) place.loud += samples;
  place.known = !learning();
}

void Cleaner::Place::learn_again() {
  known = false;
  learnt = std::min(learnt, learning_samples - again_samples);
  loud = std::min(loud, learnt);
}

// Until the canceller knows the room, words of the echo are left. Longer than usual where it may
// not even know yet when the echo comes.
bool Cleaner::learning() const {
  if (by_key_ || places_.empty()) return false;
  const Place& place = places_.back();
  if (place.known) return false;
  if (place.learnt < learning_samples) return true;
  return place.learnt < finding_samples && !filter_->echo_found() && place.loud > place.learnt / 2;
}

// Only what could be an echo: a microphone that hears none, as with headphones, stays as it is.
void Cleaner::keep_back(std::vector<std::int16_t>& samples) {
  const bool far_active = filter_->measures().far_active();
  const bool may_be_late = late_ > 0 && !filter_->echo_found();
  late_ = far_active ? late_samples : late_ - std::min(late_, samples.size());
  if (!learning() || !(far_active || may_be_late)) {
    keep_back_ = 0;
    return;
  }
  if (loud(filter_->measures())) keep_back_ = hold_samples;
  const std::size_t silent = std::min(keep_back_, samples.size());
  std::fill_n(samples.begin(), silent, std::int16_t{0});
  keep_back_ -= silent;
}

std::optional<bool> Cleaner::voice() const {
  if (!active() || mode_ != EchoHandling::cancel) return std::nullopt;
  if (learning()) return false;  // in the pauses too: it may sound late
  if (!filter_->measures().far_active()) return std::nullopt;
  return filter_->near_speech().state() != echo::NearSpeech::State::silent;
}

void Cleaner::wrote(std::span<const std::int16_t> samples, std::int64_t first_heard_ns) {
  if (filter_) far_end_.wrote(samples, first_heard_ns);
  speaker_dbfs_ = dbfs(samples);
  speaker_ns_ = first_heard_ns;
}

void Cleaner::took_back(std::size_t frames) {
  if (filter_) far_end_.took_back(frames);
}

void Cleaner::cut(std::int64_t now_ns) {
  if (filter_) far_end_.cut(now_ns);
  speaker_dbfs_ = silence_dbfs;
}

Levels Cleaner::levels(std::int64_t now) const {
  const auto recent = [now](double dbfs, std::int64_t at_ns) {
    return now - at_ns > meter_ns ? silence_dbfs : dbfs;
  };
  return {.microphone_dbfs = recent(microphone_dbfs_, microphone_ns_),
          .speaker_dbfs = recent(speaker_dbfs_, speaker_ns_),
          .erle_db = known(erle_db_),
          .coupling_db = known(coupling_db_),
          .bad_s = bad_s_};
}

}  // namespace gv::audio
