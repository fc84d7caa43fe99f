#include "ctl/doctor/redact.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <re2/re2.h>
#include <string.h>  // explicit_bzero

#include "daemon/util/text.hpp"

namespace gv::ctl {
namespace {

struct Rule {
  const char* pattern;
  const char* rewrite;
};

// In this order.
constexpr std::array rules{
    // Google's keys, old and new, and the tokens that stand in for them.
    Rule{R"(AIza[0-9A-Za-z_\-]{6,})", "[key]"},
    Rule{R"(\bAQ\.[0-9A-Za-z_\-]{6,})", "[key]"},
    Rule{R"(auth_tokens/[^\s"',]+)", "[token]"},
    Rule{R"(\bya29\.[^\s"',]+)", "[token]"},
    // Those of others.
    Rule{R"(\beyJ[0-9A-Za-z_\-]{8,}(?:\.[0-9A-Za-z_\-]*){0,2})", "[token]"},
    Rule{R"(\b(?:sk|pk|rk|ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs])[-_][0-9A-Za-z_\-]{10,})",
         "[token]"},
    Rule{R"((?i)\b(bearer)\s+[^\s"',]{4,})", R"(\1 [hidden])"},
    Rule{R"((?i)\b(basic)\s+[0-9A-Za-z+/=]{12,})", R"(\1 [hidden])"},
    // Lines of a unit that systemd quotes in the log.
    Rule{R"((\bignoring: ).*)", R"(\1[hidden])"},
    // What says itself what it is.
    Rule{R"((?i)\b((?:[a-z0-9]+[_\-])*(?:api[_\-]?key|token|secret|password|passwd|passphrase|)"
         R"(handle|cookie|authorization)s?["']?\s*[=:]\s*)("[^"\n]*"|'[^'\n]*'|[^\s"',;}\]]+\]?))",
         R"(\1[hidden])"},
    Rule{R"((?i)\b(key=)[^&\s"']+)", R"(\1[hidden])"},
    Rule{R"((://)[^/\s@"']+@)", R"(\1[hidden]@)"},
    // Addresses of people and machines.
    Rule{R"([0-9A-Za-z._%+\-]+@[0-9A-Za-z.\-]+\.[A-Za-z]{2,})", "[mail address]"},
    Rule{R"((?i)\b(?:[0-9a-f]{1,4}:){3,}[0-9a-f:]*[0-9a-f])", "[address]"},
    Rule{R"((?i)\b(?:[0-9a-f]{1,4}:)+:(?:[0-9a-f]{1,4}:?)*)", "[address]"},
    // Of Bluetooth, as sound servers write them into names.
    Rule{R"((?i)(\b|_)[0-9a-f]{2}(?:[:_\-][0-9a-f]{2}){5}(\b|_))", R"(\1[address]\2)"},
};

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

bool same(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

// Whole words only, in whatever case.
void replace_word(std::string& text, std::string_view word, std::string_view by) {
  if (word.empty()) return;
  std::string result;
  std::size_t from = 0;
  while (true) {
    const auto found = std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(),
                                   word.begin(), word.end(), same);
    if (found == text.end()) break;
    const auto at = static_cast<std::size_t>(found - text.begin());
    const std::size_t end = at + word.size();
    const bool whole =
        (at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]));
    result.append(text, from, at - from)
        .append(whole ? by : std::string_view(text).substr(at, word.size()));
    from = end;
  }
  text = result.append(text, from);
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

// Letters and digits in a muddle, as no word and no name of a device is: a handle, a token, a sum.
bool is_muddle(std::string_view run) {
  constexpr std::size_t certainly = 64;
  constexpr std::size_t least = 24;
  const auto kind = [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return std::isdigit(u) != 0 ? 1 : std::isupper(u) != 0 ? 2 : std::islower(u) != 0 ? 3 : 0;
  };
  std::size_t counted = 0;
  std::size_t changes = 0;
  bool digits = false;
  int last = 0;
  for (const char c : run) {
    const int now = kind(c);
    if (now == 0) continue;
    ++counted;
    digits = digits || now == 1;
    changes += last != 0 && now != last ? 1 : 0;
    last = now;
  }
  // By chance more than half of them change.
  return counted >= certainly || (counted >= least && digits && changes * 100 >= counted * 35);
}

// Of a path, each of its names; base64 may hold a slash, too, but does not begin with a folder.
bool holds_muddle(std::string_view run) {
  if (run.find('/') == run.npos) return is_muddle(run);
  if (run.front() != '/' && is_muddle(run)) return true;
  while (!run.empty()) {
    const auto end = std::min(run.find('/'), run.size());
    if (is_muddle(run.substr(0, end))) return true;
    run.remove_prefix(std::min(end + 1, run.size()));
  }
  return false;
}

std::string without_muddles(std::string_view text) {
  const auto part = [](char c) {
    return is_word(c) || c == '+' || c == '/' || c == '_' || c == '=' || c == '-';
  };
  std::string result;
  while (!text.empty()) {
    const auto begin = std::ranges::find_if(text, part);
    result.append(text.begin(), begin);
    const auto end = std::find_if_not(begin, text.end(), part);
    const std::string_view run(begin, end);
    if (holds_muddle(run)) {
      result += "[hidden]";
    } else {
      result += run;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  }
  return result;
}

// This machine's own address tells nobody anything.
void hide_addresses(std::string& text) {
  static const RE2 address(R"(\b(?:\d{1,3}\.){3}\d{1,3}\b)");
  static const RE2 own(R"(\b127\.(\d{1,3}\.\d{1,3}\.\d{1,3})\b)");
  RE2::GlobalReplace(&text, own, R"([own]\1)");
  RE2::GlobalReplace(&text, address, "[address]");
  replace_all(text, "[own]", "127.");
}

std::string length_of(const std::string& text) {
  return text.empty() ? "" : "[" + std::to_string(text.size()) + " bytes]";
}

std::string that_there_is(const std::string& text) {
  return text.empty() ? "" : "[set]";
}

// The program is of use, what it is called with is the user's.
void shorten(std::vector<std::string>& argv) {
  if (argv.empty()) return;
  const std::size_t more = argv.size() - 1;
  argv.resize(1);
  argv[0] = argv[0].substr(argv[0].rfind('/') + 1);
  if (more > 0) argv.push_back("[" + std::to_string(more) + " more]");
}

void shorten(config::Child& child) {
  shorten(child.argv);
  child.directory = that_there_is(child.directory);
  for (std::string& entry : child.environment)
    entry.resize(std::min(entry.find('='), entry.size()));
}

}  // namespace

Redactor::Redactor(Identity identity, std::vector<std::string> secrets)
    : identity_(std::move(identity)), secrets_(std::move(secrets)) {}

Redactor::~Redactor() {
  for (std::string& secret : secrets_)
    ::explicit_bzero(secret.data(), secret.size());
}

std::string Redactor::operator()(std::string text) const {
  for (const std::string& secret : secrets_)
    hide_secret(text, secret, "[key]");
  for (const Rule& rule : rules)
    RE2::GlobalReplace(&text, RE2(rule.pattern), rule.rewrite);
  hide_addresses(text);
  text = without_muddles(text);
  if (identity_.home.size() > 1) replace_all(text, identity_.home, "~");
  static const RE2 homes(R"(/home/[^/\s"':]+)");
  RE2::GlobalReplace(&text, homes, "/home/USER");
  replace_word(text, identity_.full_name, "USER");
  replace_word(text, identity_.user, "USER");
  if (identity_.host == "localhost") return text;
  replace_word(text, identity_.host, "HOST");
  replace_word(text, std::string_view(identity_.host).substr(0, identity_.host.find('.')), "HOST");
  return text;
}

config::Config redacted(config::Config config) {
  config.api.key_file = that_there_is(config.api.key_file);
  shorten(config.api.key_command);
  for (auto& [name, profile] : config.profiles) {
    profile.description = length_of(profile.description);
    profile.instructions = length_of(profile.instructions);
    profile.greeting = length_of(profile.greeting);
    profile.transcript_folder = that_there_is(profile.transcript_folder);
    if (const std::size_t words = profile.escalation_words.size(); words > 0) {
      profile.escalation_words = {"[" + std::to_string(words) + " of them]"};
    }
  }
  for (auto& [name, tool] : config.tools.commands) {
    tool.description = length_of(tool.description);
    tool.parameters = {};
    tool.input = length_of(tool.input);
    shorten(tool.child);
  }
  for (auto& [name, server] : config.tools.mcp_servers) {
    server.url = that_there_is(server.url);
    server.token_file = that_there_is(server.token_file);
    shorten(server.child);
  }
  for (auto& argv : config.hooks.argv)
    shorten(argv);
  return config;
}

}  // namespace gv::ctl
