// One HTTP exchange with the server: a message there, and what comes back of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/json.hpp>
#include <curl/curl.h>

#include "daemon/tools/bridge/event_stream.hpp"
#include "daemon/tools/bridge/target.hpp"
#include "daemon/tools/flood.hpp"

namespace gv::bridge {

// Headers of a session.
struct Session {
  std::string id;       // empty: the server has none
  std::string version;  // of the protocol; empty: not agreed yet
};

// What a server said, to be sent back as a header's value; empty where it cannot be one.
std::string sound_header(std::string_view value);

class Transfer {
 public:
  enum class Kind { message, stream, farewell };
  // A JSON message of the server's, without line ends.
  using Message = std::function<void(Transfer& from, const std::string& message)>;

  // body: of a message. last_id: of a stream, where it goes on. Throws std::bad_alloc.
  Transfer(Kind kind, const Target& target, const Session& session, std::string body,
           const std::string& last_id, Message message);

  // Before it starts: of all of it.
  void set_limit(std::chrono::milliseconds limit);
  CURL* handle() const { return handle_.get(); }
  Kind kind() const { return kind_; }
  long status() const;
  // The server's Mcp-Session-Id, once it has answered.
  std::string session_id() const;
  const EventStream& events() const { return events_; }
  // It was ended here, for what the server sent.
  bool given_up() const { return !fault_.empty(); }

  // Call it when the exchange is over. Empty: well; else what went wrong, for people.
  std::string finish(CURLcode code);

  boost::json::value request;  // the id of the request that it carries; null: none
  bool initialize = false;
  bool answered = false;

 private:
  enum class Content { unknown, json, events, error, ignored };
  struct Closer {
    void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
  };

  static std::size_t on_bytes(const char* data, std::size_t size, std::size_t count, void* self);
  bool take(std::string_view bytes);
  Content content() const;
  void add_header(const std::string& line);
  void pass_on(std::string message);

  Kind kind_;
  std::string body_;
  Message message_;
  std::unique_ptr<CURL, Closer> handle_;
  std::unique_ptr<curl_slist, Closer> headers_;
  Content content_ = Content::unknown;
  std::string collected_;
  EventStream events_;
  tools::Flood useless_;
  std::string fault_;
};

}  // namespace gv::bridge
