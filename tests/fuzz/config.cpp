// Any text as a configuration file.
#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/config/dump.hpp"
#include "daemon/config/keys.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/placeholders.hpp"
#include "daemon/config/text.hpp"
#include "tests/fuzz/check.hpp"

using namespace gv;
using fuzz::check;

namespace {

void check_diagnostic(const config::Diagnostic& diagnostic, std::string_view input) {
  const auto line = config::format(diagnostic);
  check(fuzz::is_printable_line(line), "a diagnostic is one printable line", line);
  check(line.size() < 4000, "a diagnostic is of a length to be read", line);
  check(!config::holds_api_key(line), "no diagnostic holds an API key", line);
  check(!diagnostic.message.empty(), "a diagnostic says something", line);
  const auto lines = std::ranges::count(input, '\n') + std::ranges::count(input, '\r') + 2;
  check(diagnostic.line >= 0 && diagnostic.line <= lines, "a diagnostic is about a line", line);
  check((diagnostic.line > 0) == (diagnostic.column > 0), "a place has both numbers", line);
}

// What a call fills in, and who may be called, is known.
void check_tools(const config::Config& config) {
  const auto& tools = config.tools;
  for (const auto& [name, command] : tools.commands) {
    check(!command.child.argv.empty() && !command.description.empty(), "a command is whole", name);
    const auto known = command.parameters.names();
    auto texts = command.child.argv;
    texts.push_back(command.input);
    for (const auto& text : texts) {
      check(std::holds_alternative<std::vector<config::Piece>>(config::pieces_of(text)),
            "every argument can be read", text);
      for (const auto& placeholder : config::placeholders_in(text))
        check(std::ranges::count(known, placeholder) == 1, "every placeholder is known", text);
    }
  }
  for (const auto& [name, server] : tools.mcp_servers) {
    check(server.child.argv.empty() != server.url.empty(), "a server has one address", name);
    check(!server.tools.empty(), "a server offers something", name);
    check(!tools.commands.contains(name), "a name means one thing", name);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto result = config::load(input, "f");
  for (const auto& diagnostic : result.diagnostics)
    check_diagnostic(diagnostic, input);
  // Several profiles may name several models each: the limit is generous.
  check(result.diagnostics.size() <= input.size() + 1, "no more diagnostics than bytes");
  if (!result.ok()) return 0;

  const auto& config = result.config;
  check(config.profiles.contains(config.default_profile), "the default profile exists");
  check_tools(config);
  check(config::changed_keys(config, config).empty(), "a configuration is itself");
  const auto shown = config::dump(config);
  check(!config::holds_api_key(shown), "no API key is shown");
  const auto again = config::load(shown, "f");
  check(again.ok(), "what is shown loads again",
        again.diagnostics.empty() ? "" : config::format(again.diagnostics.front()));
  check(again.config == config, "what is shown is what is in force", shown);
  check(config::dump(again.config) == shown, "what is shown is shown alike again", shown);
  return 0;
}
