#include "daemon/tools/runner.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include "daemon/tools/child.hpp"
#include "daemon/util/guarded.hpp"

namespace gv::tools {
namespace {

// What a pipe holds; then the loop's other work gets its turn.
constexpr std::size_t read_budget = 65'536;
constexpr std::size_t errors_limit = 4096;

void keep_beginning(RunOutcome& outcome, std::size_t limit, std::string_view text) {
  const std::size_t room = limit - std::min(limit, outcome.output.size());
  outcome.output.append(text.substr(0, room));
  if (text.size() > room) outcome.output_cut = true;
}

void keep_end(RunOutcome& outcome, std::string_view text) {
  outcome.errors.append(text);
  if (outcome.errors.size() <= errors_limit) return;
  outcome.errors.erase(0, outcome.errors.size() - errors_limit);
}

}  // namespace

class Runner::Impl {
 public:
  explicit Impl(asio::io_context& io) : io_(io), endings_(io) {}

  std::uint64_t run(RunSpec spec, std::function<void(RunOutcome)> done) {
    const std::uint64_t id = ++last_;
    const auto run = std::make_shared<Run>(io_, id, spec.output_limit, std::move(done));
    try {
      run->child =
          std::make_unique<Child>(io_, ChildSpec{.argv = std::move(spec.argv),
                                                 .directory = std::move(spec.directory),
                                                 .environment = std::move(spec.environment),
                                                 .input_fd = spec.input_fd});
    } catch (const std::exception& e) {
      run->outcome = {.end = RunOutcome::End::not_started, .why = e.what()};
      asio::post(io_, [this, weak = std::weak_ptr<Run>(run)] { finish(weak.lock()); });
    }
    runs_.emplace(id, run);
    if (run->child) watch(run, spec.time_limit);
    return id;
  }

  void cancel(std::uint64_t id) {
    const auto found = runs_.find(id);
    if (found == runs_.end()) return;
    const auto run = std::move(found->second);
    runs_.erase(found);
    if (run->child) endings_.take(std::move(run->child));
  }

  std::size_t ending() const { return endings_.size(); }

 private:
  struct Run {
    Run(asio::io_context& io, std::uint64_t number, std::size_t most,
        std::function<void(RunOutcome)> handler)
        : id(number), output_limit(most), done(std::move(handler)), timer(io) {}
    std::uint64_t id;
    std::size_t output_limit;
    std::function<void(RunOutcome)> done;
    std::unique_ptr<Child> child;
    asio::steady_timer timer;
    RunOutcome outcome;
  };
  // Of a run that was finished or cancelled nothing is left: its handlers find it gone.
  using Weak = std::weak_ptr<Run>;
  enum class Pipe { output, errors };

  void watch(const std::shared_ptr<Run>& run, std::chrono::milliseconds time_limit) {
    run->child->when_ended([this, weak = Weak(run)] { ended(weak.lock()); });
    run->timer.expires_after(time_limit);
    run->timer.async_wait([this, weak = Weak(run)](const std::error_code& error) {
      if (!error) guarded("a time limit", [&] { timed_out(weak.lock()); });
    });
    listen(run, Pipe::output);
    listen(run, Pipe::errors);
  }

  static asio::posix::stream_descriptor& descriptor(Run& run, Pipe pipe) {
    return pipe == Pipe::output ? run.child->output() : run.child->errors();
  }

  static std::function<void(std::string_view)> sink(Run& run, Pipe pipe) {
    return [&run, pipe](std::string_view text) {
      if (pipe == Pipe::output) {
        keep_beginning(run.outcome, run.output_limit, text);
      } else {
        keep_end(run.outcome, text);
      }
    };
  }

  void listen(const std::shared_ptr<Run>& run, Pipe pipe) {
    descriptor(*run, pipe)
        .async_wait(asio::posix::stream_descriptor::wait_read,
                    [this, pipe, weak = Weak(run)](const std::error_code& error) {
                      const auto found = weak.lock();
                      if (error || !found || !found->child) return;
                      guarded("the output of a program", [&] {
                        const bool more =
                            read_some(descriptor(*found, pipe), read_budget, sink(*found, pipe));
                        if (more) listen(found, pipe);
                      });
                    });
  }

  void ended(const std::shared_ptr<Run>& run) {
    if (!run || !run->child) return;
    for (const Pipe pipe : {Pipe::output, Pipe::errors})
      read_rest(descriptor(*run, pipe), sink(*run, pipe));
    const ExitStatus end = run->child->take_end().value_or(ExitStatus{});
    run->outcome.end = end.signalled ? RunOutcome::End::signalled : RunOutcome::End::exited;
    run->outcome.status = end.status;
    finish(run);
  }

  void timed_out(const std::shared_ptr<Run>& run) {
    if (!run || !run->child) return;
    run->outcome.end = RunOutcome::End::timed_out;
    endings_.take(std::move(run->child));
    finish(run);
  }

  void finish(const std::shared_ptr<Run>& run) {
    if (!run || runs_.erase(run->id) == 0) return;
    run->timer.cancel();
    guarded("what waits for a program", [&run] { run->done(std::move(run->outcome)); });
  }

  asio::io_context& io_;
  Endings endings_;
  std::map<std::uint64_t, std::shared_ptr<Run>> runs_;
  std::uint64_t last_ = 0;
};

Runner::Runner(asio::io_context& io) : impl_(std::make_unique<Impl>(io)) {}

Runner::~Runner() = default;

std::uint64_t Runner::run(RunSpec spec, std::function<void(RunOutcome)> done) {
  return impl_->run(std::move(spec), std::move(done));
}

void Runner::cancel(std::uint64_t run) {
  impl_->cancel(run);
}

std::size_t Runner::ending() const {
  return impl_->ending();
}

}  // namespace gv::tools
