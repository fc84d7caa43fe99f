#include "daemon/system/netlink.hpp"

#include <array>
#include <cstring>
#include <optional>

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace gv::system {
namespace {

using Bytes = std::span<const std::byte>;

// Messages and attributes lie at multiples of 4.
constexpr std::size_t aligned(std::size_t size) {
  return (size + 3) & ~std::size_t{3};
}

Bytes after(Bytes bytes, std::size_t size) {
  return bytes.subspan(std::min(aligned(size), bytes.size()));
}

// The structure at the front, copied: nothing is aligned for sure.
template <class T>
std::optional<T> front(Bytes bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// Calls on_attribute(type, payload) for each whole one.
template <class Function>
void each_attribute(Bytes bytes, Function&& on_attribute) {
  while (const auto header = front<rtattr>(bytes)) {
    if (header->rta_len < sizeof *header || header->rta_len > bytes.size()) return;
    on_attribute(header->rta_type & NLA_TYPE_MASK,
                 bytes.subspan(sizeof *header, header->rta_len - sizeof *header));
    bytes = after(bytes, header->rta_len);
  }
}

std::string address_text(int family, Bytes bytes) {
  const std::size_t wanted = family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
  if (bytes.size() != wanted) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(family, bytes.data(), text.data(), text.size()) != nullptr ? text.data() : "";
}

void read_address(Bytes body, bool gone, std::vector<NetworkEvent>& events) {
  const auto header = front<ifaddrmsg>(body);
  if (!header || (header->ifa_family != AF_INET && header->ifa_family != AF_INET6)) return;
  Address address{header->ifa_index, {}};
  std::uint32_t flags = header->ifa_flags;
  std::string other_end;
  each_attribute(after(body, sizeof *header), [&](int type, Bytes value) {
    // On a point-to-point link IFA_ADDRESS is the other side.
    if (type == IFA_LOCAL) address.text = address_text(header->ifa_family, value);
    if (type == IFA_ADDRESS) other_end = address_text(header->ifa_family, value);
    if (type == IFA_FLAGS) flags = front<std::uint32_t>(value).value_or(flags);
  });
  if (address.text.empty()) address.text = other_end;
  if (address.text.empty()) return;
  if (gone) {
    events.emplace_back(AddressGone{std::move(address)});
    return;
  }
  const bool global = header->ifa_scope < RT_SCOPE_LINK;
  const bool ready = (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED)) == 0;
  events.emplace_back(AddressSeen{std::move(address), global && ready});
}

void read_route(Bytes body, bool gone, std::vector<NetworkEvent>& events) {
  const auto header = front<rtmsg>(body);
  if (!header || header->rtm_dst_len != 0 || header->rtm_type != RTN_UNICAST) return;
  std::string key{static_cast<char>(header->rtm_family)};
  each_attribute(after(body, sizeof *header), [&key](int type, Bytes value) {
    if (type != RTA_TABLE && type != RTA_OIF && type != RTA_GATEWAY) return;
    if (value.size() > sizeof(in6_addr)) return;
    key += static_cast<char>(type);
    for (const std::byte b : value)
      key += static_cast<char>(b);
  });
  if (gone) {
    events.emplace_back(DefaultRouteGone{std::move(key)});
  } else {
    events.emplace_back(DefaultRouteSeen{std::move(key)});
  }
}

}  // namespace

std::vector<NetworkEvent> parse_netlink(Bytes datagram) {
  std::vector<NetworkEvent> events;
  while (const auto header = front<nlmsghdr>(datagram)) {
    if (header->nlmsg_len < sizeof *header || header->nlmsg_len > datagram.size()) break;
    const Bytes body = datagram.subspan(sizeof *header, header->nlmsg_len - sizeof *header);
    switch (header->nlmsg_type) {
      case RTM_NEWADDR:
      case RTM_DELADDR:
        read_address(body, header->nlmsg_type == RTM_DELADDR, events);
        break;
      case RTM_NEWROUTE:
      case RTM_DELROUTE:
        read_route(body, header->nlmsg_type == RTM_DELROUTE, events);
        break;
      case NLMSG_DONE:
      case NLMSG_ERROR:
        events.emplace_back(ListEnd{
            header->nlmsg_seq,
            header->nlmsg_type == NLMSG_DONE && (header->nlmsg_flags & NLM_F_DUMP_INTR) == 0});
        break;
      default:
        break;
    }
    datagram = after(datagram, header->nlmsg_len);
  }
  return events;
}

std::vector<std::byte> address_list_request(std::uint32_t sequence) {
  struct Request {
    nlmsghdr header;
    ifaddrmsg body;
  };
  Request request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETADDR;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = sequence;
  request.body.ifa_family = AF_UNSPEC;
  const auto bytes = std::as_bytes(std::span(&request, 1));
  return {bytes.begin(), bytes.end()};
}

}  // namespace gv::system
