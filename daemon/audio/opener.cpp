#include "daemon/audio/opener.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <pthread.h>

#include "daemon/audio/errand.hpp"

namespace gv::audio {

struct Opener::Job {
  std::shared_ptr<Bell> bell;
  OpenProgress progress;
  std::mutex mutex;
  std::condition_variable finished;
  bool busy = true;
  std::optional<OpenResult> result;
};

bool Opener::busy() const {
  if (!job_) return false;
  const std::lock_guard lock(job_->mutex);
  return job_->busy;
}

bool Opener::wanted() const {
  return job_ && job_->progress.wanted;
}

std::size_t Opener::index() const {
  return job_->progress.index;
}

std::int64_t Opener::since_ns() const {
  return job_->progress.since_ns;
}

bool Opener::ready() const {
  constexpr auto most_left = 4;  // libpulse's time limits end them
  return !busy() && std::count_if(left_.begin(), left_.end(), [](const auto& one) {
                      const std::shared_ptr<Job> job = one.lock();
                      if (!job) return false;
                      const std::lock_guard lock(job->mutex);
                      return job->busy;
                    }) < most_left;
}

void Opener::begin(OpenTask task, std::optional<AlsaPcm> old) {
  const auto job = std::make_shared<Job>();
  job->bell = bell_;
  job->progress.wanted = !task.devices.empty() || !old;
  job->progress.index = task.first;
  job->progress.since_ns = now_ns();
  try {
    // Signals are blocked in the audio thread, and so in this one.
    std::thread([job, task = std::move(task), old = std::move(old)]() mutable {
      pthread_setname_np(pthread_self(), "audio-open");
      old.reset();
      run(*job, task);
    }).detach();
  } catch (const std::system_error& error) {
    job->busy = false;
    job->result.emplace();
    job->result->failure = {Error::device_unavailable,
                            std::string("cannot open the sound device: no thread for it: ") +
                                error.what() + ". Try: end other programs"};
    bell_->ring();
  }
  job_ = job;
}

void Opener::run(Job& job, const OpenTask& task) {
  OpenResult result;
  if (job.progress.wanted) {
    try {
      result = open_first(task, job.progress);
    } catch (const FailureError& error) {
      result.failure = error.failure();
    } catch (const std::exception& error) {
      result.failure = {Error::device_unavailable, error.what()};
    }
  }
  std::unique_lock lock(job.mutex);
  if (job.progress.wanted) {
    job.result = std::move(result);
  } else {
    // A PCM that nobody wants is closed before the next may be opened: cards are exclusive.
    lock.unlock();
    result.pcm.reset();
    lock.lock();
  }
  job.busy = false;
  job.finished.notify_all();
  job.bell->ring();
}

std::optional<OpenResult> Opener::take() {
  if (!job_) return std::nullopt;
  const std::lock_guard lock(job_->mutex);
  return std::exchange(job_->result, std::nullopt);
}

void Opener::abandon() {
  if (!job_) return;
  std::optional<OpenResult> unwanted;
  {
    const std::lock_guard lock(job_->mutex);
    job_->progress.wanted = false;
    unwanted.swap(job_->result);
  }
  if (unwanted && unwanted->pcm) release(std::move(*unwanted->pcm));
}

void Opener::leave() {
  abandon();
  std::erase_if(left_, [](const auto& one) { return one.expired(); });
  if (job_) left_.emplace_back(job_);
  job_.reset();
}

void Opener::wait(std::chrono::milliseconds limit) {
  if (!job_) return;
  std::unique_lock lock(job_->mutex);
  job_->finished.wait_for(lock, limit, [this] { return !job_->busy; });
}

}  // namespace gv::audio
