// The object on the bus: the generated adaptor's methods and properties, answered by
// session::Control. Used by service.cpp only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/bus/callers.hpp"
#include "daemon/bus/compat.hpp"
#include "daemon/bus/deferred.hpp"
#include "daemon/session/control.hpp"
#include "dbus/voice1_adaptor.hpp"

namespace gv::bus {

using Dict = std::map<std::string, sdbus::Variant>;

// (ss) each: address and title.
sdbus::Variant to_variant(const std::vector<session::WebSource>& sources);
Dict to_dict(const session::Values& values);

class Adaptor final
    : public sdbus::AdaptorInterfaces<org::geminivoice::Voice1_adaptor, sdbus::Properties_adaptor> {
 public:
  // kick: what was sent from outside a handler waits for it (Pump).
  Adaptor(sdbus::IConnection& connection, session::Control& control, std::function<void()> kick);
  ~Adaptor();

  void emit_properties_changed(const std::vector<PropertyName>& names);

 private:
  std::string Start(const Dict& options) override;
  void Stop(const Dict& options) override;
  bool Toggle(const Dict& options) override;
  void Mute(const bool& muted) override;
  void Talk(const bool& pressed) override;
  void Interrupt() override;
  std::uint64_t SendText(const std::string& text, const Dict& options) override;
  void SendImage(sdbus::Result<>&& result, sdbus::UnixFd image, std::string mime_type,
                 Dict options) override;
  void SendScreenshot(sdbus::Result<>&& result, Dict options) override;
  void AnswerToolRequest(sdbus::Result<>&& result, std::string call_id, bool allow) override;
  std::vector<sdbus::Struct<std::string, std::string, std::string>> ListToolRequests() override;
  std::vector<sdbus::Struct<std::uint64_t, std::int64_t, std::string, std::string>> GetTranscript(
      const std::uint32_t& newest) override;
  Dict GetStatistics() override;
  std::vector<sdbus::Struct<std::string, std::string, std::string>> ListDevices() override;
  std::vector<sdbus::Struct<std::string, std::string>> ListProfiles() override;
  std::vector<std::string> Reload() override;

  std::string State() override;
  bool Muted() override;
  bool CaptureOpen() override;
  bool PlaybackOpen() override;
  std::string SessionId() override;
  std::string Profile() override;
  std::string Model() override;
  std::string Version() override;
  std::string EchoMode() override;
  bool Talking() override;
  std::string TurnTaking() override;
  bool OffTheRecord() override;
  sdbus::Struct<std::string, std::string> LastError() override;

  // Runs body(number), the first step towards the answer.
  template <class Function>
  void defer(std::string_view where, sdbus::Result<>&& result, Function&& body);

  session::Control& control_;
  Deferred deferred_;
  Callers callers_;
};

}  // namespace gv::bus
