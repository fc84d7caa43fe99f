// The recorder's thread: a bounded queue of what is to be written, and the file.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>

#include "daemon/history/recorder.hpp"
#include "daemon/history/store.hpp"

namespace gv::history {

// Main thread, but for what is said to be the writer's.
class Recorder::Writer {
 public:
  // What waits is at most so much; what comes then is not kept.
  static constexpr std::size_t max_waiting = 4096;
  static constexpr std::size_t max_bytes = std::size_t{16} * 1024 * 1024;

  explicit Writer(std::string file);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();

  void add(const Session& session, Entry entry);
  void end(std::string session, std::int64_t ended_us, std::string reason);
  // Entries before that moment go. Where there is no file none is made.
  void expire(std::int64_t before_us);
  // A new one may log anew what is wrong.
  void session_begins();
  // Nothing of a conversation waits.
  bool idle() const;

 private:
  struct Said {
    Session session;
    Entry entry;
  };
  struct Ended {
    std::string session;
    std::int64_t ended_us;
    std::string reason;
  };
  struct Expire {
    std::int64_t before_us;
  };
  using Job = std::variant<Said, Ended, Expire>;

  void push(Job job, std::size_t bytes);
  // The writer's thread.
  void run();
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  bool write(const std::deque<Job>& jobs);
  void write_once(const std::deque<Job>& jobs);
  void work(const Said& said);
  void work(const Ended& ended);
  void work(const Expire& expire);
  bool failed(const store::StoreError& error, bool words);
  void remove_aside(std::int64_t before_us);
  void open(store::Access access);
  void tell(const std::string& line);
  void done(std::size_t jobs);

  const std::string file_;

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Job> waiting_;  // those that are being written too
  std::size_t bytes_ = 0;    // of what is said in them
  std::size_t dropped_ = 0;
  bool stopping_ = false;
  bool told_ = false;                // what is wrong, for this session
  bool failing_ = false;             // the last attempt did, and something waits for the next one
  std::chrono::milliseconds pause_;  // before that

  // The writer's.
  std::unique_ptr<Store> store_;
  bool newer_ = false;  // the file is of a later version, and stays as it is

  std::thread thread_;
};

}  // namespace gv::history
