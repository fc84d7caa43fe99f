// What the kernel says about addresses and default routes (rtnetlink(7)), taken out of datagrams.
// Pure; for NetworkWatch. Whatever the bytes are, nothing outside them is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

namespace gv::system {

// An address of this machine, as text, on the link of this number.
struct Address {
  std::uint32_t link = 0;
  std::string text;
  bool operator==(const Address&) const = default;
  bool operator<(const Address& other) const {
    return std::tie(link, text) < std::tie(other.link, other.text);
  }
};

struct AddressSeen {
  Address address;
  bool usable = false;  // a service far away can be reached from it, now
};
struct AddressGone {
  Address address;
};
// key: equal for the same route, nothing else.
struct DefaultRouteSeen {
  std::string key;
};
struct DefaultRouteGone {
  std::string key;
};
// The answer to a request for all addresses is complete. `sequence`: the request's.
struct ListEnd {
  std::uint32_t sequence = 0;
  bool consistent = true;  // false: something changed on the way, it may lack addresses
};
using NetworkEvent =
    std::variant<AddressSeen, AddressGone, DefaultRouteSeen, DefaultRouteGone, ListEnd>;

// Messages of other kinds, and what is cut short, are left out.
std::vector<NetworkEvent> parse_netlink(std::span<const std::byte> datagram);

// A request for all addresses.
std::vector<std::byte> address_list_request(std::uint32_t sequence);

}  // namespace gv::system
