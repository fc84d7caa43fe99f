#include "daemon/system/sleep_watch.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "daemon/bus/pump.hpp"
#include "daemon/bus/sd_bus.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/log.hpp"

namespace gv::system {
namespace {

using bus::check;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr const char* logind_name = "org.freedesktop.login1";
constexpr const char* logind_path = "/org/freedesktop/login1";
constexpr const char* logind_interface = "org.freedesktop.login1.Manager";
constexpr const char* owner_changes =
    "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
    "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.freedesktop.login1'";

constexpr milliseconds first_retry{1000};
constexpr milliseconds longest_retry{60'000};
// logind waits for 5 s, or as long as its InhibitDelayMaxSec says. Who keeps it waiting to the end
// sleeps with everything open, and is in the log as the culprit.
constexpr milliseconds release_limit{4000};

nanoseconds read_clock(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

// The delay lock: the machine does not sleep while the descriptor is open.
class Lock {
 public:
  Lock() = default;
  ~Lock() { release(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  void take(int fd) {
    release();
    fd_ = fd;
  }
  void release() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

}  // namespace

nanoseconds time_asleep() {
  // In this order, which a compiler need not keep within one expression: never below 0.
  const nanoseconds awake = read_clock(CLOCK_MONOTONIC);
  return read_clock(CLOCK_BOOTTIME) - awake;
}

class SleepWatch::Impl {
 public:
  Impl(asio::io_context& io, Callbacks callbacks, std::function<nanoseconds()> asleep)
      : io_(io),
        callbacks_(std::move(callbacks)),
        asleep_(std::move(asleep)),
        asleep_before_(asleep_()),
        retry_timer_(io),
        lock_timer_(io),
        release_timer_(io) {
    connect();
  }

 private:
  void connect() {
    pump_.reset();
    bus_.reset();
    try {
      bus_ = bus::open_system_bus();
      check(sd_bus_match_signal_async(bus_.get(), nullptr, logind_name, logind_path,
                                      logind_interface, "PrepareForSleep",
                                      bus::on_message<Impl, &Impl::on_prepare>, nullptr, this),
            "watching logind");
      check(sd_bus_add_match_async(bus_.get(), nullptr, owner_changes,
                                   bus::on_message<Impl, &Impl::on_owner>, nullptr, this),
            "watching for logind");
      take_lock();
      pump_.emplace(io_, bus::source_of(*bus_), [this](const std::string& why) { lost(why); });
    } catch (const std::exception& e) {
      lost(e.what());
    }
  }

  void lost(const std::string& why) {
    explain(why);
    finish_sleep();
    lock_timer_.cancel();
    retry_timer_.expires_after(retry_delay_);
    retry_delay_ = std::min(retry_delay_ * 2, longest_retry);
    retry_timer_.async_wait([this, alive = std::weak_ptr<int>(alive_)](const std::error_code& ec) {
      if (!ec && !alive.expired()) guarded("the system bus", [this] { connect(); });
    });
  }

  // Once, until logind has answered.
  void explain(std::string_view why) {
    if (std::exchange(explained_, true)) return;
    log::info(
        "system",
        "no notice before this machine sleeps, so a session notices a sleep only afterwards: " +
            std::string(why));
  }

  // A lock that is held is let go when the new one is there: logind knows it across a restart.
  void take_lock() {
    const bus::MessageHandle message =
        bus::new_call(*bus_, logind_name, logind_path, logind_interface, "Inhibit");
    sd_bus_message* const raw = message.get();
    check(sd_bus_message_append(raw, "ssss", "sleep", "gemini-voice",
                                "Closes the conversation's devices and connection", "delay"),
          "Inhibit");
    // Where logind runs later, on_owner() is told.
    check(sd_bus_message_set_auto_start(raw, 0), "Inhibit");
    check(
        sd_bus_call_async(bus_.get(), nullptr, raw, bus::on_message<Impl, &Impl::on_lock>, this, 0),
        "Inhibit");
  }

  void on_lock(sd_bus_message& reply) {
    if (const sd_bus_error* error = sd_bus_message_get_error(&reply)) {
      explain(error->message != nullptr ? error->message : error->name);
      // Where nobody has the name, on_owner() is told when somebody has.
      if (sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) == 0 &&
          sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER) == 0) {
        take_lock_later();
      }
      return;
    }
    int fd = -1;
    check(sd_bus_message_read(&reply, "h", &fd), "logind's lock");
    const int own = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);  // that one closes with the message
    if (own < 0) check(-errno, "logind's lock");
    lock_.take(own);
    explained_ = false;
    retry_delay_ = lock_delay_ = first_retry;
    lock_timer_.cancel();
    // Asked for while awake, given after the notice: nobody would let it go.
    if (going_ && released_) lock_.release();
  }

  // logind refuses while a sleep or a shutdown is being prepared, for one.
  void take_lock_later() {
    lock_timer_.expires_after(lock_delay_);
    lock_delay_ = std::min(lock_delay_ * 2, longest_retry);
    lock_timer_.async_wait([this, alive = std::weak_ptr<int>(alive_)](const std::error_code& ec) {
      if (ec || alive.expired() || going_) return;  // after a sleep it is taken anyway
      guarded("logind's lock", [this] {
        take_lock();
        pump_->kick();
      });
    });
  }

  void on_owner(sd_bus_message& message) {
    const char* name = nullptr;
    const char* before = nullptr;
    const char* after = nullptr;
    check(sd_bus_message_read(&message, "sss", &name, &before, &after), "NameOwnerChanged");
    finish_sleep();
    if (*after != '\0') take_lock();
  }

  void on_prepare(sd_bus_message& message) {
    int begins = 0;
    check(sd_bus_message_read(&message, "b", &begins), "PrepareForSleep");
    if (begins == 0) {
      going_ = true;  // a wake without its notice is told all the same
      finish_sleep();
      take_lock();
    } else if (!std::exchange(going_, true)) {
      released_ = false;
      ++sleep_;
      release_in_time();
      later([this] { callbacks_.about_to_sleep(done()); });
    }
  }

  std::function<void()> done() {
    return [this, alive = std::weak_ptr<int>(alive_), sleep = sleep_] {
      if (!alive.expired()) release(sleep);
    };
  }

  // False where it was done before, or that sleep is over.
  bool release(std::uint64_t sleep) {
    if (sleep != sleep_ || !going_ || std::exchange(released_, true)) return false;
    lock_.release();
    return true;
  }

  // Also where nobody calls done.
  void release_in_time() {
    release_timer_.expires_after(release_limit);
    release_timer_.async_wait(
        [this, alive = std::weak_ptr<int>(alive_), sleep = sleep_](const std::error_code& ec) {
          if (ec || alive.expired() || !release(sleep)) return;
          guarded("the time before a sleep", [] {
            log::warning("system", "this machine goes to sleep before everything is closed");
          });
        });
  }

  void finish_sleep() {
    if (!std::exchange(going_, false)) return;
    const nanoseconds total = asleep_();
    const auto slept =
        std::chrono::duration_cast<milliseconds>(total - std::exchange(asleep_before_, total));
    later([this, slept] { callbacks_.woke(slept); });
  }

  // Not from within libsystemd: the callback may take its time and change much.
  template <class Function>
  void later(Function function) {
    asio::post(io_, [alive = std::weak_ptr<int>(alive_), function = std::move(function)] {
      if (!alive.expired()) guarded("a change between sleep and waking", function);
    });
  }

  asio::io_context& io_;
  Callbacks callbacks_;
  std::function<nanoseconds()> asleep_;
  nanoseconds asleep_before_;       // told up to here
  asio::steady_timer retry_timer_;  // of the bus
  milliseconds retry_delay_ = first_retry;
  asio::steady_timer lock_timer_;
  milliseconds lock_delay_ = first_retry;
  asio::steady_timer release_timer_;
  bool explained_ = false;
  bool going_ = false;       // to sleep, or asleep
  bool released_ = false;    // of this sleep: done was called
  std::uint64_t sleep_ = 0;  // which one
  Lock lock_;
  // The order of life: the pump goes first.
  bus::BusHandle bus_;
  std::optional<bus::Pump> pump_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

SleepWatch::SleepWatch(asio::io_context& io, Callbacks callbacks,
                       std::function<nanoseconds()> asleep)
    : impl_(std::make_unique<Impl>(io, std::move(callbacks), std::move(asleep))) {}

SleepWatch::~SleepWatch() = default;

}  // namespace gv::system
