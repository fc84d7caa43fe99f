#include "daemon/audio/errand.hpp"

#include <cerrno>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include <pthread.h>

#include "daemon/util/guarded.hpp"

namespace gv::audio {
namespace {

// The names of threads are seen in ps and in a debugger: 15 characters at most.
void name_thread(const char* name) {
  pthread_setname_np(pthread_self(), name);
}

}  // namespace

void release(AlsaPcm pcm) {
  if (!pcm.server()) return;
  try {
    // Signals are blocked in the audio thread, and so in this one.
    std::thread([gone = std::move(pcm)]() mutable {
      name_thread("audio-close");
      const AlsaPcm closed = std::move(gone);
    }).detach();
  } catch (const std::exception& error) {
    log_fault("making a thread to close a sound device", error.what());
  }
}

struct Errand::Shared {
  std::mutex mutex;
  std::atomic<bool> wanted = true;  // changed with the mutex
  std::optional<Outcome> outcome;
};

void Errand::begin(AlsaPcm pcm, Work work) {
  shared_ = std::make_shared<Shared>();
  try {
    std::thread([shared = shared_, bell = bell_, pcm = std::move(pcm),
                 work = std::move(work)]() mutable {
      name_thread("audio-wait");
      Outcome outcome{.pcm = std::move(pcm),
                      .report = {.recovery = Recovery::lost, .result = -EIO, .when = 0}};
      guarded("a call to the sound server",
              [&outcome, &work, &shared] { outcome.report = work(outcome.pcm, shared->wanted); });
      const std::lock_guard lock(shared->mutex);
      if (!shared->wanted) return;
      shared->outcome.emplace(std::move(outcome));
      bell->ring();
    }).detach();
  } catch (const std::exception& error) {
    // The PCM went with the thread that was not made: it will be missed soon enough.
    log_fault("making a thread to wait for the sound server", error.what());
  }
}

std::optional<Errand::Outcome> Errand::take() {
  if (!shared_) return std::nullopt;
  std::optional<Outcome> outcome;
  {
    const std::lock_guard lock(shared_->mutex);
    outcome.swap(shared_->outcome);
  }
  if (outcome) shared_.reset();
  return outcome;
}

void Errand::abandon() {
  if (!shared_) return;
  std::optional<Outcome> outcome;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->wanted = false;
    outcome.swap(shared_->outcome);
  }
  shared_.reset();
  if (outcome) release(std::move(outcome->pcm));
}

}  // namespace gv::audio
