// A machine in a session whose model may call functions.
#pragma once

#include <string>
#include <vector>

#include <boost/json.hpp>

#include "tests/unit/machine_bench.hpp"

namespace gv::test {

struct ToolsBench : Bench {
  static live::Function function(const std::string& name, bool blocking) {
    return {name, "What it does.", "", blocking, config::Scheduling::when_idle};
  }
  static tools::Plan allowed() {
    tools::Plan plan;
    plan.approval = config::Approval::allow;
    return plan;
  }
  static tools::Plan asks(const std::string& what) {
    tools::Plan plan;
    plan.what = what;
    return plan;
  }

  void begin_with(const std::vector<live::Function>& functions, config::Profile profile = {}) {
    auto start = start_with(std::move(profile));
    start.functions = functions;
    begin(start);
  }
  void call(const std::string& id, const std::string& name, const std::string& arguments = "{}") {
    message({live::ToolCall{id, name, arguments}});
  }
  // Of the call that was last to be planned, or run.
  void plan(const tools::Plan& plan) {
    step(input::ToolPlanned{all<action::PlanTool>().back().call, plan});
  }
  void finish(const std::string& response) {
    step(input::ToolFinished{all<action::RunTool>().back().call, {false, response, {}}});
  }
  // Everything that was answered to the service, in order.
  boost::json::array responses() const {
    boost::json::array found;
    for (const auto& sent : all<action::Send>()) {
      const auto message = boost::json::parse(sent.message).as_object();
      if (const auto* answer = message.if_contains("toolResponse")) {
        for (const auto& response : answer->at("functionResponses").as_array())
          found.push_back(response);
      }
    }
    return found;
  }
  // What it was told in words.
  std::vector<std::string> notes() const {
    std::vector<std::string> found;
    for (const auto& sent : all<action::Send>()) {
      const auto message = boost::json::parse(sent.message).as_object();
      const auto* content = message.if_contains("clientContent");
      if (content != nullptr && content->as_object().contains("turns")) {
        found.emplace_back(
            content->at("turns").at(0).at("parts").at(0).at("text").as_string().c_str());
      }
    }
    return found;
  }
};

}  // namespace gv::test
