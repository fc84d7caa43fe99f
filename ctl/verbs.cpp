#include "ctl/verbs.hpp"

#include <array>
#include <limits>
#include <string>
#include <vector>

#include "ctl/output.hpp"
#include "ctl/problem.hpp"

namespace gv::ctl {
namespace {

constexpr std::size_t any = std::numeric_limits<std::size_t>::max();

const OptionSpec profile{"--profile", "-p", true};
const OptionSpec off_the_record{"--off-the-record", "", false};

const std::vector<Verb>& table() {
  static const std::vector<Verb> verbs{
      {"start",
       "[--profile P] [--no-wait] [--off-the-record]",
       "Start a conversation.\n"
       "Waits until the session listens or has failed. --no-wait: returns at once.\n"
       "--off-the-record: nothing of it is kept, neither in the history nor to go on with.\n"
       "With a session of that profile running already, nothing happens.",
       {{profile, {"--no-wait", "", false}, off_the_record}},
       &start},
      {"stop",
       "[--forget]",
       "End the conversation and release the audio devices.\n"
       "--forget: the next conversation does not remember this one.",
       {{{"--forget", "", false}}},
       &stop},
      {"toggle",
       "[--profile P] [--off-the-record]",
       "Start or stop, for a hotkey.",
       {{profile, off_the_record}},
       &toggle},
      {"mute", "", "Close the microphone; the conversation goes on.", {}, &mute},
      {"unmute", "", "Open the microphone again.", {}, &unmute},
      {"mute-toggle", "", "Mute or unmute, for a hotkey.", {}, &mute_toggle},
      {"interrupt", "", "Silence the model now.", {}, &interrupt},
      {"talk",
       "press|release|toggle",
       "Push-to-talk, for a hotkey.\n"
       "press, release: the key went down and up. A hold talks while it lasts; after a tap you "
       "talk\n"
       "until the next one. toggle: a tap, for desktops that tell of presses alone; where they\n"
       "repeat a key that is held, a hold.\n"
       "Starts a session, which goes by the key, where none runs. A muted microphone is open "
       "while\n"
       "you talk.",
       {{}, 1, 1},
       &talk},
      {"say",
       "TEXT…|-",
       "Type into the running conversation.\n"
       "'-' reads the text from standard input. Text that begins with a dash goes after '--'.",
       {{}, 1, any, true},
       &say},
      {"ask",
       "[--profile P] TEXT…|-",
       "Ask, wait for the answer, and print it alone.\n"
       "Starts a session where none runs, and stops it afterwards. Where the model uses tools, "
       "the\n"
       "answer is what it says about their results; a tool that must be allowed first is told of "
       "on\n"
       "standard error.",
       {{profile}, 1, any, true},
       &ask},
      {"send-image",
       "FILE|-",
       "Show an image to the model: PNG, JPEG, GIF, WebP or BMP.\n"
       "'-' reads it from standard input. At most 32 MiB. It is made smaller where it is large, "
       "and\n"
       "nothing but the picture is sent: no place, no camera. Ask about it with say or by voice.",
       {{}, 1, 1},
       &send_image},
      {"screenshot",
       "",
       "Show the screen to the model.\n"
       "By way of the desktop's portal, which may ask you. Waits for that up to 90 s, or as\n"
       "--timeout says.",
       {},
       &screenshot},
      {"status",
       "[--quiet]",
       "Show the state (also without a verb).\n"
       "--quiet: by exit code alone: 0 a session runs, 1 none does, 3 no daemon.",
       {{{"--quiet", "-q", false}}},
       &status},
      {"statistics",
       "",
       "Show counters and latencies of the current or last session.",
       {},
       &statistics},
      {"devices", "", "List the audio devices that the configuration may name.", {}, &devices},
      {"profiles", "", "List the profiles.", {}, &profiles},
      {"watch",
       "[--json|--captions [--large] [--size N]|--waybar|--levels]",
       "Print the current state, then every change, until interrupted.\n"
       "Survives a restart of the daemon. --captions: what is said, as it is said.\n"
       "--captions --large: the same in large letters on the whole terminal, for reading along "
       "from\n"
       "afar. --size N: letters N rows high.\n"
       "--waybar: a line of JSON for Waybar: text, alt (the state, or away), class, tooltip. "
       "Does\n"
       "not start the daemon.\n"
       "--levels: meters of microphone and speaker, ten times a second, in dBFS (0: a sine at "
       "full\n"
       "scale), with the echo mode and what the canceller takes away (ERLE).",
       {{{"--captions", "", false},
         {"--large", "", false},
         {"--size", "", true},
         {"--waybar", "", false},
         {"--levels", "", false}}},
       &watch},
      {"transcript",
       "[-n N]",
       "Print what was said. -n N: the newest N entries.",
       {{{"--newest", "-n", true}}},
       &transcript},
      {"words",
       "list|export|delete WORD…|--all [--format csv|anki] [--language L]",
       "Look after the new words of who learns a language.\n"
       "The profile tutor saves them (tool save_word). export: as CSV for a spreadsheet, or a "
       "text\n"
       "that Anki imports, on standard output. --language: those of that language alone. Needs no\n"
       "daemon.",
       {{{"--format", "", true}, {"--language", "", true}, {"--all", "", false}}, 1, any},
       &words},
      {"history",
       "list|show|search|export|delete …",
       "Look at past conversations.\n"
       "They are kept where the configuration says history: {enabled: true}. Needs no daemon.\n"
       "list [--profile P] [--since D] [-n N]: the sessions, newest first.\n"
       "show ID: what was said. ID is the beginning of a session's id, or last.\n"
       "search WORDS… [--profile P] [--since D] [-n N]: where all of these words were said.\n"
       "export ID [--format md|json|srt|vtt] [-o FILE]: as a file; srt and vtt are subtitles.\n"
       "delete ID|--before D|--all [--dry-run]: for good.\n"
       "D: 2026-07-14, '2026-07-14 10:15', today, yesterday, or 90min, 12h, 7d, 2w ago.",
       {{profile,
         {"--since", "", true},
         {"--newest", "-n", true},
         {"--format", "-f", true},
         {"--output", "-o", true},
         {"--before", "", true},
         {"--all", "", false},
         {"--dry-run", "", false}},
        1,
        any},
       &history},
      {"usage",
       "[--days N|--month] [--by day|profile|model]",
       "Show what conversations have cost: tokens, and an estimate in dollars.\n"
       "--days N: of today and the days before it, N in all (default 7). --month: of this month.\n"
       "Each token is counted once; the dollars come from usage.prices, and the bill is the\n"
       "service's. Needs no daemon.",
       {{{"--days", "", true}, {"--month", "", false}, {"--by", "", true}}},
       &usage},
      {"approve",
       "[ID]",
       "Allow a tool that asks.\n"
       "Without ID: show what asks, all of it, and answer nothing. A tool cannot use this itself,\n"
       "nor can a terminal that a tool has opened.",
       {{}, 0, 1},
       &approve},
      {"deny", "[ID]", "Refuse a tool that asks. Without ID: show what asks.", {{}, 0, 1}, &deny},
      {"reload",
       "",
       "Let the daemon re-read its configuration.\n"
       "A conversation goes on. Prints the changed keys: those that are in force now, and those\n"
       "that take effect with the next session.",
       {},
       &reload},
      {"config",
       "check [FILE]|show|path|init|set-key [--file|--keyring]|schema",
       "Look after the configuration file.\n"
       "check [FILE]: report every mistake in it; exit code 6 where there are any.\n"
       "show: the configuration in force, as YAML. path: where it is.\n"
       "init: write a commented example to start from; never over an existing file.\n"
       "set-key: read an API key from the terminal without showing it, or from standard input, "
       "and\n"
       "keep it in the keyring where there is one that can be used (--keyring: there or nowhere), "
       "else\n"
       "in a file that only you can read (--file: there); the configuration and a running daemon "
       "are\n"
       "told.\n"
       "schema: its JSON Schema, for editors.",
       {{{"--file", "", false}, {"--keyring", "", false}}, 1, 2},
       &config},
      {"setup",
       "[key|devices|echo|hotkey|service]…",
       "Set everything up, step by step.\n"
       "Asks for the key, shows what microphone and speaker do, tries the echo, says how to bind "
       "a\n"
       "hotkey, and enables the service. Each step can be skipped and repeated; named ones alone "
       "are\n"
       "done. Needs a terminal.",
       {{}, 0, any},
       &setup},
      {"doctor",
       "[--audio] [--offline] [--bundle FILE]",
       "Find out what is wrong, and what to do about it.\n"
       "Looks at the configuration, the key, the way to the service, the models, sound, the bus,\n"
       "the unit and the desktop. Needs no daemon, and starts none. Asks the service once whether\n"
       "it takes the key, unless --offline.\n"
       "--audio: instead, plays a test sound, listens, and says with numbers how the devices, the\n"
       "echo and its cancellation are, and which audio.echo fits.\n"
       "--bundle FILE: also writes a text for a bug report, without keys, names and words; with\n"
       "--audio the test sound is part of it. Never over an existing file.\n"
       "Exit code: 0, warnings or not; else that of what is to be mended first: 6 configuration,\n"
       "7 key, 8 sound devices, 3 bus or daemon, 1 anything else.",
       {{{"--audio", "", false}, {"--offline", "", false}, {"--bundle", "", true}}},
       &doctor},
      {"bind",
       "[--desktop D] [--key KEY] [--talk] [--apply] [--dry-run]",
       "Show how to bind a hotkey on this desktop.\n"
       "Without options for both: to start and stop, and to talk. --talk: to talk alone.\n"
       "--key KEY: as Super+G, Ctrl+Alt+space or F9. --apply: bind it, where the desktop has a "
       "safe\n"
       "way (GNOME, Xfce); nothing of others is lost, and ours moves. --dry-run: show what that "
       "would "
       "run.\n"
       "D: gnome, kde, sway, hyprland, i3, xfce, niri or river; without: the one that runs.",
       {{{"--desktop", "", true},
         {"--key", "", true},
         {"--talk", "", false},
         {"--apply", "", false},
         {"--dry-run", "", false}}},
       &bind},
      {"completions",
       "bash|zsh|fish",
       "Print what a shell loads to complete command lines.\n"
       "Packages install it. Else, in bash and zsh: source <(gemini-voicectl completions bash), "
       "or\n"
       "zsh. In fish: gemini-voicectl completions fish | source.",
       {{}, 1, 1},
       &completions},
      {"complete",
       "TEXT…",
       "Print what may stand at the end of a command line, for shells.",
       {{}, 0, any, true},
       &complete,
       true},
      {"help", "[VERB]", "Show this help, or a verb's.", {{}, 0, 1}, &help},
  };
  return verbs;
}

boost::json::object to_json(const Verb& verb) {
  boost::json::array options;
  for (const OptionSpec& option : verb.grammar.options) {
    options.push_back(
        {{"name", option.name}, {"short", option.short_name}, {"takes_value", option.takes_value}});
  }
  return {{"verb", verb.name},
          {"synopsis", verb.synopsis},
          {"help", verb.help},
          {"options", std::move(options)}};
}

std::string_view summary(const Verb& verb) {
  return verb.help.substr(0, verb.help.find('\n'));
}

}  // namespace

std::span<const Verb> verbs() {
  return table();
}

const Verb* find_verb(std::string_view name) {
  for (const Verb& verb : table()) {
    if (verb.name == name) return &verb;
  }
  return nullptr;
}

void print_help() {
  print(
      "gemini-voicectl: talk with gemini-voiced\n\n"
      "Usage: gemini-voicectl [--json] [--timeout S] [--no-start] VERB …\n"
      "       (no verb: status)\n");
  for (const Verb& verb : table()) {
    if (verb.run == nullptr || verb.hidden) continue;
    std::string line = "  " + std::string(verb.name) + ' ' + std::string(verb.synopsis);
    // "…" counts three bytes and one column.
    std::size_t width = 0;
    for (const char c : line)
      width += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    if (width < 40) {
      line.append(40 - width, ' ');
    } else {
      line += '\n' + std::string(40, ' ');
    }
    print(line + std::string(summary(verb)));
  }
  print(
      "\nOptions:\n"
      "  --json       one JSON object per line\n"
      "  --timeout S  give up after S seconds (default 30)\n"
      "  --no-start   do not start the daemon where it does not run\n"
      "  -h, --help   this text; after a verb: its own\n"
      "  --version\n\n"
      "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no daemon, 4 timed out,\n"
      "  5 busy or refused, 6 configuration invalid, 7 no API key or refused,\n"
      "  8 audio device unavailable");
}

void print_help(const Verb& verb) {
  print("Usage: gemini-voicectl " + std::string(verb.name) + ' ' + std::string(verb.synopsis) +
        "\n\n" + std::string(verb.help));
  if (verb.run == nullptr) print("Not available in this version.");
}

int help(const Call& call) {
  if (call.options.json) {
    for (const Verb& verb : table()) {
      if (verb.run != nullptr && !verb.hidden) print(to_json(verb));
    }
    return 0;
  }
  if (call.arguments.words.empty()) {
    print_help();
    return 0;
  }
  const Verb* verb = find_verb(call.arguments.words[0]);
  if (verb == nullptr) {
    throw Problem(Exit::usage, "help", "unknown verb '" + call.arguments.words[0] + "'",
                  "gemini-voicectl --help");
  }
  print_help(*verb);
  return 0;
}

}  // namespace gv::ctl
