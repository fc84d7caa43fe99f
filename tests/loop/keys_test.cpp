// The sources of the API key that take a while: a command of the user's, and a real keyring.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "daemon/keys/finder.hpp"
#include "daemon/keys/keyring.hpp"
#include "daemon/util/memory_file.hpp"
#include "tests/loop/bus_support.hpp"
#include "tests/loop/children.hpp"
#include "tests/support/keyring.hpp"

using namespace gv;
using test::children_of_ours;
using test::run_until;

namespace {

const std::string key = "AIzaSyKeyOfThisTest0123456789abcdefghij";

std::string words(const std::variant<config::ApiKey, Failure>& result) {
  if (const auto* failure = std::get_if<Failure>(&result)) {
    CHECK(failure->error == Error::no_api_key);
    CHECK(failure->message.find(key) == std::string::npos);
    CHECK(failure->message.find("Try: ") != std::string::npos);
    return failure->message;
  }
  const auto& found = std::get<config::ApiKey>(result);
  return found.source + ": " + std::string(found.key.reveal());
}

struct World {
  World() { ::setenv("GV_LIBEXEC_DIR", GV_LIBEXEC_FOLDER, 1); }

  std::string script(const std::string& text) const {
    const std::string file = folder.path + "/script";
    std::ofstream(file) << "#!/bin/sh\n" << text << '\n';
    REQUIRE(::chmod(file.c_str(), 0700) == 0);
    return file;
  }
  // What comes of it, in words.
  std::string find(const config::Api& api) {
    std::optional<std::variant<config::ApiKey, Failure>> later;
    CHECK_FALSE(finder.find(api, [&later](auto found) { later = std::move(found); }));
    CHECK_FALSE(later);  // never from within
    run_until(io, [&later] { return later.has_value(); });
    return words(*later);
  }
  std::string by_command(const std::string& text) {
    config::Api api;
    api.key_command = {script(text)};
    return find(api);
  }

  test::Folder folder;
  asio::io_context io;
  std::vector<std::string> environment{"PATH=/usr/local/bin:/usr/bin:/bin",
                                       "HOME=" + folder.path,
                                       "GNUPGHOME=/keys",
                                       "NOTIFY_SOCKET=/none",
                                       "MINE=1",
                                       "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent"};
  keys::Finder finder{io, environment};
};

}  // namespace

TEST_CASE("a command prints the key") {
  World world;
  const std::string source = "the command " + world.folder.path + "/script (api.key_command)";
  CHECK(world.by_command("echo " + key) == source + ": " + key);
  config::Api api;
  api.key_command = {"~/script"};
  world.script("cd; pwd");
  CHECK(world.find(api) == "the command ~/script (api.key_command): " + world.folder.path);
  CHECK(children_of_ours().empty());
}

TEST_CASE("it sees what password managers need, and nothing else of ours") {
  World world;
  const std::string seen = world.by_command("echo \"$GNUPGHOME$NOTIFY_SOCKET$MINE:$HOME\"");
  CHECK(seen.ends_with(": /keys:" + world.folder.path));
}

TEST_CASE("a command that does not give the key is told of without a word of its own") {
  World world;
  CHECK(world.by_command("echo no " + key + " >&2; exit 3")
            .find("ended with status 3; its complaint is not shown") != std::string::npos);
  CHECK(world.by_command("kill -9 $$").find("ended by signal 9") != std::string::npos);
  CHECK(world.by_command("true").find("is empty") != std::string::npos);
  CHECK(world.by_command("echo " + key + "; echo " + key).find("holds spaces") !=
        std::string::npos);
  CHECK(world.by_command("yes " + key + " | head -c 100000").find("printed more than a key") !=
        std::string::npos);
  config::Api api;
  api.key_command = {"no-such-program-here"};
  CHECK(world.find(api).find("was not found in PATH") != std::string::npos);
}

TEST_CASE("what answers at once goes first, and a command is not run") {
  World world;
  config::Api api;
  api.key_command = {world.script("touch ran; echo " + key)};
  api.key_file = world.folder.path + "/none";
  CHECK_THROWS_AS(world.finder.find(api, [](auto) {}), FailureError);
  api.key_file = world.folder.path + "/key";
  std::ofstream(api.key_file) << "in-the-file";
  ::chmod(api.key_file.c_str(), 0600);
  const auto found = world.finder.find(api, [](auto) {});
  REQUIRE(found);
  CHECK(found->key.reveal() == "in-the-file");
  CHECK(children_of_ours().empty());
  CHECK_THROWS_AS(world.finder.find({}, [](auto) {}), FailureError);
}

TEST_CASE("the loop goes on meanwhile, and a search that is cancelled leaves nothing") {
  World world;
  test::Ticker ticker(world.io);
  CHECK(world.by_command("sleep 0.3; echo " + key).ends_with(key));
  CHECK(ticker.ticks() > 5);
  config::Api api;
  api.key_command = {world.script("sleep 60; echo " + key)};
  bool called = false;
  CHECK_FALSE(world.finder.find(api, [&called](auto) { called = true; }));
  world.finder.cancel();
  run_until(world.io, [] { return children_of_ours().empty(); });
  CHECK_FALSE(called);
  // The next search is instead of the one before.
  CHECK_FALSE(world.finder.find(api, [&called](auto) { called = true; }));
  CHECK(world.by_command("echo " + key).ends_with(key));
  CHECK_FALSE(called);
}

TEST_CASE("the keyring gives what was put into it; where it cannot, it is said why") {
  World world;
  test::PrivateBus bus;
  test::Folder home;
  world.environment.back() = "DBUS_SESSION_BUS_ADDRESS=" + bus.address();
  keys::Finder finder(world.io, world.environment);
  const auto find = [&] {
    config::Api api;
    api.keyring = true;
    std::optional<std::variant<config::ApiKey, Failure>> later;
    CHECK_FALSE(finder.find(api, [&later](auto found) { later = std::move(found); }));
    run_until(world.io, [&later] { return later.has_value(); });
    return words(*later);
  };
  const auto store = [&] {
    const MemoryFile input(key);
    tools::Runner runner(world.io);
    std::optional<tools::RunOutcome> outcome;
    runner.run(keys::keyring_store(world.environment, input.get()),
               [&outcome](tools::RunOutcome ended) { outcome = std::move(ended); });
    run_until(world.io, [&outcome] { return outcome.has_value(); });
    return keys::judge_store(*outcome);
  };
  CHECK(find().starts_with("there is no keyring (api.keyring) on the session bus"));
  CHECK(std::get<keys::NotStored>(store()).no_service);
  {
    const test::Keyring keyring(home.path, bus.address(), true);
    CHECK(find().starts_with("the keyring (api.keyring) holds no API key of gemini-voice"));
    CHECK(std::holds_alternative<std::monostate>(store()));
    CHECK(find() == "the keyring: " + key);
  }
  const test::Keyring keyring(home.path, bus.address(), false);
  const std::string locked = find();
  CHECK_MESSAGE(locked ==
                    "the keyring (api.keyring) gave no API key: it is locked, and was not "
                    "unlocked. Try: unlock it, or gemini-voicectl config set-key",
                locked);
}

TEST_CASE("a keyring whose question nobody answers is given up with a reason") {
  tools::RunOutcome outcome{.end = tools::RunOutcome::End::timed_out};
  CHECK(words(keys::judge_lookup(outcome))
            .find("did not answer within 2 minutes; it may be locked") != std::string::npos);
}
