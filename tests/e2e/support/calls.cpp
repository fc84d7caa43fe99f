#include "tests/e2e/support/calls.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "tests/e2e/support/deadline.hpp"
#include "tests/e2e/support/programs.hpp"

namespace gv::e2e {
namespace {

const json::object* response_in(const json::object& line, const std::string& id) {
  for (const json::value& each : line.at("response").at("function_responses").as_array()) {
    const json::object& response = each.as_object();
    if (response.contains("id") && response.at("id").as_string() == id) return &response;
  }
  return nullptr;
}

std::string text_under(const json::object& answer, std::string_view key) {
  const json::value* const value = answer.at("response").as_object().if_contains(key);
  if (value == nullptr) return {};
  return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
}

std::vector<int> pids() {
  std::vector<int> found;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", gone)) {
    const std::string name = entry.path().filename();
    int pid = 0;
    const auto [end, ec] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (ec == std::errc{} && end == name.data() + name.size()) found.push_back(pid);
  }
  return found;
}

// The children of a process that ended and that nobody has asked about.
std::vector<int> zombies_of(int parent) {
  std::vector<int> found;
  for (const int pid : pids()) {
    // "pid (name) state parent ...": the name may hold anything.
    const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) continue;
    std::istringstream rest(stat.substr(name_end + 1));
    char state = 0;
    int parent_of = 0;
    if (rest >> state >> parent_of && state == 'Z' && parent_of == parent) found.push_back(pid);
  }
  return found;
}

}  // namespace

Calls& Calls::at_text(const std::string& name, json::object arguments, json::object more) {
  ++texts_;
  rule({{"on", "text"}, {"nth", texts_}, {"do", "set"}, {"next", "none"}});
  json::object call{{"on", "text"},      {"nth", texts_},
                    {"do", "tool_call"}, {"id", "fc-" + std::to_string(texts_)},
                    {"name", name},      {"args", std::move(arguments)}};
  for (auto& member : more)
    call[member.key()] = member.value();
  return rule(std::move(call));
}

Calls& Calls::rule(json::object rule) {
  rules_.push_back(std::move(rule));
  return *this;
}

json::object answer_to(const Stage& stage, const std::string& id) {
  const json::object line = stage.sim->wait_for("tool_response", [&id](const json::object& seen) {
    return response_in(seen, id) != nullptr;
  });
  return *response_in(line, id);
}

std::string output_of(const json::object& answer) {
  return text_under(answer, "output");
}

std::string error_of(const json::object& answer) {
  return text_under(answer, "error");
}

json::object call(Stage& stage, int number) {
  stage.voice->say("Please do number " + std::to_string(number) + ".");
  return answer_to(stage, "fc-" + std::to_string(number));
}

void check_alive(Stage& stage) {
  const std::size_t seen = stage.voice->signals().size();
  stage.voice->say("Are you there?");
  stage.voice->wait_for_signal(
      "TranscriptCompleted",
      [](const json::array& arguments) {
        return arguments.at(1).as_string() == "model" &&
               has(std::string(arguments.at(2).as_string()), "Are you there?");
      },
      seen, milliseconds(30'000));
}

json::array wait_for_question(Stage& stage, const std::string& id) {
  return stage.voice
      ->wait_for_signal(
          "ToolApprovalRequested",
          [&id](const json::array& arguments) { return arguments.at(0) == json::string(id); })
      .arguments;
}

Result ctl(const Stage& stage, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {programs::ctl(), "--timeout=10"});
  Environment environment = stage.bed->environment();
  environment.merge(stage.bus.environment());
  return run(arguments, environment, milliseconds(20'000));
}

std::vector<std::string> declared(const json::object& setup) {
  std::vector<std::string> names;
  const json::value* const tools = setup.if_contains("tools");
  if (tools == nullptr) return names;
  for (const json::value& tool : tools->as_array()) {
    const json::value* const functions = tool.as_object().if_contains("function_declarations");
    if (functions == nullptr) continue;
    for (const json::value& function : functions->as_array())
      names.emplace_back(function.at("name").as_string());
  }
  return names;
}

std::vector<json::array> told(Stage& stage, const std::string& member) {
  std::vector<json::array> found;
  for (const BusSignal& signal : stage.voice->signals()) {
    if (signal.member == member) found.push_back(signal.arguments);
  }
  return found;
}

std::vector<int> processes(const std::string& part) {
  std::vector<int> found;
  for (const int pid : pids()) {
    std::string line = read_file("/proc/" + std::to_string(pid) + "/cmdline");
    std::ranges::replace(line, '\0', ' ');
    if (line.find(part) != std::string::npos) found.push_back(pid);
  }
  return found;
}

void require_no_zombie(const Stage& stage) {
  require("no zombie is left",
          [&stage] { return zombies_of(stage.daemon->process().pid()).empty(); });
}

std::size_t memory_kb(const Stage& stage, const std::string& field) {
  const std::string status =
      read_file("/proc/" + std::to_string(stage.daemon->process().pid()) + "/status");
  return std::stoul(status.substr(status.find(field + ':') + field.size() + 1));
}

}  // namespace gv::e2e
