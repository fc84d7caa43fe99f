// What runs for the calls of a session, until its result is told.
#include <utility>

#include <asio/post.hpp>

#include "daemon/tools/answer.hpp"
#include "daemon/tools/environment.hpp"
#include "daemon/tools/mcp_results.hpp"
#include "daemon/tools/save_word.hpp"
#include "daemon/tools/toolbox.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/memory_file.hpp"

namespace gv::tools {

namespace json = boost::json;

void Toolbox::run(std::uint64_t call, const std::string& name, const std::string& arguments) {
  const auto found = entries_.find(name);
  const auto object = parsed(arguments);
  if (found == entries_.end() || !object) {
    running_.emplace(call, std::monostate());
    return finish_later(call, failed("there is no such tool any more"));
  }
  std::visit([&](const auto& entry) { start(call, entry, *object); }, found->second);
}

void Toolbox::start(std::uint64_t call, const Command& command, const json::object& arguments) {
  auto what = expanded(command.tool, arguments);
  if (const auto* refusal = std::get_if<Refusal>(&what)) {
    running_.emplace(call, std::monostate());
    return finish_later(call, failed(refusal->why));
  }
  const auto limit = command.tool.policy.time_limit;
  auto& [argv, input] = std::get<Expanded>(what);
  const MemoryFile file(input);
  if (!file.whole()) {
    running_.emplace(call, std::monostate());
    return finish_later(call, failed("the system has no memory for the command's input"));
  }
  const auto run = runner_.run(
      {.argv = std::move(argv),
       .directory = directory_of(command.tool.child),
       .environment = child_environment(environment_, command.tool.child.environment),
       .input_fd = file.get(),
       .output_limit = command.tool.output_limit,
       .time_limit = limit},
      [this, call, limit](const RunOutcome& outcome) { finish(call, answer(outcome, limit)); });
  running_.emplace(call, run);
}

void Toolbox::start(std::uint64_t call, const Remote& remote, const json::object& arguments) {
  running_.emplace(call, remote.client);
  remote.client->call(call, remote.tool.name, arguments);
}

void Toolbox::start(std::uint64_t call, const BuiltIn& builtin, const json::object& arguments) {
  running_.emplace(call, std::monostate());
  if (builtin.name == save_word_name) {
    return finish_later(call, save_word(words_, arguments, learned_));
  }
  screen_([this, call, session = std::weak_ptr<int>(session_)](Shot shot) {
    if (session.expired()) return;
    if (const auto* why_not = std::get_if<std::string>(&shot)) {
      return finish_later(call, failed("there is no picture of the screen: " + *why_not));
    }
    Result result{.response = R"({"output":"The picture of the screen follows."})"};
    result.pictures.push_back(std::get<Picture>(std::move(shot)));
    finish_later(call, std::move(result));
  });
}

// A server's pictures are of any size, and nobody has looked into them.
void Toolbox::make_ready(std::uint64_t call, Result result) {
  const auto found = running_.find(call);
  if (found == running_.end()) return;
  found->second = std::monostate();  // the server has done with it
  auto pictures = std::exchange(result.pictures, {});
  convert_next(call, std::make_shared<Unready>(
                         Unready{std::move(result), {pictures.begin(), pictures.end()}}));
}

void Toolbox::convert_next(std::uint64_t call, const std::shared_ptr<Unready>& unready) {
  if (!running_.contains(call)) return;  // cancelled
  if (unready->pictures.empty()) return finish(call, std::move(unready->result));
  Picture picture = std::move(unready->pictures.front());
  unready->pictures.pop_front();
  const auto converted = [this, call, unready, session = std::weak_ptr<int>(session_)](Shot shot) {
    if (session.expired()) return;
    if (const auto* why_not = std::get_if<std::string>(&shot)) {
      mcp::leave_picture_out(unready->result, *why_not);
    } else {
      unready->result.pictures.push_back(std::get<Picture>(std::move(shot)));
    }
    convert_next(call, unready);
  };
  if (!convert_) return converted("there is nothing here that could make it ready");
  convert_(std::move(picture), converted);
}

void Toolbox::finish_later(std::uint64_t call, Result result) {
  asio::post(io_, [this, call, result = std::move(result),
                   session = std::weak_ptr<int>(session_)]() mutable {
    if (session.expired()) return;
    guarded("the result of a tool", [&] { finish(call, std::move(result)); });
  });
}

void Toolbox::finish(std::uint64_t call, Result result) {
  if (running_.erase(call) == 0 || observer_ == nullptr) return;
  observer_->tool_finished(call, std::move(result));
}

void Toolbox::cancel(std::uint64_t call) {
  const auto found = running_.find(call);
  if (found == running_.end()) return;
  const auto running = found->second;
  running_.erase(found);
  if (const auto* run = std::get_if<std::uint64_t>(&running)) runner_.cancel(*run);
  if (auto* const* client = std::get_if<mcp::Client*>(&running)) (*client)->cancel(call);
}

}  // namespace gv::tools
