// The keys of commands and MCP servers.
#include "daemon/config/keys.hpp"

namespace gv::config {
namespace {

using namespace std::chrono_literals;

// A model is told it whenever a session begins.
std::string check_description(std::string_view text) {
  if (text.empty()) return "the description is empty; the model chooses the tool by it";
  return text.size() > 2048 ? "the description is longer than 2 KiB" : check_prose(text);
}

std::string check_input(std::string_view text) {
  return text.size() > 8192 ? "the input is longer than 8 KiB" : check_prose(text);
}

// "*" and what servers call their tools: any word that is shown without harm.
std::string check_tool(std::string_view text) {
  if (text.empty()) return "the name is empty";
  return text.size() > 128 ? "the name is longer than 128 bytes" : check_any(text);
}

Kind<std::vector<std::string>> short_list(Check check) {
  const Kind<std::vector<std::string>> any = list(std::move(check));
  return {
      [any](const Input& input, std::vector<std::string>& value) -> Problems {
        if (input.items.size() > 128) return {{128, "the list has more than 128 items"}};
        return any.parse(input, value);
      },
      any.print,
      any.schema,
  };
}

template <class T>
void add_child(std::vector<Key<T>>& keys) {
  keys.push_back(key<T>(
      "argv", [](auto& t) -> auto& { return t.child.argv; }, short_list(check_argument)));
  keys.push_back(key<T>(
      "directory", [](auto& t) -> auto& { return t.child.directory; }, text(check_path)));
  keys.push_back(key<T>(
      "environment", [](auto& t) -> auto& { return t.child.environment; },
      short_list(check_variable)));
}

template <class T>
void add_policy(std::vector<Key<T>>& keys) {
  keys.push_back(key<T>(
      "approval", [](auto& t) -> auto& { return t.policy.approval; },
      choice<Approval>(
          {{"ask", Approval::ask}, {"allow", Approval::allow}, {"deny", Approval::deny}})));
  keys.push_back(key<T>(
      "remember", [](auto& t) -> auto& { return t.policy.remember; }, boolean()));
  keys.push_back(key<T>(
      "blocking", [](auto& t) -> auto& { return t.policy.blocking; }, boolean()));
  keys.push_back(key<T>(
      "scheduling", [](auto& t) -> auto& { return t.policy.scheduling; },
      choice<Scheduling>({{"when-idle", Scheduling::when_idle},
                          {"silent", Scheduling::silent},
                          {"interrupt", Scheduling::interrupt}})));
  keys.push_back(key<T>(
      "time_limit", [](auto& t) -> auto& { return t.policy.time_limit; }, duration(100ms, 10min)));
}

Key<CommandTool> parameters() {
  return {
      "parameters",
      {},
      [](const CommandTool& command) -> Input {
        const std::string& json = command.parameters.json();
        return {false, {json.empty() ? "{}" : json}};
      },
      {},
      [](CommandTool& command) -> schema::Schema& { return command.parameters; },
      {{"type", "object"}},
  };
}

std::vector<Key<CommandTool>> make_command_keys() {
  using T = CommandTool;
  std::vector<Key<T>> keys{
      key<T>(
          "description", [](auto& t) -> auto& { return t.description; }, text(check_description)),
      parameters(),
      key<T>(
          "input", [](auto& t) -> auto& { return t.input; }, text(check_input)),
      key<T>(
          "output_limit", [](auto& t) -> auto& { return t.output_limit; },
          whole_number(256, 1'048'576)),
  };
  add_child(keys);
  add_policy(keys);
  return keys;
}

std::vector<Key<McpServer>> make_server_keys() {
  using T = McpServer;
  std::vector<Key<T>> keys{
      key<T>(
          "url", [](auto& t) -> auto& { return t.url; }, text(check_url)),
      key<T>(
          "token_file", [](auto& t) -> auto& { return t.token_file; }, text(check_path)),
      key<T>(
          "tools", [](auto& t) -> auto& { return t.tools; }, short_list(check_tool)),
  };
  add_child(keys);
  add_policy(keys);
  return keys;
}

}  // namespace

const std::vector<Key<CommandTool>>& command_keys() {
  static const std::vector<Key<CommandTool>> keys = make_command_keys();
  return keys;
}

const std::vector<Key<McpServer>>& server_keys() {
  static const std::vector<Key<McpServer>> keys = make_server_keys();
  return keys;
}

}  // namespace gv::config
