#include "tests/echo/speech.hpp"

#include <array>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "daemon/audio/resampler.hpp"

namespace gv::test {
namespace {

constexpr unsigned espeak_rate = 22050;
constexpr std::size_t wav_header = 44;

std::vector<std::int16_t> espeak(const std::string& voice, const std::string& text) {
  // The texts are ours: letters and marks that mean nothing to the shell between double quotes.
  const std::string command = "espeak-ng -v " + voice + " --stdout \"" + text + '"';
  FILE* pipe = popen(command.c_str(), "re");
  if (pipe == nullptr) throw std::runtime_error("popen failed");
  std::vector<char> bytes;
  std::array<char, 65536> piece{};
  while (const std::size_t got = fread(piece.data(), 1, piece.size(), pipe))
    bytes.insert(bytes.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(got));
  if (pclose(pipe) != 0 || bytes.size() < wav_header + 1000) {
    throw std::runtime_error("espeak-ng did not speak. On Debian: apt install espeak-ng");
  }
  std::vector<std::int16_t> samples((bytes.size() - wav_header) / 2);
  std::memcpy(samples.data(), bytes.data() + wav_header, samples.size() * 2);
  return samples;
}

}  // namespace

Signal speak(const std::string& voice, const std::string& text, unsigned rate) {
  audio::Resampler resampler(espeak_rate, rate);
  std::vector<std::int16_t> samples;
  resampler.process(espeak(voice, text), samples);
  Signal signal(samples.begin(), samples.end());
  set_level(signal, -20, rate);
  return signal;
}

const std::string& lecture() {
  static const std::string text =
      "The harbour was quiet when the first boats came in. Nobody had expected them before noon, "
      "and so "
      "the market stood empty. An old man, who had sold fish here for forty years, looked up and "
      "counted "
      "the sails. Seven had gone out; six came back. He said nothing. Later, when the children "
      "asked him "
      "about it, he told them a different story: how the moon pulls the water up and lets it fall "
      "again, "
      "twice every day, and how a good sailor listens to that, as one listens to a clock. "
      "What is the shortest way to cook rice? Rinse it twice, use one and a half cups of water for "
      "each cup "
      "of rice, bring it to the boil, cover it, and wait for twelve minutes. Do not stir. "
      "Yes, that is right. In Peru the capital is Lima, and about ten million people live there. "
      "Physics begins with a question that sounds too simple: why does anything move at all? "
      "Aristotle "
      "thought that things seek their place. Galileo rolled brass balls down a groove and "
      "measured, with "
      "a jar of water, how long they took. That was the step. He did not ask why, he asked how "
      "much, and "
      "how fast. Newton put three sentences together, and with them one can throw a stone, "
      "predict an eclipse, or fly to the moon and back. ";
  return text;
}

const std::string& remarks() {
  static const std::string text =
      "Stop, please, wait a moment. I wanted to ask something else. No, that is not what I meant. "
      "Could you tell me about the weather in Vienna tomorrow? Speak a little slower, please.";
  return text;
}

}  // namespace gv::test
