#include "ctl/doctor/sound.hpp"

#include <algorithm>

namespace gv::ctl {
namespace {

constexpr const char* runtime = "runtime dir";
constexpr const char* server = "sound server";
constexpr const char* plugins = "ALSA plug-ins";

using Folder = SoundFacts::RuntimeFolder;

// A trap of its own: without the folder the plug-ins say "input/output error", as broken hardware
// would (users.md (f) 3).
Finding runtime_folder(const SoundFacts& facts) {
  const boost::json::object values{{"path", facts.runtime_name}};
  const std::string advice =
      "from a login session; not by sudo or su (sudo -i, su - or machinectl shell begin one)";
  const std::string consequence =
      ": the sound server and the session bus are not found without it, and devices that need "
      "them fail with an input/output error";
  switch (facts.runtime) {
    case Folder::there:
      return {runtime, Verdict::good, facts.runtime_name, "", values};
    case Folder::unset:
      return {runtime, Verdict::doubtful, "XDG_RUNTIME_DIR is not set" + consequence, advice,
              values};
    case Folder::missing:
      return {runtime, Verdict::doubtful,
              "XDG_RUNTIME_DIR is " + facts.runtime_name + ", which is not there" + consequence,
              advice, values};
    case Folder::of_another:
      return {runtime, Verdict::doubtful,
              "XDG_RUNTIME_DIR is " + facts.runtime_name + ", which belongs to another user" +
                  consequence,
              advice, values};
  }
  return {};
}

Finding sound_server(const SoundFacts& facts) {
  const boost::json::object values{{"pipewire", facts.pipewire}, {"pulse", facts.pulse}};
  if (facts.pipewire) {
    return {server, Verdict::good,
            facts.pulse ? "PipeWire, for PulseAudio's programs, too" : "PipeWire", "", values};
  }
  if (facts.pulse) return {server, Verdict::good, "PulseAudio", "", values};
  if (!facts.pulse_elsewhere.empty()) {
    return {server, Verdict::good, "PulseAudio on another machine: " + facts.pulse_elsewhere, "",
            values};
  }
  std::string text = "neither PipeWire nor PulseAudio takes connections";
  if (facts.runtime == Folder::unset) text += ", as far as one can tell without XDG_RUNTIME_DIR";
  return {server, Verdict::doubtful,
          text + (facts.card ? "; the sound card alone serves one program at a time" : ""),
          "systemctl --user status pipewire pulseaudio", values};
}

Finding plug_ins(const SoundFacts& facts) {
  const boost::json::object values{{"pulse", facts.pulse_plugin},
                                   {"pipewire", facts.pipewire_plugin},
                                   {"default", facts.default_device}};
  std::string text = facts.pulse_plugin && facts.pipewire_plugin ? "pulse and pipewire"
                     : facts.pulse_plugin                        ? "pulse"
                     : facts.pipewire_plugin                     ? "pipewire"
                                                                 : "none for a sound server";
  if (!facts.default_device.empty()) text += "; the device 'default' is: " + facts.default_device;
  const bool reachable = (facts.pipewire && facts.pipewire_plugin) ||
                         ((facts.pulse || !facts.pulse_elsewhere.empty()) && facts.pulse_plugin);
  const bool serves = facts.pipewire || facts.pulse || !facts.pulse_elsewhere.empty();
  if (!serves || reachable) return {plugins, Verdict::good, text, "", values};
  return {plugins, Verdict::doubtful, text + ": ALSA has no way to the sound server",
          facts.pipewire ? "to install pipewire-alsa" : "to install libasound2-plugins", values};
}

std::string quoted(const std::vector<std::string>& devices) {
  std::string text;
  for (const std::string& device : devices)
    text += (text.empty() ? "'" : ", '") + device + "'";
  return text;
}

Finding device(const char* about, const AudioCheck::Side& side,
               const std::vector<std::string>& wanted, const SoundFacts& facts) {
  if (!facts.not_tried.empty()) return skipped(about, facts.not_tried);
  boost::json::object values{{"wanted", boost::json::value_from(wanted)}};
  if (side.info) {
    values["device"] = side.info->device;
    values["rate"] = side.info->rate;
    Finding finding{
        about, Verdict::good,
        "'" + side.info->device + "' opens, at " + std::to_string(side.info->rate) + " Hz", "",
        values};
    if (side.info->device != wanted.front()) {
      finding.verdict = Verdict::doubtful;
      finding.text += "; '" + wanted.front() + "', which comes before it, does not";
      finding.advice = "gemini-voicectl devices";
    }
    return finding;
  }
  Finding finding{about,  Verdict::bad, side.failure, "gemini-voicectl devices",
                  values, Exit::device};
  if (side.failure.empty()) {
    finding.text = quoted(wanted) + " did not answer in time";
    finding.advice = "systemctl --user restart pipewire (or pulseaudio)";
  }
  if (const auto advice = finding.text.find(". Try: "); advice != std::string::npos) {
    finding.advice = finding.text.substr(advice + 7);
    finding.text.resize(advice);
  }
  const bool serves = facts.pipewire || facts.pulse || !facts.pulse_elsewhere.empty();
  if (facts.runtime != Folder::there) {
    finding.text += " (without XDG_RUNTIME_DIR this says little about the hardware)";
  } else if (!serves && !facts.card) {
    finding.text += " (there is neither a sound card nor a sound server)";
    finding.advice = "to plug one in, or a sound server on another machine (PULSE_SERVER)";
  }
  return finding;
}

}  // namespace

Findings judge_sound(const SoundFacts& facts, const config::Audio& wanted) {
  return {runtime_folder(facts), sound_server(facts), plug_ins(facts),
          device("microphone", facts.capture, wanted.capture_devices, facts),
          device("speaker", facts.playback, wanted.playback_devices, facts)};
}

}  // namespace gv::ctl
