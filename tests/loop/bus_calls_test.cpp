#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// Calls that are answered later: images and screenshots.
#include <future>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "tests/loop/bus_client.hpp"

using namespace gv;
using test::World;

namespace {

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const sdbus::Error& e) {
    return e.getName() + ": " + e.getMessage();
  }
  return "none";
}

int file_with(const std::string& bytes) {
  const int fd = ::memfd_create("picture", MFD_CLOEXEC);
  REQUIRE(::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  REQUIRE(::lseek(fd, 0, SEEK_SET) == 0);
  return fd;
}

// What a second client's call comes to.
template <class Function>
std::future<std::string> elsewhere(Function call) {
  return std::async(std::launch::async, [call] {
    const auto connection = sdbus::createSessionBusConnection();
    test::Client client(*connection);
    return error_of([&] { call(client); });
  });
}

// Waits until the session has `count` calls to answer.
void await_calls(World& w, std::size_t count) {
  const auto deadline = std::chrono::steady_clock::now() + test::patience;
  while (w.service.on_loop([&w] { return w.service.control.pending.size(); }) < count) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    ::poll(nullptr, 0, 1);
  }
}

}  // namespace

TEST_CASE("an image reaches the session through its descriptor, and is answered when it is done") {
  World w;
  std::vector<std::string> calls;
  w.service.on_loop([&] {
    w.service.control.on_call = [&calls](const std::string& call) {
      if (call != "status") calls.push_back(call);
    };
  });
  auto outcome = elsewhere([](test::Client& client) {
    client.SendImage(sdbus::UnixFd{file_with("picture"), sdbus::adopt_fd}, "image/png", {});
  });
  await_calls(w, 1);
  CHECK(w.client.State() == "idle");  // nobody waits for it but its caller
  CHECK(outcome.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
  w.service.on_loop([&w] { w.service.control.pending.at(0)({}); });
  CHECK(outcome.get() == "none");
  CHECK(w.service.on_loop([&] { return calls; }) ==
        std::vector<std::string>{"send_image image/png picture"});

  // An answer that comes twice is one; a failure is the contract's error.
  outcome = elsewhere([](test::Client& client) { client.SendScreenshot({}); });
  await_calls(w, 2);
  w.service.on_loop([&w] {
    w.service.control.pending.at(0)({});
    w.service.control.pending.at(1)({Error::tool_denied, "the user refused."});
    w.service.control.pending.at(1)({});
  });
  CHECK(outcome.get() == "org.geminivoice.Voice1.Error.ToolDenied: the user refused.");
}

TEST_CASE("what is refused at once is answered at once") {
  World w;
  w.service.on_loop([&w] {
    w.service.control.on_call = [](const std::string& call) {
      if (call == "send_screenshot") throw FailureError(Error::not_running, "no session runs.");
      if (call.starts_with("send_image")) throw 42;
    };
  });
  CHECK(error_of([&w] { w.client.SendScreenshot({}); }) ==
        "org.geminivoice.Voice1.Error.NotRunning: no session runs.");
  CHECK(error_of([&w] {
          w.client.SendScreenshot({{"x", sdbus::Variant{true}}});
        }).starts_with("org.geminivoice.Voice1.Error.InvalidArgument: unknown option 'x'"));
  const auto image = [&w](const std::string& mime_type) {
    return error_of([&] {
      w.client.SendImage(sdbus::UnixFd{file_with("x"), sdbus::adopt_fd}, mime_type, {});
    });
  };
  CHECK(image("text/html").starts_with("org.geminivoice.Voice1.Error.InvalidArgument: the MIME"));
  CHECK(image("image/" + std::string(200, 'x')).find("InvalidArgument") != std::string::npos);
  CHECK(image("image/png").starts_with("org.freedesktop.DBus.Error.Failed: SendImage failed"));
}

TEST_CASE("who keeps asking without end is told that it is busy") {
  World w;
  sd_bus* flood = nullptr;
  REQUIRE(sd_bus_open_user(&flood) >= 0);
  constexpr std::size_t most = 32;
  for (std::size_t i = 0; i < most; ++i) {
    sd_bus_message* m = nullptr;
    REQUIRE(sd_bus_message_new_method_call(flood, &m, bus::bus_name, bus::object_path,
                                           bus::interface_name, "SendScreenshot") >= 0);
    REQUIRE(sd_bus_message_append(m, "a{sv}", 0) >= 0);
    REQUIRE(sd_bus_send(flood, m, nullptr) >= 0);
    sd_bus_message_unref(m);
  }
  REQUIRE(sd_bus_flush(flood) >= 0);
  await_calls(w, most);
  CHECK(error_of([&w] {
          w.client.SendScreenshot({});
        }).starts_with("org.geminivoice.Voice1.Error.Busy: 32 calls wait"));
  w.service.on_loop([&w] { w.service.control.pending.at(5)({}); });
  auto outcome = elsewhere([](test::Client& client) { client.SendScreenshot({}); });
  await_calls(w, most + 1);
  w.service.on_loop([&w] { w.service.control.pending.at(most)({}); });
  CHECK(outcome.get() == "none");
  sd_bus_flush_close_unref(flood);
}

TEST_CASE("an answer that comes after the service's end hurts nobody") {
  World w;
  auto outcome = elsewhere([](test::Client& client) { client.SendScreenshot({}); });
  await_calls(w, 1);
  w.service.stop_service();
  CHECK(outcome.get().find("NoReply") != std::string::npos);
  w.service.on_loop([&w] { w.service.control.pending.at(0)({}); });
}
