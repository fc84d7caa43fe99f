#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// Screenshots by way of a stand-in for the desktop's portal, on a real bus.
#include "daemon/desktop/screen.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include <doctest/doctest.h>

#include "tests/loop/desktop_bench.hpp"

using namespace gv;
using desktop::File;
using test::Neighbour;
using test::run_until;

namespace {

struct World {
  test::PrivateBus bus;
  asio::io_context io;
  desktop::Screen screen;
  std::optional<std::variant<File, Failure>> outcome;

  explicit World(std::chrono::milliseconds limit = std::chrono::seconds(60)) : screen(io, limit) {}

  std::unique_ptr<Neighbour> portal(std::vector<std::string> flags = {}) {
    return std::make_unique<Neighbour>(io, GV_PORTAL, std::move(flags));
  }
  void take() {
    outcome.reset();
    screen.take([this](std::variant<File, Failure> taken) { outcome = std::move(taken); });
    CHECK_FALSE(outcome);
  }
  bool came() {
    const bool here = run_until(io, [this] { return outcome.has_value(); });
    CHECK(here);
    return here;
  }
  Failure failure() {
    if (!came() || !std::holds_alternative<Failure>(*outcome)) return {};
    return std::get<Failure>(*outcome);
  }
  std::string content() {
    if (!came() || !std::holds_alternative<File>(*outcome)) return "no file";
    std::string bytes(100, '\0');
    const ssize_t got = ::read(std::get<File>(*outcome).get(), bytes.data(), bytes.size());
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
  }
  // In a folder that is the desktop's own, not a temporary one.
  std::string picture(const std::string& folder, const std::string& name) const {
    std::filesystem::create_directories(folder);
    std::ofstream(folder + '/' + name) << "pixels";
    return folder + '/' + name;
  }
};

}  // namespace

TEST_CASE("a picture of the screen, and a temporary file is not left lying about") {
  World w;
  const auto portal = w.portal();
  const std::string file = w.picture(w.bus.folder(), "Screen shot.png");
  w.take();
  portal->hears("register org.geminivoice.Voice1\n");
  portal->hears("screenshot /org/freedesktop/portal/desktop/request/1_");
  portal->does("answer 0 file://" + w.bus.folder() + "/Screen%20shot.png");
  CHECK(w.content() == "pixels");
  CHECK_FALSE(std::filesystem::exists(file));
  CHECK(run_until(w.io, [] { return test::connections() == 1; }));
}

TEST_CASE("one that the desktop keeps for the user stays") {
  World w;
  const auto portal = w.portal();
  const std::string folder = std::filesystem::current_path().string() + "/screen_test_pictures";
  const std::string file = w.picture(folder, "a.png");
  w.take();
  portal->hears("screenshot ");
  portal->does("answer 0 file://" + file);
  CHECK(w.content() == "pixels");
  CHECK(std::filesystem::exists(file));
  std::filesystem::remove_all(folder);
}

TEST_CASE("portals that know no register, and choose the request's path") {
  World w;
  const auto portal = w.portal({"old"});
  const std::string file = w.picture(w.bus.folder(), "a.png");
  w.take();
  portal->hears("/t1234\n");
  portal->does("answer 0 file://" + file);
  CHECK(w.content() == "pixels");
}

TEST_CASE("refusals, by the user or otherwise") {
  World w;
  const auto portal = w.portal();
  w.take();
  portal->hears("screenshot ");
  portal->does("answer 1 -");
  CHECK(w.failure().error == Error::tool_denied);
  w.take();
  portal->hears("screenshot ");
  portal->does("answer 2 -");
  CHECK(w.failure().error == Error::tool_denied);
  CHECK(w.failure().message.find("permissions") != std::string::npos);
}

TEST_CASE("answers that hold no picture") {
  World w;
  const auto portal = w.portal();
  const std::string folder = w.bus.folder();
  std::filesystem::create_symlink(w.picture(folder, "real.png"), folder + "/link.png");
  REQUIRE(::mkfifo((folder + "/fifo").c_str(), 0600) == 0);
  for (const std::string& uri :
       {std::string("http://example.org/a.png"), "file://" + folder + "/none", "file://" + folder,
        "file://" + folder + "/link.png", "file://" + folder + "/fifo",
        std::string("file:///a%00b")}) {
    CAPTURE(uri);
    w.take();
    portal->hears("screenshot ");
    portal->does("answer 0 " + uri);
    CHECK(w.failure().error == Error::device_unavailable);
  }
  CHECK(std::filesystem::exists(folder + "/real.png"));
}

TEST_CASE("only the portal that was asked can answer") {
  World w;
  const auto portal = w.portal();
  const auto intruder = w.portal({"nameless"});
  const std::string file = w.picture(w.bus.folder(), "a.png");
  w.take();
  portal->hears("screenshot ");
  portal->hears("\n");
  const auto at = portal->said.find("/org/freedesktop");
  const std::string request = portal->said.substr(at, portal->said.find('\n', at) - at);
  // /org/freedesktop/portal/desktop/request/1_5/token is that of :1.5.
  std::string victim = request.substr(0, request.rfind('/'));
  victim = ':' + victim.substr(victim.rfind('/') + 1);
  victim.replace(victim.find('_'), 1, ".");
  intruder->does("forge " + request + ' ' + victim + " 0 file:///etc/passwd");
  portal->does("answer 0 file://" + file);
  CHECK(w.content() == "pixels");
}

TEST_CASE("a portal that does not answer is left, and its question closed") {
  World w(std::chrono::milliseconds(700));
  const auto portal = w.portal();
  w.take();
  portal->hears("screenshot ");
  CHECK(w.failure().error == Error::tool_denied);
  CHECK(w.failure().message.find("in time") != std::string::npos);
  portal->hears("close /org/freedesktop/portal/desktop/request/");
}

TEST_CASE("one at a time; cancelled, who waits for it is told") {
  World w;
  const auto portal = w.portal();
  w.take();
  portal->hears("screenshot ");
  std::optional<std::variant<File, Failure>> second;
  w.screen.take([&second](std::variant<File, Failure> taken) { second = std::move(taken); });
  CHECK(run_until(w.io, [&second] { return second.has_value(); }));
  CHECK(std::get<Failure>(*second).error == Error::busy);
  w.screen.cancel();
  CHECK_FALSE(w.outcome);
  CHECK(w.failure().error == Error::tool_denied);
  CHECK(w.failure().message.find("not wanted any more") != std::string::npos);
  portal->hears("close ");
  portal->does("answer 0 file:///etc/passwd");
  CHECK(run_until(w.io, [] { return test::connections() == 1; }));
  CHECK(w.failure().error == Error::tool_denied);
  w.outcome.reset();
  w.screen.cancel();  // nothing is
  w.take();
  w.screen.cancel();  // before the portal was asked
  CHECK(w.failure().error == Error::tool_denied);
  const std::string file = w.picture(w.bus.folder(), "a.png");
  w.take();
  portal->hears("screenshot ");
  portal->does("answer 0 file://" + file);
  CHECK(w.content() == "pixels");
}

TEST_CASE("no portal, one without screenshots, one that ends, no bus") {
  World w;
  w.take();
  CHECK(w.failure().error == Error::device_unavailable);
  CHECK(w.failure().message.starts_with("no portal here takes screenshots: "));
  auto portal = w.portal({"blind"});
  w.take();
  CHECK(w.failure().error == Error::device_unavailable);
  portal = nullptr;
  portal = w.portal();
  w.bus.kill();
  w.take();
  CHECK(w.failure().error == Error::device_unavailable);
}
