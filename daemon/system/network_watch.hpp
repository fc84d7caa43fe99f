// Tells when this machine loses an address or becomes reachable another way, from the kernel's own
// word (rtnetlink): TCP itself would notice a changed network after minutes. Main thread only;
// never waits. Where the kernel says nothing (one line in the log), nothing is ever told.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <asio/io_context.hpp>

namespace gv::system {

class NetworkWatch {
 public:
  struct Callbacks {
    // A connection from this address is dead. Text as inet_ntop(3) writes it; of any scope. Told at
    // once, and once no link of the machine has it any more.
    std::function<void(const std::string& address)> address_lost;
    // A usable address or a default route is there that was not: worth trying to connect. At most
    // twice a second. Not told: addresses from before construction. A default route from before is,
    // once, where the network's manager sets it again.
    std::function<void()> address_gained;
  };

  // Both callbacks come from the loop and must not destroy the watch.
  NetworkWatch(asio::io_context& io, Callbacks callbacks);
  ~NetworkWatch();
  NetworkWatch(const NetworkWatch&) = delete;
  NetworkWatch& operator=(const NetworkWatch&) = delete;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gv::system
