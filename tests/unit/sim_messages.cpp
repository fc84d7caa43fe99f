// What a client says after its setup: every rule of live-api.md section 10, with a message that
// keeps it and one that breaks it.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <string>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "tests/sim/validator.hpp"

namespace {

using namespace gv::sim;
namespace json = boost::json;

// The reason of the field tables; empty where they have nothing against it.
std::string field_error(const std::string& message) {
  const Checked checked = check_fields(json::parse(message).as_object(), "v1beta");
  return checked.refusal ? checked.refusal->reason : "";
}

const std::string k_invalid = "Request contains an invalid argument.";

bool starts(const std::string& text, const std::string& beginning) {
  return text.starts_with(beginning);
}

}  // namespace

TEST_CASE("client content") {
  const auto check = [](const std::string& content, Family model, bool history = false) {
    const Checked checked =
        check_fields(json::parse(R"({"clientContent":)" + content + "}").as_object(), "v1beta");
    if (checked.refusal) return checked.refusal->reason;
    const auto refusal =
        check_client_content(checked.message.at("client_content").as_object(), model, history);
    return refusal ? refusal->reason : std::string();
  };
  const std::string turn =
      R"({"turns":[{"role":"user","parts":[{"text":"a"}]}],"turnComplete":true})";
  CHECK(check(turn, Family::live_38) == "");
  CHECK(check(R"({"turnComplete":true})", Family::live_38) == "");
  CHECK(check(turn, Family::live_31) == k_invalid);
  CHECK(check(turn, Family::live_31, true) == "");
  CHECK(check(R"({"turns":[{"parts":[{"text":"a"}]}]})", Family::live_38) == k_invalid);
  CHECK(check(R"({"turns":[{"parts":[{"text":"a"}]}]})", Family::native_25) == "");
  CHECK(starts(check(R"({"turns":[{"role":"system","parts":[{"text":"a"}]}]})", Family::live_38),
               "Invalid value at 'client_content.turns[0].role'"));
  CHECK(
      check(
          R"({"turns":[{"role":"user","parts":[{"text":"a","inlineData":{"mimeType":"a/b","data":"AAAA"}}]}]})",
          Family::live_38) == k_invalid);
  CHECK(check(R"({"turns":[{"role":"user","parts":[{"text":"a","thought":true}]}]})",
              Family::live_38) == "");
  CHECK(check(R"({"turnComplete":"yes"})", Family::live_38) != "");
}

TEST_CASE("real-time input") {
  const auto check = [](const std::string& input, bool manual = false, bool open = false,
                        bool legacy = false) {
    const Checked checked =
        check_fields(json::parse(R"({"realtimeInput":)" + input + "}").as_object(), "v1beta");
    if (checked.refusal) return checked.refusal->reason;
    const auto refusal = check_realtime_input(checked.message.at("realtime_input").as_object(),
                                              manual, open, legacy);
    return refusal ? refusal->reason : std::string();
  };
  const auto audio = [](const std::string& data, const std::string& mime) {
    return R"({"audio":{"data":")" + data + R"(","mimeType":")" + mime + R"("}})";
  };
  CHECK(check(audio("AAABAAIA", "audio/pcm;rate=16000")) == "");
  CHECK(check(audio("AAABAAIA", "audio/pcm; rate=48000")) == "");
  CHECK(check(audio("AAABAAIA", "audio/pcm")) == "");
  CHECK(check(audio("AAAB", "audio/pcm;rate=16000")) == k_invalid);  // 3 bytes
  CHECK(check(audio("", "audio/pcm;rate=16000")) == k_invalid);
  CHECK(check(audio("AA!B", "audio/pcm;rate=16000")) != "");
  CHECK(check(audio("AAABAAIA", "audio/wav")) == k_invalid);
  CHECK(check(R"({"audio":{"data":"AAABAAIA"}})") != "");
  CHECK(check(R"({"video":{"data":"AAAA","mimeType":"image/jpeg"}})") == "");
  CHECK(check(R"({"video":{"data":"AAAA","mimeType":"video/mp4"}})") == k_invalid);
  CHECK(check(R"({"text":"a"})") == "");
  CHECK(check(R"({"text":1})") != "");
  CHECK(check(R"({"text":"a","audioStreamEnd":true})") == k_invalid);
  CHECK(check("{}") == k_invalid);
  CHECK(check(R"({"audioStreamEnd":true})") == "");
  CHECK(check(R"({"audioStreamEnd":false})") == k_invalid);
  CHECK(check(R"({"audioStreamEnd":true})", true) == k_invalid);
  CHECK(check(R"({"activityStart":{}})", true) == "");
  CHECK(check(R"({"activityStart":{}})", true, true) == k_invalid);
  CHECK(starts(check(R"({"activityStart":{}})"), "Explicit activity control is not supported"));
  CHECK(check(R"({"activityStart":true})", true) != "");
  CHECK(check(R"({"activityEnd":{}})", true, true) == "");
  CHECK(check(R"({"activityEnd":{}})", true) == k_invalid);
  const std::string chunks = R"({"mediaChunks":[{"data":"AAAA","mimeType":"audio/pcm"}]})";
  CHECK(check(chunks) ==
        "realtime_input.media_chunks is deprecated. Use audio, video, or text instead.");
  CHECK(check(chunks, false, false, true) == "");
}

TEST_CASE("tool responses and context updates") {
  const auto response = [](const std::string& fields) {
    return field_error(R"({"toolResponse":{"functionResponses":[{)" + fields + "}]}}");
  };
  CHECK(
      response(
          R"("id":"fc-1","name":"f","response":{"output":{"a":[1]}},"scheduling":"WHEN_IDLE","willContinue":false)") ==
      "");
  CHECK(response(R"("name":"f","response":{})") != "");
  CHECK(response(R"("id":"fc-1","name":"f")") != "");
  CHECK(response(R"("id":"fc-1","response":"done")") != "");
  CHECK(response(R"("id":"fc-1","response":{},"scheduling":"INTERRUPTED")") != "");
  CHECK(response(R"("id":"fc-1","response":{},"willContinue":1)") != "");
  CHECK(
      response(
          R"("id":"fc-1","response":{},"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}])") ==
      "");
  CHECK(response(R"("id":"fc-1","response":{},"parts":[{"text":"a"}])") != "");
  CHECK(field_error(R"({"toolResponse":{"functionResponses":[]}})") != "");
  CHECK(
      field_error(
          R"({"contextUpdate":{"systemInstruction":{"parts":[{"text":"a"}]},"tools":{"tools":[]}}})") ==
      "");
  CHECK(field_error(R"({"contextUpdate":{"tools":[]}})") != "");
}

TEST_CASE("base64") {
  for (const std::string bytes : {"", "a", "ab", "abc", "\xff\xfe\xfd\xfc"}) {
    CHECK(base64_decode(base64_encode(bytes)) == bytes);
  }
  CHECK(base64_encode("ab") == "YWI=");
  CHECK(base64_decode("YWI") == "ab");
  CHECK(base64_decode("__79") == "\xff\xfe\xfd");
  CHECK(!base64_decode("YWI=="));
  CHECK(!base64_decode("Y"));
  CHECK(!base64_decode("YW I="));
}
