#include "daemon/tools/toolbox.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <system_error>

#include <asio/post.hpp>

#include "daemon/config/paths.hpp"
#include "daemon/tools/builtins.hpp"
#include "daemon/tools/environment.hpp"
#include "daemon/tools/save_word.hpp"
#include "daemon/tools/verbatim.hpp"
#include "daemon/util/libexec.hpp"
#include "daemon/util/log.hpp"

namespace gv::tools {

namespace json = boost::json;

namespace {

constexpr std::size_t most_functions = 128;
constexpr std::size_t most_names = 512;  // that tools of servers get in one session
constexpr std::size_t longest_arguments = 262'144;
// Of what the user is shown. It is never cut: what is hidden in the middle would run, too.
constexpr std::size_t longest_shown = 131'072;
// For the bridge, whose library looks there.
constexpr std::array<const char*, 8> proxies{"http_proxy", "https_proxy", "no_proxy", "all_proxy",
                                             "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"};

Plan refused(std::string why) {
  Plan plan;
  plan.refusal = std::move(why);
  return plan;
}

// What the user said of it, before anything is looked at.
Plan plan_by(const config::ToolPolicy& policy) {
  Plan plan;
  plan.approval = policy.approval;
  plan.remember = policy.remember;
  plan.time_limit = policy.time_limit;
  if (policy.approval == config::Approval::deny) {
    plan.refusal = "the user's configuration does not allow this tool";
  }
  return plan;
}

}  // namespace

Toolbox::Toolbox(asio::io_context& io, std::vector<std::string> environment, Screen screen,
                 Convert convert, std::string state_folder)
    : io_(io),
      environment_(std::move(environment)),
      screen_(std::move(screen)),
      convert_(std::move(convert)),
      words_(std::move(state_folder)),
      runner_(io),
      endings_(io) {}

Toolbox::~Toolbox() {
  end();
}

void Toolbox::begin(const config::Tools& tools, const config::Profile& profile) {
  end();
  tools_ = tools;
  names_ = profile.tools;
  learned_ = profile.learning.target;
  for (const std::string& name : names_) {
    const auto found = tools_.mcp_servers.find(name);
    if (found != tools_.mcp_servers.end()) start_server(name, found->second);
  }
  list();
  was_ready_ = ready();
}

void Toolbox::end() {
  session_ = std::make_shared<int>(0);
  for (const auto& [call, running] : std::exchange(running_, {})) {
    if (const auto* run = std::get_if<std::uint64_t>(&running)) runner_.cancel(*run);
  }
  for (auto& [name, client] : servers_)
    client->stop();
  // Perhaps called from within an event of theirs.
  if (!servers_.empty()) {
    asio::post(io_, [old = std::make_shared<decltype(servers_)>(std::move(servers_))] {});
  }
  servers_.clear();
  functions_.clear();
  entries_.clear();
  names_of_tools_.clear();
  given_ = {};
  left_out_ = false;
}

bool Toolbox::ready() const {
  return std::all_of(servers_.begin(), servers_.end(),
                     [](const auto& server) { return server.second->settled(); });
}

void Toolbox::start_server(const std::string& name, const config::McpServer& server) {
  if (servers_.contains(name)) return;
  std::vector<mcp::ServerTool> known;
  const auto found = known_.find(name);
  if (found != known_.end() && found->second.config == server) known = found->second.tools;
  auto client = std::make_unique<mcp::Client>(
      io_, endings_, name, server_spec(server), server, std::move(known),
      mcp::Client::Events{
          [this] { servers_changed(); },
          [this](std::uint64_t call, Result result) { make_ready(call, std::move(result)); }});
  client->start();
  servers_.emplace(name, std::move(client));
}

std::string Toolbox::at_home(const std::string& path) const {
  return config::expand_home(path, [this](const char* name) -> std::optional<std::string> {
    const auto value = value_of(environment_, name);
    if (value.empty()) return std::nullopt;
    return std::string(value);
  });
}

std::string Toolbox::directory_of(const config::Child& child) const {
  return at_home(child.directory.empty() ? "~/" : child.directory);
}

// As it runs, and as it is shown: with its program's path written out.
std::variant<Expanded, Refusal> Toolbox::expanded(const config::CommandTool& tool,
                                                  const json::object& arguments) const {
  auto result = expand(tool, arguments);
  auto* command = std::get_if<Expanded>(&result);
  if (command != nullptr && !command->argv.empty()) {
    command->argv.front() = at_home(command->argv.front());
  }
  return result;
}

ChildSpec Toolbox::server_spec(const config::McpServer& server) const {
  ChildSpec spec{.argv = server.child.argv,
                 .directory = directory_of(server.child),
                 .environment = child_environment(environment_, server.child.environment)};
  if (server.url.empty()) {
    if (!spec.argv.empty()) spec.argv.front() = at_home(spec.argv.front());
    return spec;
  }
  spec.argv = {libexec_program("gemini-voice-mcp-bridge"), server.url};
  if (!server.token_file.empty()) {
    spec.argv.emplace_back("--token-file");
    spec.argv.push_back(at_home(server.token_file));
  }
  spec.environment = child_environment(environment_, {proxies.begin(), proxies.end()});
  return spec;
}

void Toolbox::servers_changed() {
  for (const auto& [name, client] : servers_) {
    if (client->has_listed()) known_[name] = {tools_.mcp_servers.at(name), client->tools()};
  }
  const auto before = std::exchange(functions_, {});
  list();
  const bool was_ready = std::exchange(was_ready_, ready());
  if (functions_ == before && was_ready_ == was_ready) return;
  if (observer_ != nullptr) observer_->tools_changed();
}

// Own names first, in the order of the profile: a server takes what is left.
void Toolbox::list() {
  functions_.clear();
  entries_.clear();
  for (const std::string& name : names_) {
    if (const auto* function = builtin_function(name); function != nullptr) {
      const bool at_hand =
          name == look_at_screen ? screen_ != nullptr : name != save_word_name || words_.usable();
      if (at_hand) add(*function, BuiltIn{name});
    } else if (const auto found = tools_.commands.find(name); found != tools_.commands.end()) {
      const auto& tool = found->second;
      add({.name = name,
           .description = tool.description,
           .parameters = tool.parameters.json(),
           .blocking = tool.policy.blocking,
           .scheduling = tool.policy.scheduling},
          Command{tool});
    }
  }
  for (const std::string& server : names_) {
    const auto found = servers_.find(server);
    if (found == servers_.end()) continue;
    for (const auto& tool : found->second->tools()) {
      const auto* name = name_of(server, tool);
      if (name == nullptr) continue;
      auto function = tool.function;
      function.name = *name;
      add(function,
          Remote{server, found->second.get(), tool, tools_.mcp_servers.at(server).policy});
    }
  }
}

const std::string* Toolbox::name_of(const std::string& server, const mcp::ServerTool& tool) {
  const auto found = names_of_tools_.find({server, tool.name});
  if (found != names_of_tools_.end()) return &found->second;
  // A server may have others whenever it is asked.
  if (functions_.size() == most_functions || names_of_tools_.size() == most_names) {
    leave_out(tool.function.name);
    return nullptr;
  }
  return &names_of_tools_.emplace(std::pair(server, tool.name), given_.free(tool.function.name))
              .first->second;
}

void Toolbox::leave_out(const std::string& function) {
  if (std::exchange(left_out_, true)) return;
  log::warning("tools", "more than " + std::to_string(most_functions) + " functions at once, or " +
                            std::to_string(most_names) + " of MCP servers in one session: " +
                            function + " is left out, and perhaps others");
}

void Toolbox::add(const live::Function& function, Entry entry) {
  if (functions_.size() == most_functions) return leave_out(function.name);
  given_.take(function.name);
  if (entries_.emplace(function.name, std::move(entry)).second) functions_.push_back(function);
}

std::optional<json::object> Toolbox::parsed(const std::string& arguments) {
  if (arguments.size() > longest_arguments) return std::nullopt;
  std::error_code error;
  auto value = json::parse(arguments, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

Plan Toolbox::plan(const std::string& name, const std::string& arguments) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return refused("there is no such tool");
  const auto object = parsed(arguments);
  if (!object) return refused("the arguments are not a JSON object of at most 256 KiB");
  if (const auto* builtin = std::get_if<BuiltIn>(&found->second)) {
    if (builtin->name == save_word_name) {
      if (const auto why = save_word_mismatch(*object)) {
        return refused("the arguments do not fit: " + *why);
      }
    }
    return builtin_plan(builtin->name);
  }

  const auto* command = std::get_if<Command>(&found->second);
  const auto* remote = std::get_if<Remote>(&found->second);
  Plan plan = plan_by(command != nullptr ? command->tool.policy : remote->policy);
  const auto& schema = command != nullptr ? command->tool.parameters : remote->tool.arguments;
  if (!plan.refusal.empty()) return plan;
  if (const auto mismatch = schema.mismatch(*object)) {
    plan.refusal = "the arguments do not fit: " + *mismatch;
  } else if (remote != nullptr) {
    plan.refusal = remote->client->why_away();
    plan.what = "MCP server " + shown_command({remote->server}) + ", tool " +
                shown_command({remote->tool.name}) + ", with\n" + shown_json(*object);
  } else {
    const auto what = expanded(command->tool, *object);
    if (const auto* refusal = std::get_if<Refusal>(&what)) {
      plan.refusal = refusal->why;
    } else {
      plan.what = shown(std::get<Expanded>(what));
    }
  }
  if (plan.what.size() > longest_shown) {
    return refused(
        "what would run is longer than 128 KiB, which nobody can look through; do it in "
        "smaller steps");
  }
  return plan;
}

}  // namespace gv::tools
