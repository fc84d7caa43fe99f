// No invalid access, no use of uninitialised values and no lost memory in the daemon's life. What
// the sanitizers cannot see: the libraries it calls, and what is lost at its very end.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <csignal>

#include <doctest/doctest.h>

#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;

TEST_CASE("from start to exit, with a conversation between, valgrind has nothing to say") {
  StageOptions options;
  options.daemon.under = {GV_VALGRIND,
                          "--leak-check=full",
                          "--errors-for-leak-kinds=definite",
                          "--show-leak-kinds=definite",
                          "--num-callers=40",
                          "--error-exitcode=99",
                          "--suppressions=" GV_SUPPRESSIONS};
  Stage stage(options);
  stage.start_session();
  stage.voice->say("hello");
  stage.voice->wait_for_signal("TurnCompleted");
  stage.voice->stop();
  stage.voice->wait_for_signal("SessionEnded");

  auto& daemon = stage.daemon->process();
  daemon.signal(SIGTERM);
  const auto status = daemon.wait();
  CHECK_MESSAGE(status == 0, daemon.errors());
  CHECK_MESSAGE(daemon.errors().find("ERROR SUMMARY: 0 errors") != std::string::npos,
                daemon.errors());
}
