#include "daemon/history/writer.hpp"

#include <algorithm>
#include <utility>

#include "daemon/store/aside.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/log.hpp"

namespace gv::history {
namespace {

using namespace std::chrono_literals;

// Short: whoever ends the daemon waits for it.
constexpr std::chrono::milliseconds patience{500};
constexpr std::chrono::milliseconds first_pause = 2s;  // after a failure; doubled by each
constexpr std::chrono::milliseconds longest_pause = 5min;

template <class Kind>
constexpr auto is = [](const auto& job) { return std::holds_alternative<Kind>(job); };

}  // namespace

Recorder::Writer::Writer(std::string file)
    : file_(std::move(file)), pause_(first_pause), thread_([this] { run(); }) {}

Recorder::Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void Recorder::Writer::add(const Session& session, Entry entry) {
  const std::size_t bytes = entry.text.size();
  push(Said{session, std::move(entry)}, bytes);
}

void Recorder::Writer::end(std::string session, std::int64_t ended_us, std::string reason) {
  push(Ended{std::move(session), ended_us, std::move(reason)}, 0);
}

void Recorder::Writer::expire(std::int64_t before_us) {
  push(Expire{before_us}, 0);
}

void Recorder::Writer::session_begins() {
  const std::lock_guard lock(mutex_);
  told_ = false;
}

bool Recorder::Writer::idle() const {
  const std::lock_guard lock(mutex_);
  return std::all_of(waiting_.begin(), waiting_.end(), is<Expire>);
}

void Recorder::Writer::push(Job job, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= max_waiting || bytes_ + bytes > max_bytes) {
    if (dropped_++ == 0)
      log::warning("history", "too much waits to be written: some of it is lost");
    return;
  }
  bytes_ += bytes;
  waiting_.push_back(std::move(job));
  work_.notify_one();
}

void Recorder::Writer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wait_for_work(lock);
    if (waiting_.empty()) return;
    const std::deque<Job> jobs = waiting_;
    lock.unlock();
    bool written = false;
    guarded("the history", [&] { written = write(jobs); });
    lock.lock();
    if (written) {
      done(jobs.size());
      pause_ = first_pause;
    } else {
      std::erase_if(waiting_, is<Expire>);  // there will be another one
      if (stopping_) {
        if (std::any_of(waiting_.begin(), waiting_.end(), is<Said>))
          log::warning("history", "the last words of the conversation could not be written");
        return;
      }
    }
    failing_ = !written && !waiting_.empty();
  }
}

// What failed is tried again after a while, and once more at the end.
void Recorder::Writer::wait_for_work(std::unique_lock<std::mutex>& lock) {
  if (failing_) {
    work_.wait_for(lock, pause_, [this] { return stopping_; });
    pause_ = std::min(2 * pause_, longest_pause);
  }
  work_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
}

void Recorder::Writer::done(std::size_t jobs) {
  for (; jobs > 0; --jobs) {
    if (const auto* said = std::get_if<Said>(&waiting_.front())) bytes_ -= said->entry.text.size();
    waiting_.pop_front();
  }
  dropped_ = 0;
}

// False: it is worth another try.
bool Recorder::Writer::write(const std::deque<Job>& jobs) {
  if (newer_) return true;
  const bool words = std::any_of(jobs.begin(), jobs.end(), is<Said>);
  for (int attempt = 0;; ++attempt) {
    try {
      write_once(jobs);
      if (failing_) log::info("history", file_ + ": it is written again");
      return true;
    } catch (const store::StoreError& e) {
      const bool again = failed(e, words) && attempt == 0;
      if (newer_) return true;
      if (!again) return false;
    }
  }
}

void Recorder::Writer::write_once(const std::deque<Job>& jobs) {
  const bool adds = std::any_of(jobs.begin(), jobs.end(), is<Said>);
  for (const Job& job : jobs) {
    if (const auto* expire = std::get_if<Expire>(&job)) remove_aside(expire->before_us);
  }
  if (!store_) {
    try {
      open(adds ? store::Access::make : store::Access::change);
    } catch (const store::StoreError& e) {
      if (e.trouble() == store::Trouble::missing && !adds) return;
      throw;
    }
  }
  auto together = store_->together();
  for (const Job& job : jobs)
    std::visit([this](const auto& one) { work(one); }, job);
  together.commit();
}

// With or without a file: what was put aside holds words, too.
void Recorder::Writer::remove_aside(std::int64_t before_us) {
  const auto files = store::files_aside(file_, before_us);
  if (files.empty()) return;
  store::remove_aside(files);
  log::info("history", "removed " + std::to_string(files.size()) +
                           " damaged files that are older than history.keep");
}

void Recorder::Writer::open(store::Access access) {
  store_ = std::make_unique<Store>(file_, access, patience);
}

void Recorder::Writer::work(const Said& said) {
  store_->add(said.session, said.entry);
}

void Recorder::Writer::work(const Ended& ended) {
  store_->end(ended.session, ended.ended_us, ended.reason);
}

void Recorder::Writer::work(const Expire& expire) {
  const auto removed = store_->remove_before(expire.before_us);
  if (removed.entries > 0) {
    log::info("history", "removed " + std::to_string(removed.entries) +
                             " entries that are older than history.keep");
  }
}

// True: it can be tried again at once.
bool Recorder::Writer::failed(const store::StoreError& error, bool words) {
  // It is opened anew: it may be another file by then.
  if (error.trouble() != store::Trouble::locked) store_.reset();
  switch (error.trouble()) {
    case store::Trouble::corrupt:
      try {
        const auto aside = store::put_aside(file_);
        log::error("history", file_ + " is damaged or not ours: it is kept as " + aside +
                                  ", and a new one is begun");
        return true;
      } catch (const store::StoreError& e) {
        tell(e.what());
        return false;
      }
    case store::Trouble::newer:
      newer_ = true;
      tell(std::string(error.what()) + ". Until then nothing is added to it");
      return false;
    case store::Trouble::missing:
    case store::Trouble::locked:
    case store::Trouble::full:
    case store::Trouble::refused:
    case store::Trouble::other:
      tell(std::string(error.what()) +
           (words ? ". What was said is kept in memory until then" : ""));
      return false;
  }
  return false;
}

void Recorder::Writer::tell(const std::string& line) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(told_, true)) return;
  }
  log::error("history", line);
}

}  // namespace gv::history
