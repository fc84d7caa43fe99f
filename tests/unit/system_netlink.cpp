#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <array>
#include <cstring>
#include <random>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <linux/rtnetlink.h>

#include "daemon/system/netlink.hpp"

using namespace gv::system;

namespace {

using Datagram = std::vector<std::byte>;

template <class T>
void append(Datagram& to, const T& value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  to.insert(to.end(), bytes.begin(), bytes.end());
}

template <class T>
void attribute(Datagram& to, std::uint16_t type, const T& value) {
  append(to, rtattr{static_cast<std::uint16_t>(sizeof(rtattr) + sizeof value), type});
  append(to, value);
}

Datagram message(std::uint16_t type, const Datagram& body, std::uint32_t sequence = 0,
                 std::uint16_t flags = 0) {
  Datagram whole;
  append(whole, nlmsghdr{static_cast<std::uint32_t>(sizeof(nlmsghdr) + body.size()), type, flags,
                         sequence, 0});
  whole.insert(whole.end(), body.begin(), body.end());
  return whole;
}

Datagram address(const char* text, std::uint8_t scope = RT_SCOPE_UNIVERSE,
                 std::uint32_t flags = IFA_F_PERMANENT, const char* peer = nullptr) {
  Datagram body;
  append(body, ifaddrmsg{AF_INET, 24, 0, scope, 3});
  in_addr raw{};
  inet_pton(AF_INET, peer != nullptr ? peer : text, &raw);
  attribute(body, IFA_ADDRESS, raw);
  inet_pton(AF_INET, text, &raw);
  attribute(body, IFA_LOCAL, raw);
  attribute(body, IFA_FLAGS, flags);
  return body;
}

Datagram route(std::uint8_t length, std::uint8_t type, std::uint32_t link) {
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_dst_len = length;
  header.rtm_type = type;
  Datagram body;
  append(body, header);
  attribute(body, RTA_OIF, link);
  return body;
}

template <class T>
const T& only(const std::vector<NetworkEvent>& events) {
  REQUIRE(events.size() == 1);
  REQUIRE(std::holds_alternative<T>(events[0]));
  return std::get<T>(events[0]);
}

}  // namespace

TEST_CASE("addresses: whose, where, and whether they are of use") {
  const auto seen = [](const Datagram& body) {
    return only<AddressSeen>(parse_netlink(message(RTM_NEWADDR, body)));
  };
  CHECK(seen(address("192.0.2.7")).address == Address{3, "192.0.2.7"});
  CHECK(seen(address("192.0.2.7")).usable);
  CHECK(seen(address("10.0.0.1", 0, 0, "10.0.0.2")).address.text == "10.0.0.1");
  CHECK_FALSE(seen(address("127.0.0.1", RT_SCOPE_HOST)).usable);
  CHECK_FALSE(seen(address("169.254.0.1", RT_SCOPE_LINK)).usable);
  CHECK_FALSE(seen(address("192.0.2.7", 0, IFA_F_TENTATIVE)).usable);
  CHECK_FALSE(seen(address("192.0.2.7", 0, IFA_F_DEPRECATED)).usable);
  CHECK(only<AddressGone>(parse_netlink(message(RTM_DELADDR, address("192.0.2.7")))).address ==
        Address{3, "192.0.2.7"});
}

TEST_CASE("default routes, and no others") {
  const auto parse = [](std::uint16_t type, const Datagram& body) {
    return parse_netlink(message(type, body));
  };
  const auto first = only<DefaultRouteSeen>(parse(RTM_NEWROUTE, route(0, RTN_UNICAST, 2))).key;
  CHECK(only<DefaultRouteGone>(parse(RTM_DELROUTE, route(0, RTN_UNICAST, 2))).key == first);
  CHECK(only<DefaultRouteSeen>(parse(RTM_NEWROUTE, route(0, RTN_UNICAST, 3))).key != first);
  CHECK(parse(RTM_NEWROUTE, route(24, RTN_UNICAST, 2)).empty());
  CHECK(parse(RTM_NEWROUTE, route(0, RTN_UNREACHABLE, 2)).empty());
}

TEST_CASE("the end of a list, with its number and whether it is whole") {
  const auto end = [](std::uint16_t type, std::uint16_t flags) {
    return only<ListEnd>(parse_netlink(message(type, Datagram(4), 17, flags)));
  };
  CHECK(end(NLMSG_DONE, 0).sequence == 17);
  CHECK(end(NLMSG_DONE, 0).consistent);
  CHECK_FALSE(end(NLMSG_DONE, NLM_F_DUMP_INTR).consistent);
  CHECK_FALSE(end(NLMSG_ERROR, 0).consistent);
}

TEST_CASE("cut short anywhere, nothing beyond the end is read") {
  Datagram whole = message(RTM_NEWADDR, address("192.0.2.7"));
  const Datagram second = message(RTM_NEWROUTE, route(0, RTN_UNICAST, 2));
  whole.insert(whole.end(), second.begin(), second.end());
  CHECK(parse_netlink(whole).size() == 2);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Datagram part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(parse_netlink(part).size() < 2);
  }
}

TEST_CASE("wrong lengths and noise end the reading, not the process") {
  std::minstd_rand random(1);
  const Datagram good = message(RTM_NEWADDR, address("192.0.2.7"));
  for (int round = 0; round < 20'000; ++round) {
    Datagram bad = good;
    bad.insert(bad.end(), good.begin(), good.end());
    for (int i = 0; i < 3; ++i)
      bad[random() % bad.size()] = static_cast<std::byte>(random());
    CHECK(parse_netlink(bad).size() <= 2);
  }
  CHECK(parse_netlink(Datagram(4096)).empty());
}
