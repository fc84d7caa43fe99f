// The port to the service's WebSocket. Main thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/live/endpoint.hpp"

namespace gv::live {

struct Request {
  Endpoint endpoint;
  std::string api_key;          // goes into the x-goog-api-key header, nowhere else
  std::string ca_file;          // PEM; empty: the system's store
  unsigned receive_buffer = 0;  // bytes that the kernel may hold unread; 0: as it sees fit
};

// Why a connection is over. Exactly one of these comes for every open().
struct CloseInfo {
  enum class Stage {
    connect,  // name resolution, TCP or TLS: the upgrade request was never answered
    upgrade,  // the service answered the upgrade with an HTTP error
    open,     // the WebSocket was up
  };
  Stage stage = Stage::connect;
  int http_status = 0;      // upgrade only
  std::string http_body;    // upgrade only; capped
  std::uint16_t code = 0;   // open only: RFC 6455 section 7.4.1; 1006 where no close frame came
  std::string reason;       // open only: the service's own words, at most 123 bytes
  std::string local_error;  // our side's: "connection refused", the certificate's fault, …
};

class TransportObserver {
 public:
  virtual ~TransportObserver() = default;
  virtual void transport_opened() = 0;
  // The view dies with the call. received_ns: CLOCK_MONOTONIC when it came off the socket.
  virtual void transport_message(std::string_view message, std::int64_t received_ns) = 0;
  virtual void transport_closed(const CloseInfo& info) = 0;
};

// One connection at a time. Nothing throws; what fails comes as transport_closed. A service that
// says nothing for 55 s, not even to a ping, is gone (code 1006).
class Transport {
 public:
  virtual ~Transport() = default;
  // The last connection must be over or let go of by close(). If that one is still shaking hands
  // the new one waits for it, for two seconds at most: the service refuses to resume a conversation
  // whose old socket is open (live-api.md section 7.2).
  virtual void open(const Request& request, TransportObserver& observer) = 0;
  virtual void send(std::string message) = 0;
  // Bytes accepted by send() that are not on the socket yet.
  virtual std::size_t buffered() const = 0;
  // While paused the socket is not read; what was already read waits in order.
  virtual void pause(bool paused) = 0;
  // Lets go of the connection: no observer call follows. The close handshake (code 1000) goes on
  // by itself, with a time limit.
  virtual void close() = 0;
  // The same without a handshake: the network is gone.
  virtual void drop() = 0;
  // Connections let go of that are still shaking hands.
  virtual std::size_t closing() const = 0;
  // Of our end of the connection, as the kernel writes it; empty where there is none.
  virtual std::string local_address() const = 0;
};

}  // namespace gv::live
