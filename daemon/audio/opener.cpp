#include "daemon/audio/opener.hpp"

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <pthread.h>

namespace gv::audio {

struct Opener::Shared {
  std::shared_ptr<Bell> bell;
  std::mutex mutex;
  std::condition_variable finished;
  bool busy = false;
  bool wanted = false;
  std::optional<OpenResult> result;
};

Opener::Opener(std::shared_ptr<Bell> bell) : shared_(std::make_shared<Shared>()) {
  shared_->bell = std::move(bell);
}

bool Opener::busy() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->busy;
}

void Opener::begin(OpenTask task, std::optional<AlsaPcm> old) {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->busy = true;
    shared_->wanted = !task.devices.empty() || !old;
    shared_->result.reset();
  }
  try {
    // Signals are blocked in the audio thread, and so in this one.
    std::thread([shared = shared_, task = std::move(task), old = std::move(old)]() mutable {
      pthread_setname_np(pthread_self(), "audio-open");
      old.reset();
      run(*shared, task);
    }).detach();
  } catch (const std::system_error& error) {
    const std::lock_guard lock(shared_->mutex);
    shared_->busy = false;
    shared_->result.emplace();
    shared_->result->failure = {Error::device_unavailable,
                                std::string("cannot open the sound device: no thread for it: ") +
                                    error.what() + ". Try: end other programs"};
    shared_->bell->ring();
  }
}

void Opener::run(Shared& shared, const OpenTask& task) {
  std::unique_lock lock(shared.mutex);
  OpenResult result;
  if (shared.wanted) {
    lock.unlock();
    try {
      result = open_first(task);
    } catch (const FailureError& error) {
      result.failure = error.failure();
    } catch (const std::exception& error) {
      result.failure = {Error::device_unavailable, error.what()};
    }
    lock.lock();
  }
  if (shared.wanted) {
    shared.result = std::move(result);
  } else {
    // A PCM that nobody wants is closed before the next may be opened: cards are exclusive.
    lock.unlock();
    result.pcm.reset();
    lock.lock();
  }
  shared.busy = false;
  shared.finished.notify_all();
  shared.bell->ring();
}

std::optional<OpenResult> Opener::take() {
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->result, std::nullopt);
}

void Opener::abandon() {
  std::optional<OpenResult> unwanted;
  const std::lock_guard lock(shared_->mutex);
  shared_->wanted = false;
  unwanted.swap(shared_->result);
}

void Opener::wait(std::chrono::milliseconds limit) {
  std::unique_lock lock(shared_->mutex);
  shared_->finished.wait_for(lock, limit, [this] { return !shared_->busy; });
}

}  // namespace gv::audio
