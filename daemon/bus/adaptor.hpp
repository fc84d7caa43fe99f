// The object on the bus: the generated adaptor's methods and properties, answered by
// session::Control. Used by service.cpp only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/bus/compat.hpp"
#include "daemon/session/control.hpp"
#include "dbus/voice1_adaptor.hpp"

namespace gv::bus {

using Dict = std::map<std::string, sdbus::Variant>;

Dict to_dict(const session::Values& values);

class Adaptor final
    : public sdbus::AdaptorInterfaces<org::geminivoice::Voice1_adaptor, sdbus::Properties_adaptor> {
 public:
  Adaptor(sdbus::IConnection& connection, session::Control& control);
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
  void SendImage(const sdbus::UnixFd& image, const std::string& mime_type,
                 const Dict& options) override;
  void AnswerToolRequest(const std::string& call_id, const bool& allow) override;
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
  sdbus::Struct<std::string, std::string> LastError() override;

  session::Control& control_;
};

}  // namespace gv::bus
