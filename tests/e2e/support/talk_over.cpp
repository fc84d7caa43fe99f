#include "tests/e2e/support/talk_over.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tests/e2e/support/analysis.hpp"
#include "tests/support/voices.hpp"

namespace gv::e2e {
namespace {

Samples at_rate(const Samples& answer, unsigned rate) {
  return rate == answer_rate ? answer : thinned(doubled(answer), 2 * answer_rate / rate);
}

std::size_t begin_of(const Samples& heard, const Samples& answer, unsigned rate) {
  const auto loud = std::ranges::find_if(heard, [](int sample) { return std::abs(sample) > 200; });
  const auto first = static_cast<std::size_t>(loud - heard.begin());
  const std::size_t from = first - std::min<std::size_t>(first, rate / 10);
  if (heard.size() < from + rate) throw std::runtime_error("too little of the answer was heard");
  const Match match =
      find_similar(SampleView(heard).subspan(from, rate), SampleView(answer).first(rate / 2));
  if (match.similarity < 0.9) throw std::runtime_error("what is heard is not the answer");
  return static_cast<std::size_t>(static_cast<std::ptrdiff_t>(from) + match.at);
}

Reaction reaction(const SpeakerRecorder& speaker, const Samples& answer, std::int64_t onset_ns) {
  const std::vector<double> levels =
      loudness(speaker, answer, static_cast<std::size_t>(speaker.frame_at(onset_ns)));
  constexpr double soft = 0.2;
  constexpr double silent = 0.005;
  constexpr std::size_t stays = 50;  // ms
  Reaction result;
  for (std::size_t n = 0; n + stays < levels.size(); ++n) {
    const auto ms = static_cast<double>(n);
    if (levels[n] < soft) result.duck_ms = std::min(result.duck_ms, ms);
    const auto first = levels.begin() + static_cast<std::ptrdiff_t>(n);
    if (std::all_of(first, first + stays, [](double level) { return level < silent; })) {
      result.silence_ms = ms;
      break;
    }
  }
  return result;
}

}  // namespace

StageOptions talkative(double seconds, const std::string& echo, bool heard) {
  StageOptions options;
  options.answer = speech(seconds, answer_rate, 41);
  options.daemon.echo = echo;
  if (!heard) options.sim = {"--vad-threshold", "0"};
  return options;
}

void listen(const SpeakerRecorder& speaker, std::size_t begin, std::size_t ms) {
  const std::size_t enough = begin + ms * speaker.rate() / 1000;
  require(
      "the answer", [&speaker, enough] { return speaker.size() >= enough; }, milliseconds(60'000));
}

std::vector<double> loudness(const SpeakerRecorder& speaker, const Samples& answer,
                             std::size_t from) {
  const unsigned rate = speaker.rate();
  const Samples heard = speaker.samples();
  const Samples said = at_rate(answer, rate);
  const std::size_t begin = begin_of(heard, said, rate);
  from = std::max(from, begin);
  const std::size_t step = rate / 1000;
  const std::size_t window = 5 * step;
  std::vector<double> result;
  for (std::size_t at = from; at + window <= heard.size(); at += step) {
    if (at - begin + window > said.size()) break;
    double product = 0;
    double power = 1;
    for (std::size_t n = at; n < at + window; ++n) {
      product += static_cast<double>(heard[n]) * said[n - begin];
      power += static_cast<double>(said[n - begin]) * said[n - begin];
    }
    result.push_back(std::abs(product / power));
  }
  return result;
}

Reaction talk_over(Stage& stage, const Samples& answer, const SpeakerRecorder& speaker,
                   Microphone& mouth, unsigned round, unsigned after_ms) {
  stage.start_session();
  stage.voice->say("Tell me something long.");
  const std::size_t begin = speaker.wait_for_sound();
  listen(speaker, begin, after_ms + 73 * round);
  const double pitch = round % 2 == 0 ? 120 : 210;
  const std::size_t phrase = mouth.say(test::voice(0.8, mouth.rate(), -20, pitch));
  mouth.wait_until_said(phrase);
  listen(speaker, begin, after_ms + 73 * round + 1200);
  return reaction(speaker, answer, mouth.time_of(phrase, 0));
}

}  // namespace gv::e2e
