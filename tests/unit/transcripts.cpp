// A conversation as Markdown.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cstdlib>
#include <ctime>

#include <doctest/doctest.h>

#include "daemon/transcripts/markdown.hpp"

using namespace gv;
using session::Role;

TEST_CASE("who said what, and when; words are words, whatever they look like") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  session::SessionInfo info;
  info.id = "0123456789abcdef";
  info.profile = "support";
  info.model = "gemini-3.8-live";
  info.time_us = 1'800'000'000'000'000;
  const auto text =
      transcripts::to_markdown(info,
                               {{1'800'000'001'000'000, Role::model, "Welcome", true},
                                {1'800'000'002'000'000, Role::user, "# <b>*hi*\nthere", false},
                                {1'800'000'003'000'000, Role::tool, "note {}", false}},
                               0);
  CHECK(text ==
        "# Conversation of 2027-01-15 08:00 UTC\n\n"
        "- Profile: support\n- Model: gemini-3.8-live\n- Session: 0123456789abcdef\n\n"
        "**Gemini** (08:00:01): Welcome *(interrupted)*\n\n"
        "**You** (08:00:02): \\# \\<b\\>\\*hi\\* there\n\n"
        "**Tool** (08:00:03): note {}\n");
  CHECK(transcripts::name_time(info.time_us) == "2027-01-15-080000");
  CHECK(transcripts::to_markdown(info, {}, 7).find("7 earlier entries") != std::string::npos);
}
