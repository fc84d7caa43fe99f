#include "daemon/desktop/pictures.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <asio/post.hpp>
#include <fcntl.h>

#include "daemon/desktop/picture_kind.hpp"
#include "daemon/desktop/picture_limits.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/libexec.hpp"
#include "daemon/util/text.hpp"

namespace gv::desktop {
namespace {

using tools::RunOutcome;

constexpr std::size_t most_jobs = 4;
constexpr std::size_t most_words = 300;

Failure broken_program(const std::string& program, const std::string& why) {
  return {Error::device_unavailable, "the picture cannot be made ready: " + program + ' ' + why +
                                         ". Try: again, or install gemini-voice anew"};
}

std::variant<tools::Picture, Failure> judge(const std::string& program, RunOutcome outcome) {
  switch (outcome.end) {
    case RunOutcome::End::not_started:
      return broken_program(program, "could not be started: " + outcome.why);
    case RunOutcome::End::timed_out:
      return Failure{Error::invalid_argument,
                     "the picture does not come to an end, or takes too long to decode"};
    case RunOutcome::End::signalled:
      // A bomb meets the limits of the process; which one is the kernel's business.
      return Failure{Error::invalid_argument,
                     "the picture could not be decoded within the limits for it (signal " +
                         std::to_string(outcome.status) + ")"};
    case RunOutcome::End::exited:
      break;
  }
  if (outcome.status != static_cast<int>(PictureExit::done)) {
    // The program's own words; but what it has decoded may have taken it over.
    std::string why = printable(outcome.errors, most_words);
    while (why.ends_with(' '))
      why.pop_back();
    if (why.empty()) return broken_program(program, "failed without a word");
    return Failure{Error::invalid_argument, why};
  }
  if (outcome.output_cut || picture_kind(outcome.output) != PictureKind::jpeg) {
    return broken_program(program, "answered something that is no JPEG");
  }
  return tools::Picture{"image/jpeg", std::move(outcome.output)};
}

}  // namespace

Pictures::Pictures(asio::io_context& io, tools::Runner& runner, std::string program)
    : io_(io), runner_(runner), program_(std::move(program)) {}

Pictures::Pictures(asio::io_context& io, tools::Runner& runner)
    : Pictures(io, runner, libexec_program(picture_program)) {}

Pictures::~Pictures() {
  if (run_ != 0) runner_.cancel(run_);
}

void Pictures::convert(int fd, Converted converted) {
  if (jobs_.size() >= most_jobs) {
    return refuse(std::move(converted),
                  {Error::busy, std::to_string(most_jobs) +
                                    " pictures are being made ready already; try again in a "
                                    "moment"});
  }
  File own(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (own.get() < 0) {
    return refuse(std::move(converted),
                  {Error::invalid_argument,
                   "the picture's file cannot be used: " + std::generic_category().message(errno)});
  }
  jobs_.push_back({std::move(own), std::move(converted)});
  if (jobs_.size() == 1) begin();
}

void Pictures::refuse(Converted converted, Failure why) {
  asio::post(io_, [alive = std::weak_ptr<int>(alive_), converted = std::move(converted),
                   why = std::move(why)] {
    if (!alive.expired()) guarded("what waits for a picture", [&] { converted(why); });
  });
}

void Pictures::begin() {
  tools::RunSpec spec;
  spec.argv = {program_};
  spec.directory = "/";
  spec.input_fd = jobs_.front().file.get();
  spec.output_limit = picture_output_bytes;
  spec.time_limit = picture_time_limit;
  run_ = runner_.run(std::move(spec), [this](RunOutcome outcome) { finish(std::move(outcome)); });
}

void Pictures::finish(RunOutcome outcome) {
  run_ = 0;
  Converted converted = std::move(jobs_.front().converted);
  jobs_.pop_front();
  if (!jobs_.empty()) begin();
  converted(judge(program_, std::move(outcome)));
}

}  // namespace gv::desktop
