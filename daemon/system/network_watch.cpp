#include "daemon/system/network_watch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <map>
#include <set>
#include <system_error>
#include <utility>
#include <variant>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/system/netlink.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/log.hpp"

namespace gv::system {
namespace {

using std::chrono::milliseconds;

// An address and its default route come one after the other: told as one.
constexpr milliseconds settle_time{500};
// After an overrun the kernel has more to tell: the list is asked for when that is over.
constexpr milliseconds resync_delay{200};
// More than any real machine has; what is beyond is not remembered.
constexpr std::size_t max_addresses = 4096;
constexpr std::size_t max_routes = 256;
// Datagrams taken before the loop's other work gets its turn.
constexpr int read_budget = 32;

int open_socket() {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "netlink");
  sockaddr_nl own{};
  own.nl_family = AF_NETLINK;
  own.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
  // The sockets interface wants one address type for all families.
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) {
    const int error = errno;
    ::close(fd);
    throw std::system_error(error, std::generic_category(), "netlink");
  }
  return fd;
}

}  // namespace

class NetworkWatch::Impl {
 public:
  Impl(asio::io_context& io, Callbacks callbacks)
      : callbacks_(std::move(callbacks)), socket_(io), settle_timer_(io), resync_timer_(io) {
    try {
      socket_.assign(open_socket());
      ask_for_list();
      listen();
    } catch (const std::system_error& e) {
      give_up(e.what());
    }
  }

 private:
  static void give_up(const std::string& why) {
    log::info("system", "no notice of network changes, so a session notices them late: " + why);
  }

  void listen() {
    socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [this, alive = std::weak_ptr<int>(alive_)](const asio::error_code& ec) {
                         if (ec || alive.expired()) return;
                         guarded("netlink", [this] { take_all(); });
                       });
  }

  // Whatever happens to this one, there is more to come.
  void take_all() {
    bool taken = false;
    bool more = true;
    guarded("netlink", [this, &taken, &more] {
      more = read();
      taken = true;
    });
    if (!taken) overrun();
    if (more) listen();
  }

  // False where there is nothing to listen to any more.
  bool read() {
    for (int taken = 0; taken < read_budget; ++taken) {
      if (const int error = read_one(); error == EAGAIN) {
        break;
      } else if (error == ENOBUFS) {
        overrun();
      } else if (error != 0 && error != EINTR) {
        give_up(std::generic_category().message(error));
        return false;
      }
    }
    return true;
  }

  // 0 or an error number.
  int read_one() {
    sockaddr_nl sender{};
    iovec part{buffer_.data(), buffer_.size()};
    msghdr header{};
    header.msg_name = &sender;
    header.msg_namelen = sizeof sender;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    const ssize_t size = ::recvmsg(socket_.native_handle(), &header, MSG_DONTWAIT);
    if (size < 0) return errno;
    if (sender.nl_pid != 0) return 0;  // any program may send here, only the kernel counts
    if ((header.msg_flags & MSG_TRUNC) != 0) return ENOBUFS;
    for (const NetworkEvent& event :
         parse_netlink(std::span(buffer_).first(static_cast<std::size_t>(size)))) {
      guarded("a network change",
              [this, &event] { std::visit([this](const auto& e) { take(e); }, event); });
    }
    return 0;
  }

  void take(const AddressSeen& seen) {
    if (listing_ != 0) listed_[seen.address] = seen.usable;
    remember(seen.address, seen.usable);
  }

  void take(const AddressGone& gone) {
    listed_.erase(gone.address);
    forget(gone.address);
  }

  void take(const DefaultRouteSeen& seen) {
    if (routes_.contains(seen.key)) return;
    if (routes_.size() < max_routes) routes_.insert(seen.key);
    gained();
  }

  void take(const DefaultRouteGone& gone) { routes_.erase(gone.key); }

  void take(const ListEnd& end) {
    if (end.sequence != listing_) return;
    listing_ = 0;
    const auto listed = std::exchange(listed_, {});
    if (!end.consistent) return resync_later();
    std::vector<Address> missing;
    for (const auto& [address, usable] : known_) {
      if (!listed.contains(address)) missing.push_back(address);
    }
    for (const Address& address : missing)
      forget(address);
    settled_ = true;
  }

  void remember(const Address& address, bool usable) {
    const auto found = known_.find(address);
    const bool was_usable = found != known_.end() && found->second;
    if (found != known_.end()) {
      found->second = usable;
    } else if (known_.size() < max_addresses) {
      known_.emplace(address, usable);
    }
    if (usable && !was_usable) gained();
  }

  void forget(const Address& address) {
    known_.erase(address);
    const bool elsewhere = std::any_of(known_.begin(), known_.end(), [&address](const auto& known) {
      return known.first.text == address.text;
    });
    if (!elsewhere) callbacks_.address_lost(address.text);
  }

  void gained() {
    if (!settled_ || std::exchange(telling_, true)) return;
    settle_timer_.expires_after(settle_time);
    settle_timer_.async_wait(
        [this, alive = std::weak_ptr<int>(alive_)](const asio::error_code& ec) {
          if (ec || alive.expired()) return;
          telling_ = false;
          guarded("a network change", [this] { callbacks_.address_gained(); });
        });
  }

  // The kernel had more to tell than the socket holds: anything may have changed.
  void overrun() {
    log::debug("system", "network changes were missed; asking for the addresses anew");
    routes_.clear();
    gained();
    resync_later();
  }

  void resync_later() {
    if (std::exchange(resync_due_, true)) return;
    resync_timer_.expires_after(resync_delay);
    resync_timer_.async_wait(
        [this, alive = std::weak_ptr<int>(alive_)](const asio::error_code& ec) {
          if (ec || alive.expired()) return;
          resync_due_ = false;
          guarded("netlink", [this] { ask_for_list(); });
        });
  }

  void ask_for_list() {
    listing_ = ++last_sequence_;
    listed_.clear();
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    const auto request = address_list_request(listing_);
    if (::sendto(socket_.native_handle(), request.data(), request.size(), MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) >= 0) {
      return;
    }
    if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) return resync_later();
    give_up(std::generic_category().message(errno));
  }

  Callbacks callbacks_;
  asio::posix::stream_descriptor socket_;
  asio::steady_timer settle_timer_;
  asio::steady_timer resync_timer_;
  alignas(nlmsghdr) std::array<std::byte, 32UL * 1024> buffer_{};
  std::map<Address, bool> known_;   // usable?
  std::map<Address, bool> listed_;  // while a list comes: what is in it so far
  std::set<std::string> routes_;    // default routes seen since the start
  std::uint32_t last_sequence_ = 0;
  std::uint32_t listing_ = 0;  // the list being sent; 0: none
  bool settled_ = false;       // the first list is complete: what comes now is news
  bool telling_ = false;
  bool resync_due_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

NetworkWatch::NetworkWatch(asio::io_context& io, Callbacks callbacks)
    : impl_(std::make_unique<Impl>(io, std::move(callbacks))) {}

NetworkWatch::~NetworkWatch() = default;

}  // namespace gv::system
