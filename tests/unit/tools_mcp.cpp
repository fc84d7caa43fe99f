// The Model Context Protocol, as far as it needs no server: lines, messages, lists and results.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/tools/mcp_message.hpp"
#include "daemon/tools/mcp_results.hpp"
#include "daemon/tools/mcp_tools.hpp"

using namespace gv;
using namespace gv::tools;
using Kind = mcp::Message::Kind;
namespace json = boost::json;

namespace {

mcp::Message one(std::string_view line) {
  auto messages = mcp::parse_line(line);
  REQUIRE(messages.size() == 1);
  return std::move(messages[0]);
}

json::object object(std::string_view text) {
  return json::parse(text).as_object();
}

Result result(std::string_view text) {
  auto result = mcp::call_result(object(text));
  CHECK(object(result.response).contains("error") == result.failed);
  return result;
}

config::McpServer server(std::vector<std::string> tools = {"*"}) {
  config::McpServer config;
  config.tools = std::move(tools);
  return config;
}

}  // namespace

TEST_CASE("bytes become lines, however they come") {
  const std::string text = "{\"a\":1}\r\n\n\r\nb\nrest";
  for (const std::size_t size : {1UL, 3UL, 100UL}) {
    mcp::LineReader reader;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size(); at += size) {
      CHECK(reader.feed(std::string_view(text).substr(at, size), [&lines](std::string_view line) {
        lines.emplace_back(line);
        return true;
      }));
    }
    CHECK(lines == std::vector<std::string>{"{\"a\":1}", "b"});
  }
}

TEST_CASE("a line without end is refused when it is too long, and a reader can be stopped") {
  mcp::LineReader reader(10);
  int lines = 0;
  const auto count = [&lines](std::string_view) { return ++lines < 3; };
  CHECK(reader.feed("0123456789\n01234", count));
  CHECK(reader.feed("56789", count));
  CHECK_FALSE(reader.feed("x", count));
  CHECK(lines == 1);
  mcp::LineReader other;
  CHECK_FALSE(other.feed("a\nb\nc\nd\n", count));
  CHECK(lines == 3);
}

TEST_CASE("messages are told apart") {
  const auto request = one(R"({"jsonrpc":"2.0","id":"x","method":"ping"})");
  CHECK(request.kind == Kind::request);
  CHECK(mcp::answer_to(request.id, {}) == "{\"id\":\"x\",\"result\":{},\"jsonrpc\":\"2.0\"}\n");
  const auto notice = one(R"({"method":"notifications/progress","params":{"progressToken":4}})");
  CHECK(notice.kind == Kind::notification);
  CHECK(notice.body.at("progressToken") == 4);
  const auto good = one(R"({"id":7,"result":{"a":[1]}})");
  CHECK(good.kind == Kind::response);
  CHECK(good.answers == 7);
  CHECK_FALSE(good.error);
  const auto bad = one(R"({"id":8,"error":{"code":-32602,"message":"no\nsuch"}})");
  REQUIRE(bad.error);
  CHECK(bad.error->code == -32602);
  CHECK(bad.error->message == "no such");
  CHECK(one(R"({"id":9,"result":3})").error);
  CHECK(one(R"({"id":9,"error":3})").error);
  const auto batch = mcp::parse_line(R"([{"id":1,"result":{}},{"method":"m"},5])");
  REQUIRE(batch.size() == 3);
  CHECK(batch[1].kind == Kind::notification);
  CHECK(batch[2].kind == Kind::unfit);
}

TEST_CASE("what is no message is unfit, never more") {
  std::string deep(1000, '[');
  std::string wide = R"({"id":1,"result":{"a":[0)";
  for (int i = 0; i < 200'000; ++i)
    wide += ",0";
  wide += "]}}";
  std::string prose = R"({"id":1,"result":{"a":"\"\\)" + std::string(200'000, ',') + "\"}}";
  CHECK(one(prose).kind == Kind::response);
  for (const std::string& line :
       {std::string("garbage"), std::string("[]"), std::string("5"), deep, wide, std::string("\""),
        std::string(R"({"id":"x","result":{}})"), std::string(R"({"id":1.5,"result":{}})"),
        std::string(R"({"result":{}})"), std::string(R"({"id":null,"method":"m"})"),
        std::string(R"({"id":{},"method":"m"})"), std::string(R"({"method":5})"),
        R"({"method":")" + std::string(1000, 'm') + "\"}",
        R"({"id":")" + std::string(1000, 'm') + R"(","method":"m"})", std::string("\xff{}")}) {
    CHECK(one(line).kind == Kind::unfit);
    CHECK_FALSE(one(line).method.empty());
  }
  std::string batch = "[1";
  for (int i = 0; i < 100; ++i)
    batch += ",1";
  CHECK(mcp::parse_line(batch + "]").size() == 1);
}

TEST_CASE("what we say is a line of JSON") {
  CHECK(
      mcp::request(3, "tools/call", {{"name", "a\nb"}}) ==
      "{\"id\":3,\"method\":\"tools/call\",\"params\":{\"name\":\"a\\nb\"},\"jsonrpc\":\"2.0\"}\n");
  CHECK(mcp::notification("n") == "{\"method\":\"n\",\"params\":{},\"jsonrpc\":\"2.0\"}\n");
  CHECK(mcp::refusal_of(1, -32601, "no") ==
        "{\"id\":1,\"error\":{\"code\":-32601,\"message\":\"no\"},\"jsonrpc\":\"2.0\"}\n");
}

TEST_CASE("names fit the service, and no two are the same") {
  CHECK(mcp::fitting_name("files", "read_text-file") == "files_read_text-file");
  CHECK(mcp::fitting_name("9 s", "a.b/\xc3\xa4") == "_9_s_a_b___");
  CHECK(mcp::fitting_name("s", std::string(500, 'x')).size() == 63);
}

TEST_CASE("a picture that is left out is told of where the words are") {
  const auto left_out = [](bool failed, const std::string& response) {
    tools::Result result{.failed = failed, .response = response};
    mcp::leave_picture_out(result, "why");
    return result.response;
  };
  const std::string words = "[a picture was left out: why]";
  CHECK(left_out(false, R"({"output":""})") == R"({"output":")" + words + "\"}");
  CHECK(left_out(false, R"({"output":{"a":1}})") ==
        R"({"output":{"a":1},"text":")" + words + "\"}");
  CHECK(left_out(true, R"({"error":"no"})") == R"({"error":"no\n)" + words + "\"}");
}

TEST_CASE("a name is given once") {
  mcp::Names names;
  names.take("a_3");
  const std::string longest(63, 'n');
  CHECK(names.free("a") == "a");
  CHECK(names.free("a") == "a_2");
  CHECK(names.free("a") == "a_4");
  CHECK(names.free(longest) == longest);
  CHECK(names.free(longest) == std::string(55, 'n') + "_2");
  // However many begin alike, each is found at once.
  std::set<std::string> given;
  for (int i = 0; i < 100'000; ++i)
    given.insert(names.free(longest));
  CHECK(given.size() == 100'000);
  CHECK(given.count(longest) == 0);
}

TEST_CASE("tools are listed page by page, those that are allowed") {
  auto config = server({"a", "b.c", "b/c", "absent"});
  config.policy.blocking = true;
  mcp::ToolPages pages("srv", config);
  CHECK(pages.add(object(R"({"tools":[{"name":"a","description":"does\na","inputSchema":
      {"type":"object","properties":{"x":{"type":"number"}},"required":["x"]}},
      {"name":"a"},{"name":"secret"},{"description":"nameless"},5],"nextCursor":"2"})")) == "2");
  CHECK_FALSE(pages.add(object(R"({"tools":[{"name":"b.c","title":"T"},{"name":"b/c"}]})")));
  CHECK(pages.remark() ==
        "it has no usable tool absent; 2 of its tools are not described as they should be");
  const auto tools = pages.take();
  REQUIRE(tools.size() == 3);
  CHECK(tools[0].function.name == "srv_a");
  CHECK(tools[0].function.description == "does a");
  CHECK(tools[0].function.blocking);
  CHECK(tools[0].arguments.mismatch({}));
  CHECK(tools[1].name == "b.c");
  CHECK(tools[1].function.name == "srv_b_c");
  CHECK(tools[1].function.description == "T");
  CHECK(tools[2].function.name == "srv_b_c");
  CHECK(tools[2].function.description == "b/c");
  CHECK(tools[2].function.parameters.empty());
}

TEST_CASE("a list without end has one") {
  SUBCASE("the same cursor again") {
    mcp::ToolPages pages("s", server());
    const auto page = object(R"({"tools":[],"nextCursor":"again"})");
    CHECK(pages.add(page) == "again");
    CHECK_FALSE(pages.add(page));
    CHECK_FALSE(pages.remark().empty());
  }
  SUBCASE("ever new cursors") {
    mcp::ToolPages pages("s", server());
    int asked = 0;
    while (asked < 1000 &&
           pages.add({{"tools", json::array()}, {"nextCursor", std::to_string(asked)}}))
      ++asked;
    CHECK(asked < 40);
  }
  SUBCASE("too many tools") {
    mcp::ToolPages pages("s", server());
    json::array tools;
    for (int i = 0; i < 1000; ++i)
      tools.push_back(json::object{{"name", std::to_string(i)}});
    CHECK_FALSE(pages.add({{"tools", tools}, {"nextCursor", "more"}}));
    CHECK(pages.take().size() == 256);
  }
  SUBCASE("no list") {
    mcp::ToolPages pages("s", server());
    CHECK_FALSE(pages.add({}));
    CHECK_FALSE(pages.remark().empty());
  }
}

TEST_CASE("a tool whose arguments are no object cannot be called, one with strange ones can") {
  mcp::ToolPages pages("s", server());
  pages.add(object(R"({"tools":[{"name":"a","inputSchema":{"type":"string"}},
      {"name":"b","inputSchema":{"type":"object","$schema":"x","properties":{"y":{"$ref":"#/no"}}}}]})"));
  const auto tools = pages.take();
  REQUIRE(tools.size() == 1);
  CHECK(tools[0].name == "b");
}

TEST_CASE("a result is its text") {
  CHECK(result(R"({"content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]})")
            .response == R"({"output":"one\ntwo"})");
  CHECK(result("{}").response == R"({"output":""})");
  CHECK(result(R"({"content":5})").response == R"({"output":""})");
  CHECK(result(R"({"content":[{"type":"text","text":"no file"}],"isError":true})").response ==
        R"({"error":"no file"})");
  CHECK(result(R"({"isError":true})").failed);
  const auto big =
      mcp::call_result({{"content", {{{"type", "text"}, {"text", std::string(1'000'000, 'x')}}}}});
  CHECK(big.response.size() < 66'000);
  CHECK(big.response.find("[cut here") != std::string::npos);
}

TEST_CASE("structured content stays what it is, and is not said twice") {
  CHECK(result(R"({"structuredContent":{"t":33},"content":[{"type":"text","text":"{\"t\": 33}"}]})")
            .response == R"({"output":{"t":33}})");
  CHECK(result(R"({"structuredContent":{"t":33},"content":[{"type":"text","text":"hot"}]})")
            .response == R"({"output":{"t":33},"text":"hot"})");
  const auto big = mcp::call_result({{"structuredContent", {{"x", std::string(100'000, 'x')}}}});
  CHECK(big.response.size() < 100);
}

TEST_CASE("pictures are taken, what cannot be taken is described") {
  const auto good = result(R"({"content":[{"type":"image","mimeType":"image/png","data":"iVBO"},
                                          {"type":"image","mimeType":"image/jpg","data":"AAAA"}]})");
  CHECK(good.response == R"({"output":"[picture 1]\n[picture 2]"})");
  REQUIRE(good.pictures.size() == 2);
  CHECK(good.pictures[0].bytes == "\x89PN");
  CHECK(good.pictures[1].mime_type == "image/jpeg");
  const auto bad = result(R"({"content":[
      {"type":"image","mimeType":"image/svg+xml","data":"AAAA"},
      {"type":"image","mimeType":"image/png","data":"?"},
      {"type":"image","mimeType":"image/png"},
      {"type":"audio","mimeType":"audio/wav","data":"AAAA"},
      {"type":"resource_link","uri":"file:///a","name":"a"},
      {"type":"resource","resource":{"uri":"x:1","text":"inside"}},
      {"type":"resource","resource":{"uri":"x:2","blob":"AAAA","mimeType":"b/c"}},
      {"type":"new"}, 5]})");
  CHECK(bad.pictures.empty());
  CHECK(object(bad.response).at("output") ==
        "[a picture of a type that cannot be shown: image/svg+xml]\n"
        "[a picture whose data is not base64]\n[a picture whose data is not base64]\n"
        "[a sound, which cannot be heard here: audio/wav]\n[a link: file:///a a]\n"
        "[resource x:1]\ninside\n[resource x:2]\n[its content is binary: b/c]\n"
        "[a part of unknown type new]\n[a part that is no object]");
  json::array many;
  for (int i = 0; i < 10; ++i)
    many.push_back(json::object{{"type", "image"}, {"mimeType", "image/gif"}, {"data", "AAAA"}});
  CHECK(mcp::call_result({{"content", many}}).pictures.size() == 4);
  const json::object huge{
      {"type", "image"}, {"mimeType", "image/gif"}, {"data", std::string(9'000'000, 'A')}};
  CHECK(mcp::call_result({{"content", {huge}}}).pictures.empty());
}
