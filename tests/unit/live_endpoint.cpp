#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "daemon/live/endpoint.hpp"
#include "daemon/util/error.hpp"

using gv::live::make_endpoint;

TEST_CASE("the service's own address") {
  const auto endpoint = make_endpoint("wss://generativelanguage.googleapis.com", "v1beta");
  CHECK(endpoint.tls);
  CHECK(endpoint.host == "generativelanguage.googleapis.com");
  CHECK(endpoint.port == "443");
  CHECK(endpoint.uri ==
        "wss://generativelanguage.googleapis.com:443/ws/"
        "google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent");
}

TEST_CASE("other hosts, ports and versions") {
  const auto plain = make_endpoint("ws://127.0.0.1:8080/", "v1alpha");
  CHECK_FALSE(plain.tls);
  CHECK(plain.host == "127.0.0.1");
  CHECK(plain.port == "8080");
  CHECK(plain.uri.find(".v1alpha.") != std::string::npos);
  CHECK(make_endpoint("ws://localhost", "v1").port == "80");
  CHECK(make_endpoint("WSS://localhost", "v1").uri.starts_with("wss://localhost:443/"));
  const auto six = make_endpoint("wss://[::1]:9", "v1");
  CHECK(six.host == "::1");
  CHECK(six.port == "9");
  CHECK(six.uri.starts_with("wss://[::1]:9/ws/"));
  CHECK(make_endpoint("wss://[::1]", "v1").port == "443");
}

TEST_CASE("what is no address is refused with what to write instead") {
  for (const auto* base : {"", "https://x", "wss://", "wss://:1", "wss://x:", "wss://x:y",
                           "wss://x/path", "wss://user@x", "x"}) {
    CAPTURE(base);
    CHECK_THROWS_WITH_AS(make_endpoint(base, "v1beta"),
                         doctest::Contains("Try: wss://generativelanguage.googleapis.com"),
                         gv::FailureError);
  }
}
