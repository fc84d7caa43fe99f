// What gemini-voice-probe is told, and what it reads out of a list of models.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "daemon/probe/errand.hpp"

using namespace gv::probe;

TEST_CASE("an errand, and what is none") {
  const Errand errand = read_errand(
      R"({"endpoint":"wss://h.example:8443","version":"v1beta","ca_file":"/c","key":"k"})");
  CHECK(listing_url(errand) == "https://h.example:8443/v1beta/models?pageSize=1000");
  CHECK(errand.key == "k");
  CHECK(listing_url(read_errand(R"({"endpoint":"ws://[::1]:80","version":"v1"})")) ==
        "http://[::1]:80/v1/models?pageSize=1000");
  for (const char* text : {"", "[]", "{\"key\":\"secret\"", R"({"endpoint":"secret"})"}) {
    CHECK_THROWS(read_errand(text));
  }
  try {
    read_errand("{\"key\":\"secret\"");
  } catch (const std::exception& e) {
    CHECK(std::string_view(e.what()).find("secret") == std::string_view::npos);
  }
}

TEST_CASE("of the models, those that converse") {
  const auto names = read_listing(
      R"({"models":[{"name":"models/a","supportedGenerationMethods":["x","bidiGenerateContent"]},)"
      R"({"name":"models/b","supportedGenerationMethods":["generateContent"]},{},7,)"
      R"({"name":"c","supportedGenerationMethods":["bidiGenerateContent"]}]})");
  REQUIRE(names);
  CHECK(*names == std::vector<std::string>{"a", "c"});
  CHECK(read_listing(R"({"models":[]})")->empty());
  CHECK_FALSE(read_listing("<html>"));
  CHECK_FALSE(read_listing(R"({"models":{}})"));
}
