// Many callers, much to say, a name that is taken, a bus that is not there.
#include <atomic>
#include <chrono>
#include <future>
#include <string>

#include <doctest/doctest.h>
#include <systemd/sd-bus.h>

#include "tests/loop/bus_client.hpp"

using namespace gv;
using session::Status;
using test::patience;
using test::PrivateBus;
using test::World;

TEST_CASE("a flooding client delays neither a thousand signals, nor other callers, nor the loop") {
  World w;
  sd_bus* flood = nullptr;
  REQUIRE(sd_bus_open_user(&flood) >= 0);
  constexpr int calls = 3000;
  std::atomic<int> served = 0;
  w.service.on_loop([&w, &served] {
    w.service.control.on_call = [&served](const std::string& call) {
      if (call == "interrupt") ++served;
    };
  });
  for (int i = 0; i < calls; ++i) {
    sd_bus_message* m = nullptr;
    REQUIRE(sd_bus_message_new_method_call(flood, &m, bus::bus_name, bus::object_path,
                                           bus::interface_name, "Interrupt") >= 0);
    sd_bus_message_set_expect_reply(m, 0);
    REQUIRE(sd_bus_send(flood, m, nullptr) >= 0);
    sd_bus_message_unref(m);
  }
  REQUIRE(sd_bus_flush(flood) >= 0);
  w.service.on_loop([&w] {
    for (std::uint64_t i = 0; i < 1000; ++i) {
      w.service.control.observer->transcript_delta(i, session::Role::model, "x");
    }
  });
  CHECK(w.client.State() == "idle");
  const auto& heard = w.client.await(1000);
  REQUIRE(heard.size() == 1000);
  CHECK(heard.front() == "delta 0 model x");
  CHECK(heard.back() == "delta 999 model x");
  sd_bus_flush_close_unref(flood);
  // The bus keeps order only within one sender, so the flood may end later than our own calls.
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (served < calls && std::chrono::steady_clock::now() < deadline)
    w.client.State();
  CHECK(served == calls);
}

TEST_CASE("signals beyond the socket's buffer arrive without further traffic") {
  World w;
  const std::string big(8 << 20, 'z');  // sd-bus asks for a buffer of 8 MiB
  w.service.on_loop([&w, &big] {
    for (std::uint64_t turn = 0; turn < 4; ++turn) {
      w.service.control.observer->transcript_delta(turn, session::Role::model, big);
    }
  });
  REQUIRE(w.client.await(4).size() == 4);
  CHECK(w.client.heard[3].size() == big.size() + std::string("delta 3 model ").size());
}

TEST_CASE("the name taken: a clear refusal, and the first service goes on") {
  World w;
  asio::io_context io;
  test::ScriptedControl other;
  try {
    bus::Service second(io, other, [](const std::string&) {});
    FAIL("took a name that is taken");
  } catch (const FailureError& e) {
    CHECK(e.failure().error == Error::busy);
    CHECK(std::string(e.what()).find("gemini-voiced is already running") == 0);
  }
  CHECK(other.observer == nullptr);
  CHECK(w.client.State() == "idle");
}

TEST_CASE("no bus: a clear refusal") {
  PrivateBus bus;
  bus.kill();
  asio::io_context io;
  test::ScriptedControl control;
  CHECK_THROWS_WITH_AS(bus::Service(io, control, [](const std::string&) {}),
                       doctest::Contains("no D-Bus session bus"), FailureError);
}

TEST_CASE("the bus dies: the owner is told once, and signals do no harm") {
  World w;
  auto lost = w.service.lost();
  w.bus.kill();
  REQUIRE(lost.wait_for(patience) == std::future_status::ready);
  CHECK_FALSE(lost.get().empty());
  w.service.on_loop([&w] {
    w.service.control.observer->session_ended(session::EndReason::user, "late");
    w.service.control.become([](Status& s) { s.muted = true; });
  });
}

TEST_CASE("the name comes back after the service is made anew") {
  World w;
  w.service.stop_service();
  CHECK_THROWS_AS(w.client.State(), sdbus::Error);
  w.service.start_service();
  CHECK(w.client.State() == "idle");
}
