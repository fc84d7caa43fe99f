#include "tests/loop/logind.hpp"

#include <algorithm>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace gv::test {
namespace {

constexpr const char* name = "org.freedesktop.login1";
constexpr const char* path = "/org/freedesktop/login1";
constexpr const char* interface = "org.freedesktop.login1.Manager";

void require(int result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string("logind: ") + what);
}

}  // namespace

const sd_bus_vtable Logind::vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Inhibit", "ssss", "h", Logind::inhibit, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_SIGNAL("PrepareForSleep", "b", 0), SD_BUS_VTABLE_END};

Logind::Logind() {
  require(sd_bus_open_system(&bus_), "no bus");
  require(sd_bus_add_object_vtable(bus_, nullptr, path, interface, vtable, this), "no object");
  require(sd_bus_request_name(bus_, name, 0), "no name");
}

Logind::~Logind() {
  for (const Lock& lock : locks_)
    ::close(lock.fd);
  sd_bus_flush_close_unref(bus_);
}

void Logind::process() {
  while (sd_bus_process(bus_, nullptr) > 0) {
  }
}

std::size_t Logind::locks() {
  const auto let_go = [](const Lock& lock) {
    pollfd p{lock.fd, POLLIN, 0};
    if (::poll(&p, 1, 0) == 0) return false;
    ::close(lock.fd);
    return true;
  };
  locks_.erase(std::remove_if(locks_.begin(), locks_.end(), let_go), locks_.end());
  return static_cast<std::size_t>(std::count_if(locks_.begin(), locks_.end(), [](const Lock& lock) {
    return lock.what == "sleep" && lock.mode == "delay";
  }));
}

void Logind::prepare_for_sleep(bool begins) {
  require(sd_bus_emit_signal(bus_, path, interface, "PrepareForSleep", "b", begins ? 1 : 0),
          "no signal");
}

int Logind::inhibit(sd_bus_message* message, void* self, sd_bus_error* error) {
  Logind& logind = *static_cast<Logind*>(self);
  ++logind.requests_;
  if (logind.refuses) {
    return sd_bus_error_set_const(error, "org.freedesktop.login1.OperationInProgress",
                                  "The operation is already running");
  }
  const char* what = nullptr;
  const char* who = nullptr;
  const char* why = nullptr;
  const char* mode = nullptr;
  require(sd_bus_message_read(message, "ssss", &what, &who, &why, &mode), "Inhibit");
  int ends[2];
  require(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), "pipe");
  logind.locks_.push_back({what, mode, ends[0]});
  const int sent = sd_bus_reply_method_return(message, "h", ends[1]);
  ::close(ends[1]);
  return sent;
}

}  // namespace gv::test
