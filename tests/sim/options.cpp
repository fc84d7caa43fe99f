#include "tests/sim/options.hpp"

#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <stdexcept>

#include <asio/ip/address.hpp>

#include "tests/sim/validator.hpp"

namespace gv::sim {
namespace {

[[noreturn]] void wrong(const std::string& option, const std::string& why) {
  throw std::runtime_error(option + ": " + why + ". Try: gemini-live-sim --help");
}

double parse_number(const std::string& option, std::string_view value, double low, double high) {
  double number = 0;
  const char* const end = value.data() + value.size();
  const auto result = std::from_chars(value.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end || number < low || number > high) {
    wrong(option, "\"" + std::string(value) + "\" is not a number in its range");
  }
  return number;
}

int parse_ms(const std::string& option, std::string_view value) {
  return static_cast<int>(parse_number(option, value, 0, 3'600'000));
}

void parse_listen(Options& options, const std::string& option, const std::string& value) {
  const std::size_t colon = value.rfind(':');
  if (colon == std::string::npos) wrong(option, "expects HOST:PORT");
  std::string host = value.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  asio::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error || !address.is_loopback()) {
    wrong(option, "only a loopback address is served, since nothing here is protected");
  }
  options.host = host;
  options.port =
      static_cast<std::uint16_t>(parse_number(option, value.substr(colon + 1), 0, 65535));
}

AnswerMode parse_answer(const std::string& option, const std::string& value) {
  AnswerMode mode;
  if (value == "parrot") return mode;
  if (value == "none") {
    mode.kind = AnswerMode::Kind::none;
    return mode;
  }
  if (value.starts_with("tone:")) {
    const std::size_t colon = value.find(':', 5);
    if (colon == std::string::npos) wrong(option, "expects tone:HZ:SECONDS");
    mode.kind = AnswerMode::Kind::tone;
    mode.tone_hz = parse_number(option, std::string_view(value).substr(5, colon - 5), 20, 11'000);
    mode.tone_seconds = parse_number(option, std::string_view(value).substr(colon + 1), 0.001, 600);
    return mode;
  }
  mode.kind = AnswerMode::Kind::file;
  mode.file = value;
  if (!std::filesystem::is_regular_file(mode.file)) {
    wrong(option, "\"" + value + "\" is neither parrot, none, tone:HZ:SECONDS nor a file");
  }
  return mode;
}

std::vector<std::string> parse_list(const std::string& value) {
  std::vector<std::string> items;
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    std::string item = value.substr(begin, end - begin);
    if (item.starts_with("models/")) item.erase(0, 7);
    if (!item.empty()) items.push_back(std::move(item));
    begin = end + 1;
  }
  return items;
}

}  // namespace

std::string usage() {
  return R"(gemini-live-sim [OPTION]...: a local stand-in for the Gemini Live API

  --listen HOST:PORT      loopback only; default 127.0.0.1:0 (any free port)
  --tls-cert FILE --tls-key FILE   serve wss instead of ws
  --port-file FILE        write the port there once listening
  --log FILE              what happens, as JSON lines (see tests/sim/README.md)
  --record-uplink FILE    microphone audio as received, raw S16LE 16 kHz
  --record-downlink FILE  answers as sent, raw S16LE 24 kHz
  --answer MODE           parrot (default), tone:HZ:SECONDS, none, or a raw S16LE 24 kHz file
  --transcript TEXT       words of every answer
  --speed X               answers are sent X times faster than real time; default 4
  --think MS              pause before an answer; default 400
  --setup-delay MS        pause before setupComplete; default 150
  --key KEY               the one accepted key; default: any that does not start with "bad"
  --models A,B            the models there are; default: the service's
  --listing-quota         who lists the models has used up his quota (429)
  --vad-threshold DB      loudness that counts as speech; default -42 dBFS
  --silence MS            end of speech, where the setup does not say; default 500
  --blocked-audio WHAT    audio while a BLOCKING call is open: ignore (default), cancel, close (after 200 ms)
  --script FILE           faults and events at chosen moments (see tests/sim/README.md)
  --legacy                accept mediaChunks and gemini-2.0-flash-exp, as in 2025
)";
}

Options parse_options(const std::vector<std::string>& arguments) {
  Options options;
  using Setter = std::function<void(const std::string& option, const std::string& value)>;
  const auto path = [](std::filesystem::path& target) -> Setter {
    return [&target](const std::string&, const std::string& value) { target = value; };
  };
  const std::map<std::string, Setter> setters = {
      {"--listen", [&options](auto& name, auto& value) { parse_listen(options, name, value); }},
      {"--tls-cert", path(options.tls_cert)},
      {"--tls-key", path(options.tls_key)},
      {"--port-file", path(options.port_file)},
      {"--log", path(options.log)},
      {"--record-uplink", path(options.record_uplink)},
      {"--record-downlink", path(options.record_downlink)},
      {"--script", path(options.script)},
      {"--answer",
       [&options](auto& name, auto& value) { options.answer = parse_answer(name, value); }},
      {"--transcript", [&options](auto&, auto& value) { options.transcript = value; }},
      {"--speed", [&options](auto& name,
                             auto& value) { options.speed = parse_number(name, value, 0.1, 1e6); }},
      {"--think",
       [&options](auto& name, auto& value) {
         options.think = std::chrono::milliseconds(parse_ms(name, value));
       }},
      {"--setup-delay",
       [&options](auto& name, auto& value) {
         options.setup_delay = std::chrono::milliseconds(parse_ms(name, value));
       }},
      {"--key", [&options](auto&, auto& value) { options.key = value; }},
      {"--models", [&options](auto&, auto& value) { options.models = parse_list(value); }},
      {"--vad-threshold",
       [&options](auto& name, auto& value) {
         options.vad_threshold_db = parse_number(name, value, -90, 0);
       }},
      {"--silence",
       [&options](auto& name, auto& value) { options.silence_ms = parse_ms(name, value); }},
      {"--blocked-audio",
       [&options](auto& name, auto& value) {
         if (value != "ignore" && value != "cancel" && value != "close") {
           wrong(name, "expects ignore, cancel or close");
         }
         options.blocked_audio = value == "ignore"   ? BlockedAudio::ignore
                                 : value == "cancel" ? BlockedAudio::cancel
                                                     : BlockedAudio::close;
       }},
  };
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string name = arguments[i];
    if (name == "--help" || name == "--legacy" || name == "--listing-quota") {
      (name == "--help"     ? options.help
       : name == "--legacy" ? options.legacy
                            : options.listing_quota) = true;
      continue;
    }
    std::optional<std::string> value;
    if (const std::size_t equals = name.find('='); equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    }
    const auto setter = setters.find(name);
    if (setter == setters.end()) wrong(name, "no such option");
    if (!value) {
      if (++i == arguments.size()) wrong(name, "needs a value");
      value = arguments[i];
    }
    setter->second(name, *value);
  }
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    wrong("--tls-cert", "goes together with --tls-key");
  }
  if (options.models.empty()) {
    options.models.assign(default_models().begin(), default_models().end());
    if (options.legacy) options.models.emplace_back("gemini-2.0-flash-exp");
  }
  return options;
}

}  // namespace gv::sim
