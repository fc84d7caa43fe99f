#include "daemon/config/check_tools.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <variant>

#include "daemon/config/placeholders.hpp"
#include "daemon/config/programs.hpp"
#include "daemon/util/words.hpp"

namespace gv::config {
namespace {

// Each is told to the model whenever a session begins.
constexpr std::size_t most_commands = 128;
constexpr std::size_t most_servers = 16;

constexpr const char* runs_as_code =
    "what the model says would be run as code; put the code into a script, and call that";

const std::vector<std::string> builtins{"end_session", "look_at_screen", "mute_microphone",
                                        "save_word"};

class ToolChecker {
 public:
  explicit ToolChecker(const Config& config) : config_(config) {}

  std::vector<Finding> run() {
    const Tools& tools = config_.tools;
    count(tools.commands.size(), most_commands, "tools.commands");
    count(tools.mcp_servers.size(), most_servers, "tools.mcp_servers");
    if (!findings_.empty()) return std::move(findings_);  // too many to look at
    for (const auto& [name, tool] : tools.commands) {
      known_.push_back(name);
      command(name, tool);
    }
    for (const auto& [name, tool] : tools.mcp_servers) {
      known_.push_back(name);
      server(name, tool);
    }
    for (const auto& [name, profile] : config_.profiles)
      names_of(name, profile);
    return std::move(findings_);
  }

 private:
  void add(const std::string& key, std::size_t item, std::string message,
           Severity severity = Severity::error) {
    findings_.push_back(
        {about_, key.empty() ? about_ : about_ + "." + key, item, std::move(message), severity});
  }

  void count(std::size_t number, std::size_t most, const std::string& path) {
    if (number <= most) return;
    about_ = path;
    add("", 0,
        "holds " + std::to_string(number) + " tools; at most " + std::to_string(most) +
            " can be used");
  }

  void builtin(const std::string& name) {
    if (std::ranges::find(builtins, name) != builtins.end()) {
      add("", 0, "is the name of a tool that is built in; take another one");
    }
  }

  void command(const std::string& name, const CommandTool& tool) {
    about_ = "tools.commands." + name;
    builtin(name);
    if (tool.description.empty()) {
      add("", 0, "has no description; the model chooses the tool by it");
    }
    if (tool.child.argv.empty()) {
      add("", 0, "has no argv; write the command as a list, e.g. [notify-send, \"{text}\"]");
      return;
    }
    program(tool.child.argv.front());
    used_.clear();
    for (std::size_t i = 0; i < tool.child.argv.size(); ++i) {
      placeholders("argv", i, tool.child.argv[i], tool.parameters, i > 0);
    }
    placeholders("input", 0, tool.input, tool.parameters, true);
    for (const std::string& parameter : tool.parameters.names()) {
      if (used_.contains(parameter)) continue;
      add("parameters." + parameter, 0, "stands neither in argv nor in input, and so has no effect",
          Severity::warning);
    }
    code(tool);
  }

  void program(const std::string& path) {
    if (path.empty()) {
      add("argv", 0, "the program's name is empty");
    } else if (path.find('/') != path.npos && path[0] != '/' && !path.starts_with("~/")) {
      add("argv", 0,
          in_quotes(path) +
              " depends on the directory; write a bare name, or a path that begins with / or ~/");
    }
  }

  void placeholders(const std::string& key, std::size_t item, const std::string& text,
                    const schema::Schema& parameters, bool allowed) {
    const auto pieces = pieces_of(text);
    if (const auto* wrong = std::get_if<std::string>(&pieces)) return add(key, item, *wrong);
    const auto names = parameters.names();
    for (const std::string& name : placeholders_in(text)) {
      used_.insert(name);
      if (!allowed) {
        add(key, item, "the program itself must not depend on what the model says");
      } else if (std::ranges::find(names, name) == names.end()) {
        add(key, item, "there is no parameter " + in_quotes(name) + did_you_mean(name, names));
      }
    }
  }

  // What a model says is never code: of a shell, nothing behind -c; of another interpreter, not the
  // code itself; of neither, what it reads where it is given no script.
  void code(const CommandTool& tool) {
    const auto& argv = tool.child.argv;
    const bool filled = std::ranges::any_of(
        argv, [](const std::string& text) { return !placeholders_in(text).empty(); });
    if (filled && interpreter(argv[0]) && tool.policy.approval == Approval::allow) {
      add("approval", 0,
          in_quotes(argv[0]) +
              " runs what it is told, here without your word; approval: ask shows it to you first",
          Severity::warning);
    }
    const bool launched = is_launcher(argv[0]);
    const Interpreter* program = nullptr;
    std::size_t position = 0;          // of the program
    std::size_t option = argv.size();  // where the code is announced
    for (std::size_t i = 0; i < argv.size(); ++i) {
      if (option == argv.size() && program && brings_code(*program, argv[i])) option = i;
      const bool is_code = option < argv.size() && (program->shell || i <= option + 1);
      if (is_code && !placeholders_in(argv[i]).empty()) add("argv", i, runs_as_code);
      const auto* const found = option == argv.size() ? interpreter(argv[i]) : nullptr;
      const bool stands_here = i == 0 || (launched && !program);
      if (!found || (found->script != Interpreter::Script::named && !stands_here)) continue;
      program = found;
      position = i;
      // What stands behind the host is for a shell there.
      if (program->script == Interpreter::Script::behind_host) option = i;
    }
    if (!program || !(position == 0 || launched) || placeholders_in(tool.input).empty()) return;
    const bool has_code = option < argv.size() && option > position;
    if (!has_code && reads_code(*program, argv, position + 1)) add("input", 0, runs_as_code);
  }

  void server(const std::string& name, const McpServer& tool) {
    about_ = "tools.mcp_servers." + name;
    builtin(name);
    if (config_.tools.commands.contains(name)) {
      add("", 0, "is the name of a command, too; profiles could not tell them apart");
    }
    if (tool.child.argv.empty() == tool.url.empty()) {
      add("", 0,
          tool.url.empty() ? "has neither argv, the command that starts the server, nor url"
                           : "has both argv and url; one of them says how to reach the server");
    } else if (tool.url.empty()) {
      program(tool.child.argv.front());
      if (!tool.token_file.empty()) add("token_file", 0, "goes with url only");
    } else {
      if (!tool.child.directory.empty()) add("directory", 0, "goes with argv only");
      if (!tool.child.environment.empty()) add("environment", 0, "goes with argv only");
    }
    if (tool.tools.empty()) {
      add("tools", 0,
          "names no tool that the model may call; write their names, or [\"*\"] for all of them");
    }
    const auto all = std::ranges::find(tool.tools, "*");
    if (all != tool.tools.end() && tool.tools.size() > 1) {
      add("tools", static_cast<std::size_t>(all - tool.tools.begin()),
          "\"*\" means all of them; it stands alone");
    }
  }

  void names_of(const std::string& profile, const Profile& values) {
    if (values.tools.empty()) return;
    about_ = "profiles." + profile + ".tools";
    for (std::size_t i = 0; i < values.tools.size(); ++i) {
      const std::string& name = values.tools[i];
      if (std::ranges::find(known_, name) == known_.end()) {
        add("", i,
            "there is no tool " + in_quotes(name) +
                " below tools.commands or tools.mcp_servers, nor is it built in" +
                did_you_mean(name, known_));
      }
    }
  }

  const Config& config_;
  std::string about_;
  std::vector<std::string> known_ = builtins;
  std::set<std::string> used_;  // parameters of the command that is looked at
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check_tools(const Config& config) {
  return ToolChecker(config).run();
}

}  // namespace gv::config
