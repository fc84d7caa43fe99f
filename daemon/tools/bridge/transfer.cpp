#include "daemon/tools/bridge/transfer.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "daemon/tools/mcp_message.hpp"
#include "daemon/util/text.hpp"

namespace gv::bridge {
namespace {

constexpr std::size_t longest_refusal = 4096;  // of a body that says what was wrong
constexpr long connect_limit_ms = 10'000;
constexpr std::chrono::milliseconds farewell_limit{400};  // the daemon's patience is half a second
constexpr std::size_t longest_header = 1024;

template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  if (::curl_easy_setopt(handle, option, value) != CURLE_OK) throw std::bad_alloc();
}

// What a server says of its refusal, in a JSON-RPC error.
std::string words_of(const std::string& body) {
  std::error_code error;
  const auto value = boost::json::parse(body, error);
  if (error || !value.is_object()) return {};
  const auto* fault = value.get_object().if_contains("error");
  if (fault == nullptr || !fault->is_object()) return {};
  const auto* message = fault->get_object().if_contains("message");
  if (message == nullptr || !message->is_string()) return {};
  return ": " + printable({message->get_string().data(), message->get_string().size()}, 300);
}

}  // namespace

std::string sound_header(std::string_view value) {
  const bool sound =
      value.size() <= longest_header &&
      std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  return sound ? std::string(value) : std::string();
}

Transfer::Transfer(Kind kind, const Target& target, const Session& session, std::string body,
                   const std::string& last_id, Message message)
    : kind_(kind),
      body_(std::move(body)),
      message_(std::move(message)),
      handle_(::curl_easy_init()),
      events_(tools::mcp::longest_line) {
  if (!handle_) throw std::bad_alloc();
  CURL* const h = handle_.get();
  set(h, CURLOPT_URL, target.url.c_str());
  set(h, CURLOPT_PROTOCOLS_STR, "http,https");
  set(h, CURLOPT_NOSIGNAL, 1L);
  set(h, CURLOPT_FOLLOWLOCATION, 0L);  // the token is for this address
  set(h, CURLOPT_CONNECTTIMEOUT_MS, connect_limit_ms);
  set(h, CURLOPT_TCP_KEEPALIVE, 1L);
  set(h, CURLOPT_USERAGENT, "gemini-voice/" GV_VERSION);
  if (target.loopback) set(h, CURLOPT_PROXY, "");
  set(h, CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(h, CURLOPT_WRITEFUNCTION, &Transfer::on_bytes);
  add_header(kind == Kind::stream ? "Accept: text/event-stream"
                                  : "Accept: application/json, text/event-stream");
  if (!target.token.empty()) add_header("Authorization: Bearer " + target.token);
  if (!session.id.empty()) add_header("Mcp-Session-Id: " + session.id);
  if (!session.version.empty()) add_header("MCP-Protocol-Version: " + session.version);
  if (!last_id.empty()) add_header("Last-Event-ID: " + last_id);
  if (kind == Kind::message) {
    add_header("Content-Type: application/json");
    add_header("Expect:");
    set(h, CURLOPT_POSTFIELDS, body_.data());
    set(h, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
  } else if (kind == Kind::farewell) {
    set(h, CURLOPT_CUSTOMREQUEST, "DELETE");
    set_limit(farewell_limit);
  }
  set(h, CURLOPT_HTTPHEADER, headers_.get());
}

void Transfer::set_limit(std::chrono::milliseconds limit) {
  set(handle_.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
}

void Transfer::add_header(const std::string& line) {
  auto* const longer = ::curl_slist_append(headers_.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  if (!headers_) headers_.reset(longer);  // else it is the same list
}

long Transfer::status() const {
  long status = 0;
  ::curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

std::string Transfer::session_id() const {
  curl_header* header = nullptr;
  if (::curl_easy_header(handle_.get(), "Mcp-Session-Id", 0, CURLH_HEADER, -1, &header) !=
      CURLHE_OK) {
    return {};
  }
  return sound_header(header->value);
}

std::size_t Transfer::on_bytes(const char* data, std::size_t size, std::size_t count, void* self) {
  auto* const transfer = static_cast<Transfer*>(self);
  try {
    return transfer->take({data, size * count}) ? size * count : CURL_WRITEFUNC_ERROR;
  } catch (const std::exception& e) {
    transfer->fault_ = e.what();
    return CURL_WRITEFUNC_ERROR;
  }
}

Transfer::Content Transfer::content() const {
  if (kind_ == Kind::farewell) return Content::ignored;
  if (status() >= 300) return Content::error;
  const char* type = nullptr;
  ::curl_easy_getinfo(handle_.get(), CURLINFO_CONTENT_TYPE, &type);
  const std::string_view name = type == nullptr ? "" : type;
  if (name.starts_with("text/event-stream")) return Content::events;
  if (name.starts_with("application/json") && kind_ == Kind::message) return Content::json;
  return Content::ignored;
}

bool Transfer::take(std::string_view bytes) {
  if (content_ == Content::unknown) content_ = content();
  // Comments of events, too.
  if (!useless_.bytes(std::chrono::steady_clock::now(), bytes.size())) {
    fault_ = "it floods us with what is no message";
    return false;
  }
  switch (content_) {
    case Content::events:
      if (events_.feed(bytes, [this](const std::string& message) { pass_on(message); }))
        return true;
      fault_ = "an event is larger than 8 MiB";
      return false;
    case Content::json:
      collected_ += bytes;
      if (collected_.size() <= tools::mcp::longest_line) return true;
      fault_ = "the answer is larger than 8 MiB";
      return false;
    case Content::error:
      collected_ += bytes.substr(0, longest_refusal - std::min(longest_refusal, collected_.size()));
      return true;
    case Content::ignored:
    case Content::unknown:
      break;
  }
  return true;
}

// Where it stands in JSON, a line end is no more than a blank.
void Transfer::pass_on(std::string message) {
  std::replace_if(
      message.begin(), message.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  useless_.forgive(message.size());
  message_(*this, message);
}

std::string Transfer::finish(CURLcode code) {
  if (content_ == Content::unknown) content_ = content();
  if (!fault_.empty()) return fault_;
  if (code != CURLE_OK) return ::curl_easy_strerror(code);
  if (status() >= 300 && status() < 400) return "it redirects elsewhere, which is not followed";
  if (content_ == Content::error)
    return "HTTP status " + std::to_string(status()) + words_of(collected_);
  if (content_ == Content::json) pass_on(std::exchange(collected_, {}));
  return {};
}

}  // namespace gv::bridge
