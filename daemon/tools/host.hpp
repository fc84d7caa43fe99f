// The port between a session and the tools that its model may use: commands, MCP servers and what
// is built in. Main thread only; nothing here blocks. Implemented by tools::Toolbox; called by
// session::Driver, which asks the machine what may run.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/config/config.hpp"
#include "daemon/live/function.hpp"

namespace gv::tools {

struct Picture {
  std::string mime_type;  // image/jpeg, png, webp or gif
  std::string bytes;
};

// What a call came to.
struct Result {
  bool failed = false;
  std::string response{};  // a JSON object with the key "output" or "error", bounded
  std::vector<Picture> pictures{};
};

// What is built in and concerns the session itself: the machine does it.
enum class Builtin { none, end_session, mute_microphone };

// What a call would do. Nothing has been done yet.
struct Plan {
  std::string refusal;  // for the model: why it cannot be done; empty: it can
  config::Approval approval = config::Approval::ask;
  bool remember = false;  // the user's "allow" holds for this tool until the session ends
  std::string what;       // what will run, verbatim, for the user
  Builtin builtin = Builtin::none;
  std::chrono::milliseconds time_limit{0};  // of run(); 0: none is needed
};

class HostObserver {
 public:
  virtual ~HostObserver() = default;
  // functions() or ready() is another.
  virtual void tools_changed() = 0;
  // Once for each run() that was not cancelled.
  virtual void tool_finished(std::uint64_t call, Result result) = 0;
};

class Host {
 public:
  virtual ~Host() = default;
  virtual void set_observer(HostObserver* observer) = 0;  // nullptr: none

  // A session begins whose model may use what the profile's `tools` name: commands, MCP servers and
  // what is built in. Servers are started; ready() says when all of them have told what they offer,
  // or failed to.
  virtual void begin(const config::Tools& tools, const config::Profile& profile) = 0;
  // It is over: everything that runs is ended. tool_finished() is not called any more.
  virtual void end() = 0;

  virtual const std::vector<live::Function>& functions() const = 0;
  virtual bool ready() const = 0;

  // arguments: a JSON object, as the model gave it.
  virtual Plan plan(const std::string& name, const std::string& arguments) const = 0;
  // Only what plan() did not refuse. call: the caller's number for it, never used twice. The result
  // comes later, never from within.
  virtual void run(std::uint64_t call, const std::string& name, const std::string& arguments) = 0;
  // Ends what runs for it; no tool_finished() follows.
  virtual void cancel(std::uint64_t call) = 0;

  // Children that have been told to end and have not yet: a shutdown waits for them.
  virtual std::size_t ending() const = 0;
};

}  // namespace gv::tools
