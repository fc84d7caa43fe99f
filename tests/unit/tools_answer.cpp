// What a program that has run comes to.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <csignal>
#include <string>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "daemon/tools/answer.hpp"

using namespace gv;
using namespace std::chrono_literals;
using tools::RunOutcome;
using End = RunOutcome::End;

namespace {

tools::Result answer(const RunOutcome& outcome) {
  auto result = tools::answer(outcome, 30s);
  const auto object = boost::json::parse(result.response).as_object();
  CHECK(object.contains("error") == result.failed);
  CHECK(result.pictures.empty());
  return result;
}

}  // namespace

TEST_CASE("a good end is its output, as text") {
  const auto result = answer({.output = "12 \xc3\xa4\n{\"a\":1}"});
  CHECK_FALSE(result.failed);
  CHECK(result.response == "{\"output\":\"12 \xc3\xa4\\n{\\\"a\\\":1}\"}");
  CHECK(answer({}).response == R"({"output":""})");
  CHECK(answer({.output = "x", .errors = "a warning"}).response == R"({"output":"x"})");
}

TEST_CASE("output that was cut says so, and is cut between characters") {
  CHECK(answer({.output = "ab\xe2\x82", .output_cut = true}).response ==
        R"({"output":"ab\n[cut here: the output was longer than 4 bytes]"})");
}

TEST_CASE("any other end is an error that says which") {
  CHECK(answer({.status = 3, .output = "half", .errors = "one\nno such sink\n"}).response ==
        R"({"error":"exit status 3: one no such sink","output":"half"})");
  CHECK(answer({.status = 1}).response == R"({"error":"exit status 1"})");
  CHECK(answer({.end = End::signalled, .status = SIGSEGV}).response ==
        R"x({"error":"ended by signal 11 (SIGSEGV)"})x");
  CHECK(answer({.end = End::timed_out, .output = "so far"}).response ==
        R"({"error":"it did not end within 30 s and was ended","output":"so far"})");
  CHECK(answer({.end = End::not_started, .why = "the program x was not found"}).response ==
        R"({"error":"it could not be started: the program x was not found"})");
}

TEST_CASE("binary output is told, not sent") {
  CHECK(answer({.output = {"\x89PNG\0", 5}}).response ==
        R"({"error":"its output is not text but 5 bytes of binary data"})");
  CHECK(answer({.output = "a\xff here", .output_cut = true}).response ==
        R"({"error":"its output is not text but 7 bytes or more of binary data"})");
  CHECK(answer({.status = 2, .output = "\xff"}).response == R"({"error":"exit status 2"})");
}

TEST_CASE("what a program complains of is bounded and valid whatever it is") {
  const auto result = answer({.status = 1, .errors = std::string(4000, '\xff') + "end"});
  CHECK(result.response.size() < 2000);
  CHECK(result.response.find("end\"}") != std::string::npos);
  CHECK(tools::failed(std::string(100'000, 'x')).response.size() < 2100);
}

TEST_CASE("times are told in seconds where they are whole") {
  CHECK(tools::in_words(30s) == "30 s");
  CHECK(tools::in_words(1500ms) == "1500 ms");
}
