#include "daemon/desktop/link.hpp"

#include <cstdint>
#include <utility>

namespace gv::desktop {

using bus::check;

Link::Link(asio::io_context& io, std::function<void(const std::string&)> on_lost)
    : io_(io), on_lost_(std::move(on_lost)) {}

void Link::open() {
  if (is_open()) return;
  bus_ = bus::open_session_bus();
  pump_.emplace(io_, bus::source_of(*bus_), [this](const std::string& why) {
    close();
    on_lost_(why);
  });
}

void Link::close() {
  pump_.reset();
  bus_.reset();
}

void Link::call(const bus::MessageHandle& message, sd_bus_message_handler_t handler, void* self,
                std::chrono::milliseconds limit) {
  const auto limit_us = static_cast<std::uint64_t>(limit.count()) * 1000;
  check(sd_bus_call_async(bus_.get(), nullptr, message.get(), handler, self, limit_us),
        "a call on the session bus");
  pump_->kick();
}

void Link::watch(const char* sender, const char* path, const char* interface, const char* member,
                 sd_bus_message_handler_t handler, void* self) {
  check(sd_bus_match_signal_async(bus_.get(), nullptr, sender, path, interface, member, handler,
                                  nullptr, self),
        "a signal of the session bus");
  pump_->kick();
}

std::string sender_of(sd_bus_message& message) {
  const char* sender = sd_bus_message_get_sender(&message);
  return sender == nullptr ? "" : sender;
}

std::string error_of(sd_bus_message& reply) {
  const sd_bus_error* error = sd_bus_message_get_error(&reply);
  if (error == nullptr) return {};
  return error->message != nullptr ? error->message : error->name;
}

}  // namespace gv::desktop
