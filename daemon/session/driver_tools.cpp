// The driver's part in what the model may do: the tools, the user's word, pictures.
#include <string>
#include <utility>

#include "daemon/session/driver.hpp"
#include "daemon/util/clock.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/log.hpp"
#include "daemon/util/text.hpp"

namespace gv::session {
namespace {

FailureError nothing_runs() {
  return {Error::not_running, "No session is running. Try: gemini-voicectl start."};
}

FailureError too_many_pictures() {
  return {Error::busy,
          "Enough pictures wait already: the service takes one a second. Try: again in a moment."};
}

}  // namespace

// Commands

void Driver::send_image(int fd, const std::string& mime_type, Done done) {
  if (!machine_.running()) throw nothing_runs();
  if (!machine_.takes_pictures()) throw too_many_pictures();
  if (!mime_type.starts_with("image/")) {
    throw FailureError(Error::invalid_argument,
                       "The MIME type is not that of an image. Try: image/png or image/jpeg.");
  }
  parts_.desktop.convert(
      fd, [this, done = std::move(done)](std::variant<tools::Picture, Failure> taken) {
        send_picture(std::move(taken), done);
      });
}

void Driver::send_screenshot(Done done) {
  if (!machine_.running()) throw nothing_runs();
  if (!machine_.takes_pictures()) throw too_many_pictures();
  parts_.desktop.screenshot(
      [this, done = std::move(done)](std::variant<tools::Picture, Failure> taken) {
        send_picture(std::move(taken), done);
      });
}

void Driver::send_picture(std::variant<tools::Picture, Failure> taken, const Done& done) {
  if (const auto* failure = std::get_if<Failure>(&taken)) return done(*failure);
  if (!machine_.running()) return done(nothing_runs().failure());
  if (!machine_.takes_pictures()) return done(too_many_pictures().failure());
  feed(input::SendPicture{std::move(std::get<tools::Picture>(taken))});
  done({});
}

void Driver::answer_tool(const std::string& call_id, bool allow) {
  const auto* call = machine_.calls().find(call_id);
  if (call == nullptr || call->phase != ToolCall::Phase::asking) {
    throw FailureError(Error::invalid_argument,
                       "No tool with the id '" + printable(call_id, 64) +
                           "' waits for an answer (any more). Try: gemini-voicectl watch.");
  }
  feed(input::ToolAnswered{call_id, allow});
}

std::vector<ToolRequest> Driver::tool_requests() const {
  std::vector<ToolRequest> requests;
  for (const ToolCall& call : machine_.calls().all()) {
    if (call.phase == ToolCall::Phase::asking) {
      requests.push_back({call.shown, call.name, call.what});
    }
  }
  return requests;
}

// The host of the tools

void Driver::tools_changed() {
  if (!machine_.running()) return;
  feed(input::ToolsChanged{parts_.tools.functions(), parts_.tools.ready()});
}

void Driver::tool_finished(std::uint64_t call, tools::Result result) {
  if (const auto begun = tools_since_ns_.extract(call); !begun.empty()) {
    const auto ms = (now_ns() - begun.mapped()) / 1'000'000;
    log::info("tools", std::string(result.failed ? "a tool failed" : "a tool answered") +
                           " after " + std::to_string(ms) + " ms");
  }
  feed(input::ToolFinished{call, std::move(result)});
}

// The model waits for an answer, whatever fails here.
void Driver::execute(const action::PlanTool& plan) {
  tools::Plan planned;
  planned.refusal = "it could not be looked at; the log of gemini-voiced says why";
  guarded("the plan of a tool", [&] { planned = parts_.tools.plan(plan.name, plan.arguments); });
  feed(input::ToolPlanned{plan.call, std::move(planned)});
}

void Driver::execute(const action::RunTool& run) {
  log::info("tools", "running " + printable(run.name, 128));
  tools_since_ns_[run.call] = now_ns();
  bool runs = false;
  guarded("a tool", [&] {
    parts_.tools.run(run.call, run.name, run.arguments);
    runs = true;
  });
  if (runs) return;
  tool_finished(run.call, {true, R"({"error":"it could not be started"})", {}});
}

void Driver::execute(const action::CancelTool& cancel) {
  tools_since_ns_.erase(cancel.call);
  parts_.tools.cancel(cancel.call);
}

void Driver::execute(const action::EndTools& /*end*/) {
  tools_since_ns_.clear();
  parts_.tools.end();
}

void Driver::execute(const action::AskUser& ask) {
  log::info("tools", printable(ask.name, 128) + " asks whether it may run");
  const ToolRequest request{ask.call, ask.name, ask.what};
  observers_.tool_approval_requested(ask.call, ask.name, ask.what);
  parts_.desktop.ask(request);
}

void Driver::execute(const action::StopAsking& stop) {
  parts_.desktop.withdraw(stop.call);
}

void Driver::execute(const action::ToolCalled& called) {
  observers_.tool_called(called.call, called.name, called.arguments);
}

void Driver::execute(const action::ToolDone& finished) {
  observers_.tool_finished(finished.call, finished.name, finished.result);
}

}  // namespace gv::session
