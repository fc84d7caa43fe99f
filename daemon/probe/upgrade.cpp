#include "daemon/probe/upgrade.hpp"

#include <chrono>

#include "daemon/live/verdict.hpp"
#include "daemon/live/wspp_transport.hpp"

namespace gv::probe {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds limit{4};

class Watcher final : public live::TransportObserver {
 public:
  explicit Watcher(asio::io_context& io) : io_(io) {}

  void transport_opened() override { tell({{"ok", true}}); }
  void transport_message(std::string_view /*message*/, std::int64_t /*received_ns*/) override {}
  void transport_closed(const live::CloseInfo& info) override {
    const live::Verdict verdict = live::judge(info, "");
    json::object failed{{"ok", false},
                        {"error", verdict.what},
                        {"refused", verdict.failure.error == Error::auth_failed}};
    if (info.http_status != 0) failed["status"] = info.http_status;
    tell(std::move(failed));
  }

  json::object told{{"ok", false}, {"error", "it did not answer within 4 s"}};

 private:
  void tell(json::object what) {
    told = std::move(what);
    io_.stop();
  }

  asio::io_context& io_;
};

}  // namespace

json::object upgrade(asio::io_context& io, const Errand& errand) {
  Watcher watcher(io);
  const auto transport = live::make_wspp_transport(io);
  live::Request request;
  request.endpoint = errand.endpoint;
  request.api_key = errand.key;
  request.ca_file = errand.ca_file;
  transport->open(request, watcher);
  io.restart();
  io.run_for(limit);
  // The goodbye: what does not come within its time is not waited for.
  transport->close();
  io.restart();
  io.run_for(std::chrono::milliseconds(500));
  return watcher.told;
}

}  // namespace gv::probe
